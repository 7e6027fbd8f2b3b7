#pragma once

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "messages/portability_stepping.hpp"

namespace nexus::llm::testing {

/// An actor that does nothing of its own accord: a script tells it what to send and how to answer.
/// It can stand where any actor stands, since it takes every message.
///
/// One thread, that of the script; what is ordered happens when the actors run.
class Puppet {
public:
  /// How requests are answered that nobody said anything about.
  enum class Manner : std::uint8_t {
    silent,  ///< not; the script will
    obliging ///< at once, with nothing: as a subscriber that has handled its chunk
  };

  Puppet(caf::actor_system& system, Manner manner);

  [[nodiscard]] const caf::actor& actor() const noexcept { return actor_; }
  template <class Handle> [[nodiscard]] Handle as() const {
    return caf::actor_cast<Handle>(actor_);
  }

  /// Sends a message.
  void send(const caf::actor& receiver, caf::message content);
  /// Sends a request; its answer can be seen on its way.
  void ask(const caf::actor& receiver, caf::message content);
  /// Answers the message with this number, counted from 0 over all that came.
  void answer(std::size_t number, caf::message content);
  void fail(std::size_t number, caf::error error);
  /// From now on, requests are answered so; those that wait are, too.
  void set_manner(Manner manner);
  /// Ends.
  void end(caf::error reason);

private:
  using Order = std::function<void(caf::event_based_actor*)>;
  struct State {
    std::deque<Order> orders;
    Manner manner = Manner::silent;
    std::deque<caf::response_promise> promises; ///< of all messages, by their number
  };

  void order(Order what);

  std::shared_ptr<State> state_;
  caf::actor actor_;
};

/// Whether a message is what actors of one process hand each other, which says nothing to a script:
/// it is neither heard nor counted.
[[nodiscard]] bool is_hand_over(const caf::message& message);

} // namespace nexus::llm::testing
