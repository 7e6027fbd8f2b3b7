// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/message_handler.hpp>
#include <caf/scoped_actor.hpp>

#include <stdexcept>
#include <string>

#include "messages/portability_stepping.hpp"

namespace nexus::llm::test {

/// How an actor can die.
enum class Death : std::uint8_t {
  exit,      ///< an exit message
  exception, ///< an exception leaves one of its handlers
  error,     ///< it quits with an error of its own
};

[[nodiscard]] constexpr std::string_view to_string(Death death) noexcept {
  constexpr std::string_view names[] = {"exit", "exception", "error"};
  return names[static_cast<std::size_t>(death)];
}

/// Obeys a death that is ordered by its name, before the own handlers of an actor see anything.
template <class Self, class Behavior> Behavior mortal(Self* self, Behavior own) {
  caf::message_handler orders{[self](const std::string& order) {
    if (order == to_string(Death::exception))
      throw std::runtime_error{"thrown by a test"};
    self->quit(
        to_caf_error({.code = ErrorCode::internal_error, .detail = "an error made by a test"}));
  }};
  return behind(orders, std::move(own));
}

/// An actor of this library, as it is, that can be made to fail in one of its handlers.
template <class State> class Mortal : public State {
public:
  using Pointer = typename State::Base*;

  template <class... Args>
  explicit Mortal(Pointer self, Args&&... args)
      : State{self, std::forward<Args>(args)...}, self_{self} {}

  [[nodiscard]] auto make_behavior() { return mortal(self_, State::make_behavior()); }

private:
  Pointer self_;
};

/// Orders an actor to die.
inline void order_death(const caf::strong_actor_ptr& target, Death death) {
  if (death == Death::exit)
    anon_exit(caf::actor_cast<caf::actor>(target), caf::exit_reason::user_shutdown);
  else
    anon_tell(caf::actor_cast<caf::actor>(target), std::string{to_string(death)});
}

/// Waits for the end of an actor. False where it does not come in time.
[[nodiscard]] inline bool wait_for_death(caf::actor_system& system,
                                         const caf::strong_actor_ptr& target,
                                         std::chrono::milliseconds deadline) {
  caf::scoped_actor self{system};
  self->monitor(caf::actor_cast<caf::actor_addr>(target));
  bool ended = false;
  self->receive([&ended](const caf::down_msg&) { ended = true; }, caf::after(deadline) >> [] {});
  return ended;
}

} // namespace nexus::llm::test
