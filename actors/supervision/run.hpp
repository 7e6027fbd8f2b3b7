#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// The journey of one request through the system. Serves one caller, or several whose identical
/// requests share it.
struct Run {
  using Time = std::chrono::steady_clock::time_point;

  enum class Stage : std::uint8_t {
    admitting,  ///< with the RoleActor, which may keep it in its queue
    resolving,  ///< with the ModelManagerActor
    sending,    ///< with the OllamaClientActor
    waiting,    ///< before the next attempt, or for the model to be healed
    concluding, ///< answered; whether the prompt was cut is being found out
    finished,   ///< answered; only the StreamingActor is still busy with it
  };

  /// A caller that waits for the answer.
  struct Member {
    RequestId id;
    caf::typed_response_promise<LLMResponse> promise;
    caf::strong_actor_ptr requester; ///< null where the message was anonymous
    Time accepted;
    bool shared = false;
  };

  /// A subscriber of the stream.
  struct Listener {
    RequestId id;
    stream_subscriber handle;
    bool late = false;                ///< joined by itself, not with a request
    bool left = false;                ///< is gone, or wants no end
    std::optional<LLMError> end = {}; ///< what it is to be told at once as its end
  };

  RequestId id;
  std::uint64_t number = 0; ///< in the order in which requests came
  AIRole role = AIRole::overseer;
  LLMRequest draft;   ///< as the caller wants it
  LLMRequest request; ///< as the RoleActor completed it
  Stage stage = Stage::admitting;
  std::vector<Member> members;
  std::vector<Listener> listeners;

  /// A component as it was when it was asked; a later generation knows nothing of the question.
  struct Asked {
    std::size_t component = 0;
    std::uint64_t generation = 0;
  };

  std::uint64_t step = 0;              ///< marks the reply that is waited for; others are stale
  std::optional<Asked> asked;          ///< who owes that reply
  std::uint64_t stream_generation = 0; ///< of the StreamingActor that has the stream
  std::uint32_t component_failures = 0;

  std::string model;              ///< of the current attempt
  std::string digest;             ///< of that model; empty where it is not known
  std::vector<std::string> tried; ///< models that are not to be tried again
  std::uint32_t attempts = 0;     ///< over all models
  std::uint32_t on_this_model = 0;
  std::uint32_t once_failures = 0;
  bool refresh_models = false;
  bool seen = false; ///< something of the current attempt was passed on
  bool restarted = false;
  bool healed = false; ///< its model was unloaded because it hung
  std::optional<LLMError> last_error;

  Time accepted;
  Time first_sent;

  std::optional<LLMResponse> response; ///< once finished well
  std::optional<LLMError> error;       ///< once finished badly
};

} // namespace nexus::llm
