// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "nexus_llm/interfaces.hpp"

namespace nexus::llm::cli {

/// Callbacks for showing the work of the two AI roles of the demonstration. Called from the threads
/// of the actors, never concurrently.
struct DemoView {
  std::function<void(const std::string& who)> wait;    ///< a request was sent to a role
  std::function<void(const std::string& title)> begin; ///< an answer starts
  std::function<void(const std::string& text)> text;   ///< a chunk of an answer
  std::function<void(const LLMResponse&)> end;         ///< an answer is complete
  std::function<void(const std::string& note)> note;   ///< any other message
};

/// Enough for the expected answers; stops a model that would generate text without end.
inline constexpr int demo_max_tokens = 512;

/// The ids of the requests of the demonstration, for cancelling them.
inline const RequestId demo_plan{"demo-plan"};
inline const RequestId demo_code{"demo-code"};
inline const RequestId demo_review{"demo-review"};

/// Writes code for a task, through the implementation role.
using demo_implementation =
    caf::typed_actor<sig<LLMResponse, std::string>>::extend_with<stream_subscriber>;
[[nodiscard]] demo_implementation spawn_demo_implementation(caf::actor_system& system,
                                                            role_handle role, DemoView view);

/// Plans how to reach a goal through the overseer role, requests the code from the implementation
/// actor, and reviews it. The answer is the review.
using demo_overseer =
    caf::typed_actor<sig<LLMResponse, std::string>>::extend_with<stream_subscriber>;
[[nodiscard]] demo_overseer spawn_demo_overseer(caf::actor_system& system, role_handle role,
                                                demo_implementation implementation, DemoView view);

} // namespace nexus::llm::cli
