// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/actor_system_config.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "messages/portability_stepping.hpp"
#include "runtime/harness/actor_names.hpp"
#include "runtime/harness/event.hpp"
#include "runtime/harness/interception.hpp"

namespace nexus::llm::testing {

/// An actor system that runs on the thread of a test, in virtual time, and reports every message.
///
/// Without a seed, the actor that became ready first runs first, until it is idle. With a seed,
/// each step lets a random ready actor process one message; the order is reproducible for the same
/// seed. Messages from one actor to another always keep their order.
class World {
public:
  using Duration = std::chrono::nanoseconds;

  explicit World(std::uint64_t seed,
                 const std::function<void(caf::actor_system_config&)>& more_setup = {});
  /// Terminates all actors.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept { return stepped_->system(); }
  [[nodiscard]] ActorNames& names() noexcept { return names_; }
  [[nodiscard]] const ActorNames& names() const noexcept { return names_; }

  /// Runs until all actors and the outside world (if any) are idle.
  /// Throws `ScriptFailure` if that does not happen.
  void settle();
  /// Advances virtual time, timer by timer.
  void pass(Duration time);
  /// Advances virtual time until a condition is true. Returns false if it is still false after
  /// `limit`.
  [[nodiscard]] bool pass_until(const std::function<bool()>& condition, Duration limit);
  /// Returns the virtual time since the start.
  [[nodiscard]] Duration now() const { return stepped_->now() - start_; }

  /// Sets a callback for each message before its receiver processes it.
  void on_event(std::function<void(const Event&)> hear) { hear_ = std::move(hear); }
  /// Sets a callback that describes pending work outside of the actors; empty: none. Must not
  /// block.
  void on_outside(std::function<std::string()> unrest) { unrest_ = std::move(unrest); }

  /// Adds a rule for intercepting messages; the first matching rule that is not used up applies.
  std::shared_ptr<Interception> intercept(Interception interception);

  /// Removes all rules and drops delayed messages.
  void stop_intercepting();

  /// Returns the latest messages, for failure reports.
  [[nodiscard]] const std::deque<Event>& latest() const noexcept { return latest_; }

private:
  struct Delayed {
    SteppedSystem::Time due;
    TakenLetter letter;
  };

  void run_ready();
  void step(std::size_t actor);
  /// Returns the rule that applies to a message, or null.
  [[nodiscard]] Interception* intercepted(const Event& event);
  [[nodiscard]] std::optional<SteppedSystem::Time> next_due() const;
  void advance_to(SteppedSystem::Time time);
  void meet(const caf::strong_actor_ptr& actor);
  void end_everybody();

  ActorNames names_;
  caf::actor_system_config config_;
  std::unique_ptr<SteppedSystem> stepped_;
  SteppedSystem::Time start_;
  std::optional<std::mt19937_64> order_;
  std::function<void(const Event&)> hear_;
  std::function<std::string()> unrest_;
  std::vector<std::shared_ptr<Interception>> interceptions_;
  std::deque<Delayed> delayed_;
  /// Delayed messages that are due now, by receiver.
  std::set<std::pair<caf::actor_id, const void*>> passed_on_;
  std::deque<Event> latest_;
  std::vector<caf::actor_addr> met_; ///< all known actors, for terminating them
  std::unordered_set<caf::actor_id> known_;
};

} // namespace nexus::llm::testing
