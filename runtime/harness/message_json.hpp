#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "config/json.hpp"
#include "messages/portability_stepping.hpp"
#include "runtime/harness/actor_names.hpp"

/// Messages as JSON, in both directions. A message is the array of its elements: an atom is its
/// name, an actor its name, a structure `{"LLMStreamChunk": {...}}` with its members, everything
/// else what `json::to_value` makes of it. The answer that is an error is `{"error": {...}}`.
namespace nexus::llm::testing {

/// All members of all structures, to be compared.
[[nodiscard]] json::Value to_json(const caf::message& message, const ActorNames& names,
                                  json::Allocator& allocator);

/// For people: members that have their default are left out.
[[nodiscard]] std::string to_text(const caf::message& message, const ActorNames& names);

/// The same for what `to_json` made.
[[nodiscard]] std::string element_text(const json::Value& element);

/// Makes the messages that one typed interface takes, and their answers, from JSON.
class MessageReader {
public:
  template <class Handle> [[nodiscard]] static MessageReader of();

  /// Errors: `invalid_argument` where the interface has no such handler.
  [[nodiscard]] Result<caf::message> message(const json::Value& elements,
                                             const ActorNames& names) const;
  /// The answer to `request`; null and `[]` where that has no result.
  [[nodiscard]] Result<caf::message> answer(const caf::message& request, const json::Value& result,
                                            const ActorNames& names) const;

  /// What one handler takes and answers.
  class Handler {
  public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual Result<caf::message> message(const json::Value& elements,
                                                       const ActorNames& names) const = 0;
    [[nodiscard]] virtual Result<caf::message> answer(const json::Value& result,
                                                      const ActorNames& names) const = 0;
    [[nodiscard]] virtual bool takes(const caf::message& message) const = 0;
    /// What it takes, in words.
    [[nodiscard]] virtual std::string text() const = 0;
  };

  using Handlers = std::vector<std::shared_ptr<const Handler>>;
  explicit MessageReader(Handlers handlers) : handlers_{std::move(handlers)} {}

private:
  Handlers handlers_;
};

template <> MessageReader MessageReader::of<role_handle>();
template <> MessageReader MessageReader::of<model_manager_actor>();
template <> MessageReader MessageReader::of<models_handle>();
template <> MessageReader MessageReader::of<ollama_models_actor>();
template <> MessageReader MessageReader::of<settings_handle>();
template <> MessageReader MessageReader::of<health_handle>();
template <> MessageReader MessageReader::of<ollama_client_internal>();
template <> MessageReader MessageReader::of<streaming_internal>();
template <> MessageReader MessageReader::of<role_actor>();
template <> MessageReader MessageReader::of<supervisor_internal>();
template <> MessageReader MessageReader::of<stream_subscriber>();

} // namespace nexus::llm::testing
