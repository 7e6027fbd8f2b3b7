// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "config/json.hpp"
#include "messages/portability_stepping.hpp"
#include "runtime/harness/actor_names.hpp"

/// Conversion between messages and JSON. A message is the array of its elements: an atom is its
/// name, an actor its name, a structure `{"LLMStreamChunk": {...}}` with its members, everything
/// else the result of `json::to_value`. An error is `{"error": {...}}`.
namespace nexus::llm::testing {

/// Converts a message with all members of all structures, for comparison.
[[nodiscard]] json::Value to_json(const caf::message& message, const ActorNames& names,
                                  json::Allocator& allocator);

/// Converts a message to readable text; omits members with default values.
[[nodiscard]] std::string to_text(const caf::message& message, const ActorNames& names);

/// Converts an element of the result of `to_json` to readable text.
[[nodiscard]] std::string element_text(const json::Value& element);

/// Creates the messages of a typed interface, and their answers, from JSON.
class MessageReader {
public:
  template <class Handle> [[nodiscard]] static MessageReader of();

  /// Creates a message.
  /// Errors: `invalid_argument` if the interface has no such handler.
  [[nodiscard]] Result<caf::message> message(const json::Value& elements,
                                             const ActorNames& names) const;
  /// Creates the answer to `request` from `result`; null and `[]` for requests without a result.
  [[nodiscard]] Result<caf::message> answer(const caf::message& request, const json::Value& result,
                                            const ActorNames& names) const;

  /// The input and output types of one message handler.
  class Handler {
  public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual Result<caf::message> message(const json::Value& elements,
                                                       const ActorNames& names) const = 0;
    [[nodiscard]] virtual Result<caf::message> answer(const json::Value& result,
                                                      const ActorNames& names) const = 0;
    [[nodiscard]] virtual bool takes(const caf::message& message) const = 0;
    /// Returns the input types as text.
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
