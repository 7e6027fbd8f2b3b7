#pragma once

#include <functional>
#include <string>

#include "nexus_llm/interfaces.hpp"

namespace nexus::llm::cli {

/// What the two AI roles of the demonstration tell the person who watches. Called from the threads
/// of the actors, never at the same time.
struct DemoView {
  std::function<void(const std::string& who)> wait;    ///< somebody is asked to speak
  std::function<void(const std::string& title)> begin; ///< somebody starts to speak
  std::function<void(const std::string& text)> text;   ///< a piece of what is said
  std::function<void(const LLMResponse&)> end;         ///< it was said
  std::function<void(const std::string& note)> note;   ///< something else worth knowing
};

/// Enough for what is asked for; a model that does not come to an end is stopped there.
inline constexpr int demo_max_tokens = 512;

/// The requests of the demonstration, by which it can be cut short.
inline const RequestId demo_plan{"demo-plan"};
inline const RequestId demo_code{"demo-code"};
inline const RequestId demo_review{"demo-review"};

/// Writes code for a task, through the implementation role.
using demo_implementation =
    caf::typed_actor<sig<LLMResponse, std::string>>::extend_with<stream_subscriber>;
[[nodiscard]] demo_implementation spawn_demo_implementation(caf::actor_system& system,
                                                            role_handle role, DemoView view);

/// Plans how to reach a goal through the overseer role, has the code written, and reviews it. The
/// answer is the review.
using demo_overseer =
    caf::typed_actor<sig<LLMResponse, std::string>>::extend_with<stream_subscriber>;
[[nodiscard]] demo_overseer spawn_demo_overseer(caf::actor_system& system, role_handle role,
                                                demo_implementation implementation, DemoView view);

} // namespace nexus::llm::cli
