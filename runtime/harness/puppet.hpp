// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "messages/portability_stepping.hpp"

namespace nexus::llm::testing {

/// An actor that a script controls: it only sends what the script tells it to send. Accepts every
/// message and thus can replace any actor.
///
/// Not thread-safe. Commands take effect when the actors run.
class Puppet {
public:
  /// Default response to requests.
  enum class Manner : std::uint8_t {
    silent,  ///< none; the script answers
    obliging ///< an immediate empty response, like a subscriber that has processed its chunk
  };

  Puppet(caf::actor_system& system, Manner manner);

  [[nodiscard]] const caf::actor& actor() const noexcept { return actor_; }
  template <class Handle> [[nodiscard]] Handle as() const {
    return caf::actor_cast<Handle>(actor_);
  }

  /// Sends a message.
  void send(const caf::actor& receiver, caf::message content);
  /// Sends a request and ignores the answer; a track can record it.
  void ask(const caf::actor& receiver, caf::message content);
  /// Answers the message with this number, counted from 0 over all received messages.
  void answer(std::size_t number, caf::message content);
  void fail(std::size_t number, caf::error error);
  /// Sets the response to later and pending requests.
  void set_manner(Manner manner);
  /// Terminates the actor.
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

/// Whether a message passes in-process data that is meaningless to a script. Scripts neither see
/// nor count such messages.
[[nodiscard]] bool is_hand_over(const caf::message& message);

} // namespace nexus::llm::testing
