#pragma once

/// The part of the seam that tests need: an actor system that does nothing by itself. Its one
/// thread is the caller's, its clock stands still until it is set, and every message can be looked
/// at, taken out or changed before its receiver handles it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <caf/message_handler.hpp>

#include "nexus_llm/portability.hpp"

namespace nexus::llm {

/// A behaviour with other handlers before its own.
template <class Behavior> Behavior behind(const caf::message_handler& first, Behavior own) {
  auto all = first.or_else(caf::message_handler{own.unbox().as_behavior_impl()});
#if NEXUS_LLM_CAF_1
  return {caf::unsafe_behavior_init, std::move(all)};
#else
  return {typename Behavior::unsafe_init{}, std::move(all)};
#endif
}

/// A message that waits in the mailbox of its receiver.
struct Letter {
  caf::strong_actor_ptr sender; ///< null where it is anonymous
  caf::strong_actor_ptr receiver;
  caf::message content;
  bool is_request = false;        ///< an answer is expected
  bool is_response = false;       ///< it is one
  const void* identity = nullptr; ///< tells it from all others that wait
};

/// A letter that was taken out of its mailbox. Dropping it loses the message.
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

/// An actor system whose actors run only in `run`. Actors that have messages are the ready ones,
/// numbered from 0 in the order in which they became ready; one that handled a message and has more
/// stays the first.
///
/// One thread, except that other threads may send messages to its actors. All actors must have
/// ended before its end, or that hangs.
class SteppedSystem {
public:
  using Time = caf::actor_clock::time_point;

  /// The configuration must outlive this, and no other system must be made from it.
  explicit SteppedSystem(caf::actor_system_config& config);
  ~SteppedSystem();
  SteppedSystem(const SteppedSystem&) = delete;
  SteppedSystem& operator=(const SteppedSystem&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept;

  /// How many actors have something to do.
  [[nodiscard]] std::size_t ready() const;
  /// What this actor handles next; nothing where it only has to be woken.
  [[nodiscard]] std::optional<Letter> next_letter(std::size_t actor);
  /// Lets this actor handle one message.
  void run(std::size_t actor);

  /// Takes the next letter of this actor out of its mailbox. It must have one.
  [[nodiscard]] TakenLetter take(std::size_t actor);
  /// Puts a letter behind the others of its receiver; one that has ended meanwhile does with it
  /// what it does with any.
  void deliver(TakenLetter letter);
  /// Puts another content in the place of that of the next letter of this actor.
  void replace(std::size_t actor, caf::message content);

  [[nodiscard]] Time now() const;
  /// When the next timer runs out; nothing where none is set.
  [[nodiscard]] std::optional<Time> next_timeout() const;
  /// Moves the clock on and sets off the timers that have run out by then.
  void advance_to(Time time);
  /// Forgets every timer, and what it would have sent.
  void drop_timeouts();

  /// Waits, in real time, until another thread has made an actor ready. False where none did.
  bool wait_for_ready(std::chrono::milliseconds limit);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Gives an untyped actor one handler for every message. It is told whether the message is a
/// request, and owes the answer then: it takes `self->make_response_promise()`.
void catch_all(caf::event_based_actor* self,
               std::function<void(const caf::message&, bool is_request)> handler);

/// Whether this element of a message is that atom.
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
