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

/// An actor system that runs on the thread of a test, in virtual time, and tells of every message.
///
/// Without a seed, the actor that became ready first goes first, until it has nothing more to do.
/// With one, each step lets some ready actor handle one message, always the same ones for the same
/// seed. What one actor tells another keeps its order.
class World {
public:
  using Duration = std::chrono::nanoseconds;

  explicit World(std::uint64_t seed,
                 const std::function<void(caf::actor_system_config&)>& more_setup = {});
  /// Ends all actors.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] caf::actor_system& system() noexcept { return stepped_->system(); }
  [[nodiscard]] ActorNames& names() noexcept { return names_; }
  [[nodiscard]] const ActorNames& names() const noexcept { return names_; }

  /// Runs until no actor has anything to do, and the world outside (if any) says so too.
  /// Throws `ScriptFailure` where that does not come to an end.
  void settle();
  /// Lets virtual time pass, timer by timer.
  void pass(Duration time);
  /// The same, until a condition holds. False where it does not within `limit`.
  [[nodiscard]] bool pass_until(const std::function<bool()>& condition, Duration limit);
  /// Virtual time since the beginning.
  [[nodiscard]] Duration now() const { return stepped_->now() - start_; }

  /// Called for each message before its receiver handles it.
  void on_event(std::function<void(const Event&)> hear) { hear_ = std::move(hear); }
  /// Asked what is still under way outside of the actors, in words; empty: nothing. Must not wait.
  void on_outside(std::function<std::string()> unrest) { unrest_ = std::move(unrest); }

  /// Treats messages on their way; the first that fits and is not used up is the one.
  std::shared_ptr<Interception> intercept(Interception interception);

  /// From now on every message goes its way, and those that were delayed are lost.
  void stop_intercepting();

  /// The latest messages, to be told when something goes wrong.
  [[nodiscard]] const std::deque<Event>& latest() const noexcept { return latest_; }

private:
  struct Delayed {
    SteppedSystem::Time due;
    TakenLetter letter;
  };

  void run_ready();
  void step(std::size_t actor);
  /// What to do with a letter; null for nothing.
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
  /// Letters that were delayed and are due now, by their receivers.
  std::set<std::pair<caf::actor_id, const void*>> passed_on_;
  std::deque<Event> latest_;
  std::vector<caf::actor_addr> met_; ///< to end them
  std::unordered_set<caf::actor_id> known_;
};

} // namespace nexus::llm::testing
