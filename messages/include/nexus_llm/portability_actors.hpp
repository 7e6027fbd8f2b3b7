// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// Compatibility layer for CAF: how actors are spawned, watched and ended. See `portability.hpp`.

#include "nexus_llm/portability.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/error.hpp>
#include <caf/stateful_actor.hpp>
#if NEXUS_LLM_CAF_1
#include <caf/detail/behavior_impl.hpp>
#include <caf/make_counted.hpp>
#include <caf/unsafe_behavior_init.hpp>
#endif

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace nexus::llm {

/// Converts an exception that left a handler of `actor` to `component_failed`.
[[nodiscard]] caf::error component_failure(std::string_view actor,
                                           const std::exception_ptr& thrown);

namespace detail {

#if NEXUS_LLM_CAF_1

/// Holds the state of an actor, and destroys it if there is no behavior that has done so.
template <class State> struct Slot {
  std::shared_ptr<std::optional<State>> value = std::make_shared<std::optional<State>>();
  static constexpr const char* name = State::name;

  Slot() = default;
  ~Slot() { value->reset(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
};

/// Destroys the state with the behavior. When an actor ends, CAF 1.x first destroys its behavior,
/// then notifies its monitors, and destroys a `Slot` last.
template <class State> class StateBehavior : public caf::detail::behavior_impl {
public:
  StateBehavior(std::shared_ptr<std::optional<State>> state, caf::behavior handlers)
      : state_{std::move(state)}, handlers_{std::move(handlers)} {}
  ~StateBehavior() override { state_->reset(); }
  StateBehavior(const StateBehavior&) = delete;
  StateBehavior& operator=(const StateBehavior&) = delete;

  bool invoke(caf::detail::invoke_result_visitor& visitor, caf::message& content) override {
    return handlers_.as_behavior_impl()->invoke(visitor, content);
  }

private:
  std::shared_ptr<std::optional<State>> state_;
  caf::behavior handlers_;
};

template <class State> using StateActor = caf::stateful_actor<Slot<State>, typename State::Base>;

template <class State, class... Args> auto begin_state(StateActor<State>* self, Args&&... args) {
  const auto& held = self->state().value;
  auto handlers = held->emplace(self, std::forward<Args>(args)...).make_behavior();
  auto owner = caf::make_counted<StateBehavior<State>>(held, std::move(handlers.unbox()));
  return decltype(handlers){
      caf::unsafe_behavior_init,
      caf::behavior{caf::intrusive_ptr<caf::detail::behavior_impl>{std::move(owner)}}};
}

#else

/// Holds the state of an actor, so that the state class can have constructor arguments, which CAF
/// 0.17 does not support.
template <class State> struct Slot {
  std::optional<State> value = {};
  static constexpr const char* name = State::name;
};

/// An actor whose handlers return soon; the scheduler of `recommend` wakes fewer threads for it.
class ShortHandlers {
public:
  virtual ~ShortHandlers() = default;

protected:
  /// While it exists, its thread runs such an actor.
  class Run {
  public:
    Run() noexcept;
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
  };
};

template <class State>
class StateActor : public caf::stateful_actor<Slot<State>, typename State::Base>,
                   public ShortHandlers {
  using Super = caf::stateful_actor<Slot<State>, typename State::Base>;

public:
  using Super::Super;

  caf::resumable::resume_result resume(caf::execution_unit* unit, std::size_t messages) override {
    const Run run;
    return Super::resume(unit, messages);
  }
};

template <class State, class... Args> auto begin_state(StateActor<State>* self, Args&&... args) {
  return self->state.value.emplace(self, std::forward<Args>(args)...).make_behavior();
}

#endif

} // namespace detail

/// Spawns an actor whose behavior is `State{self, args...}.make_behavior()`. `State::Base` is the
/// base class of the actor. The state is destroyed when the actor ends, before its monitors are
/// notified. An exception that leaves a handler ends the actor with `component_failed`. Its
/// handlers should not block: what they have sent may wait until they return.
template <class State, caf::spawn_options Options = caf::no_spawn_options, class Spawner,
          class... Args>
auto spawn_state(Spawner& spawner, Args&&... args) {
  using Actor = detail::StateActor<State>;
  return spawner.template spawn<Options>(
      [](Actor* self, std::decay_t<Args>... values) {
        self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
          return component_failure(State::name, thrown);
        });
        return detail::begin_state<State>(self, std::move(values)...);
      },
      std::forward<Args>(args)...);
}

/// As `spawn_state`, on a thread of its own. Throws `std::system_error` if there is no thread.
template <class State, class... Args>
auto spawn_detached(caf::actor_system& system, Args&&... args) {
#if NEXUS_LLM_CAF_1
  return spawn_state<State, caf::detached>(system, std::forward<Args>(args)...);
#else
  try {
    return spawn_state<State, caf::detached>(system, std::forward<Args>(args)...);
  } catch (const std::system_error&) {
    // CAF 0.17 has counted the actor and its thread already; the destructor of the system would
    // wait for them forever.
    system.registry().dec_running();
    system.dec_detached_threads();
    throw;
  }
#endif
}

/// Sends an exit message to an actor and waits until it ends. Kills it after the deadline and waits
/// for up to the same time again. Blocks the calling thread: do not call it from an actor.
void wait_for_end(caf::actor_system& system, const caf::strong_actor_ptr& actor,
                  std::chrono::milliseconds deadline);

/// Invokes `call` when an actor ends, on the thread of the actor; immediately if it has ended.
void at_end(const caf::strong_actor_ptr& actor, std::function<void()> call);

/// Monitors actors on behalf of `self` and invokes a callback once when one of them ends. Part of
/// the state of `self`, and must be the only user of monitors there. Not thread-safe: only for
/// handlers of `self`. The destructor removes all monitors. CAF would otherwise keep them, and the
/// memory of `self`, for the lifetime of the watched actors.
class Watcher {
public:
  using Callback = std::function<void(const caf::error& reason)>;

  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  ~Watcher() {
    for (auto& [address, entry] : entries_)
      stop(address, entry);
  }

  /// Binds this watcher to its actor. Must be called before `watch`.
  template <class Self> void attach(Self* self) {
#if NEXUS_LLM_CAF_1
    start_ = [self, this](const caf::actor_addr& address) {
      auto strong = caf::actor_cast<caf::strong_actor_ptr>(address);
      entries_[address].token = self->monitor(
          strong, [this, address](const caf::error& reason) { down(address, reason); });
    };
#else
    start_ = [self](const caf::actor_addr& address) { self->monitor(address); };
    stop_ = [self](const caf::actor_addr& address) { self->demonitor(address); };
    self->set_down_handler(
        [this](caf::down_msg& message) { down(message.source, message.reason); });
#endif
  }

  /// Monitors an actor. Watching it again replaces its callback.
  template <class Handle> void watch(const Handle& handle, Callback callback) {
    auto address = caf::actor_cast<caf::actor_addr>(handle);
    auto [entry, fresh] = entries_.try_emplace(address);
    entry->second.callback = std::move(callback);
    if (fresh)
      start_(address);
  }

  /// Stops monitoring an actor. Does nothing if it is not watched.
  template <class Handle> void forget(const Handle& handle) {
    auto address = caf::actor_cast<caf::actor_addr>(handle);
    auto entry = entries_.find(address);
    if (entry == entries_.end())
      return;
    stop(address, entry->second);
    entries_.erase(entry);
  }

private:
  struct Entry {
    Callback callback;
#if NEXUS_LLM_CAF_1
    caf::disposable token;
#endif
  };

  void stop(const caf::actor_addr& address, Entry& entry) {
#if NEXUS_LLM_CAF_1
    static_cast<void>(address);
    entry.token.dispose();
#else
    static_cast<void>(entry);
    stop_(address);
#endif
  }

  void down(const caf::actor_addr& address, const caf::error& reason) {
    auto entry = entries_.find(address);
    if (entry == entries_.end())
      return;
    auto callback = std::move(entry->second.callback);
    entries_.erase(entry);
    callback(reason);
  }

  std::function<void(const caf::actor_addr&)> start_;
  std::function<void(const caf::actor_addr&)> stop_;
  std::unordered_map<caf::actor_addr, Entry> entries_;
};

} // namespace nexus::llm
