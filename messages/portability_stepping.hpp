// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// The part of the compatibility layer for tests: an actor system with deterministic scheduling.
/// All actors run on the thread of the caller, the clock only advances on request, and each message
/// can be inspected, removed or replaced before its receiver handles it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <caf/message_handler.hpp>

#include "nexus_llm/portability.hpp"

namespace nexus::llm {

/// Returns a behavior that tries the handlers of `first` before those of `own`.
template <class Behavior> Behavior behind(const caf::message_handler& first, Behavior own) {
  auto all = first.or_else(caf::message_handler{own.unbox().as_behavior_impl()});
#if NEXUS_LLM_CAF_1
  return {caf::unsafe_behavior_init, std::move(all)};
#else
  return {typename Behavior::unsafe_init{}, std::move(all)};
#endif
}

/// A message in the mailbox of its receiver.
struct Letter {
  caf::strong_actor_ptr sender; ///< null for anonymous messages
  caf::strong_actor_ptr receiver;
  caf::message content;
  bool is_request = false;        ///< the sender expects a response
  bool is_response = false;       ///< the message is a response
  const void* identity = nullptr; ///< unique among all messages in mailboxes
};

/// A message that was removed from its mailbox. Destroying it drops the message.
class TakenLetter {
public:
  TakenLetter();
  TakenLetter(TakenLetter&&) noexcept;
  TakenLetter& operator=(TakenLetter&&) noexcept;
  ~TakenLetter();

  [[nodiscard]] const void* identity() const noexcept;
  [[nodiscard]] caf::actor_id receiver() const noexcept;

private:
  friend class SteppedSystem;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// An actor system whose actors run only in `run`. Actors with messages are ready. They are
/// numbered from 0 in the order in which they became ready; an actor that has more messages after
/// handling one becomes the first.
///
/// Not thread-safe, except that other threads may send messages to its actors. All actors must end
/// before the destructor runs, which hangs otherwise.
class SteppedSystem {
public:
  using Time = caf::actor_clock::time_point;

  /// The configuration must outlive this object and must not be used for another system.
  explicit SteppedSystem(caf::actor_system_config& config);
  ~SteppedSystem();
  SteppedSystem(const SteppedSystem&) = delete;
  SteppedSystem& operator=(const SteppedSystem&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept;

  /// Returns the number of ready actors.
  [[nodiscard]] std::size_t ready() const;
  /// Returns the next message of this actor, or `nullopt` if it was scheduled without a message.
  [[nodiscard]] std::optional<Letter> next_letter(std::size_t actor);
  /// Runs this actor for one message.
  void run(std::size_t actor);

  /// Removes the next message from the mailbox of this actor, which must not be empty.
  [[nodiscard]] TakenLetter take(std::size_t actor);
  /// Appends a message to the mailbox of its receiver. If the receiver has ended, the message is
  /// handled like any message to it.
  void deliver(TakenLetter letter);
  /// Replaces the content of the next message of this actor.
  void replace(std::size_t actor, caf::message content);

  [[nodiscard]] Time now() const;
  /// Returns when the next timer expires, or `nullopt` if there is none.
  [[nodiscard]] std::optional<Time> next_timeout() const;
  /// Advances the clock and triggers all timers that have expired by then.
  void advance_to(Time time);
  /// Drops all timers and their messages.
  void drop_timeouts();

  /// Waits, in real time, until an actor is ready. Returns false on a timeout.
  bool wait_for_ready(std::chrono::milliseconds limit);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sets one handler for all messages of an untyped actor. If `is_request` is true, the handler must
/// respond with `self->make_response_promise()`.
void catch_all(caf::event_based_actor* self,
               std::function<void(const caf::message&, bool is_request)> handler);

/// Returns whether the element of a message at `index` is this atom.
template <class Atom>
[[nodiscard]] bool is_atom(const caf::message& message, std::size_t index, Atom atom) {
#if NEXUS_LLM_CAF_1
  static_cast<void>(atom);
  return message.match_element<Atom>(index);
#else
  return message.match_element<caf::atom_value>(index) &&
         message.get_as<caf::atom_value>(index) == static_cast<caf::atom_value>(atom);
#endif
}

} // namespace nexus::llm
