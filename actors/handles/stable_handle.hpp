// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "actors/handles/pending_calls.hpp"
#include "actors/handles/stable_handle_interface.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

/// How a `StableHandle` treats the messages of its interface. A policy derives from this and hides
/// the members that differ.
struct HandlePolicy {
  /// Whether repeating the call does no harm.
  template <class Atom> static constexpr bool may_be_repeated = true;
  /// Whether the call may take long. Such a call has an id, and ends when its requester dies.
  template <class Atom> static constexpr bool is_long = false;
  /// Whether the interface takes `cancel_atom, RequestId`.
  static constexpr bool has_cancel = false;

  /// How many calls may be in progress at a time; long ones do not count.
  static constexpr std::size_t window = PendingCalls::Rules{}.window;

  /// Returns the message to forward, and sets the id by which the server can cancel it.
  template <class... Ts> [[nodiscard]] auto prepare(RequestId&, Ts&... content) const {
    return std::make_tuple(std::move(content)...);
  }
  /// The error if the message must not be forwarded.
  template <class Self, class Atom>
  [[nodiscard]] std::optional<LLMError> refusal(Self*, Atom) const {
    return std::nullopt;
  }
  /// Sets the components and settings.
  void take(const ComponentsPtr&) {}
  /// A long call was accepted; later, it has ended, with an error or without.
  void on_begin() {}
  void on_end(const LLMError*) {}
  /// How long to wait before the next attempt after this many failures; nothing: the caller gets
  /// the error.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_wait(const LLMError&,
                                                                    std::uint32_t) const {
    return std::nullopt;
  }
};

/// Forwards every message of an interface to the actor that serves it now. Outlives that actor:
/// when it is replaced, unanswered calls that may be repeated are sent to the successor. After
/// `finish_atom`, calls fail with that error until a server is connected or expected; while one is
/// expected, calls wait. Terminates on `kill` only, so that the death of a linked caller does not
/// affect other callers. Cancels a long call if its requester dies.
template <class Interface, class Policy = HandlePolicy> class StableHandle {
public:
  using Handle = stable_handle<Interface>;
  using Base = typename Handle::base;
  static constexpr const char* name = "StableHandle";

  /// `served_by`: the name of the actors that serve the interface.
  StableHandle(typename Handle::pointer self, std::string subject, std::string served_by,
               Policy policy)
      : self_{self}, served_by_{std::move(served_by)}, policy_{std::move(policy)},
        calls_{{.window = Policy::window}, std::move(subject)} {
    watcher_.attach(self_);
    self_->set_exit_handler([self](caf::exit_msg& message) {
      if (message.reason == caf::exit_reason::kill)
        self->quit(message.reason);
    });
  }

  ~StableHandle() { calls_.give_up({.code = ErrorCode::shutting_down}); }

  typename Handle::behavior_type make_behavior() {
    return behavior_of<Handle, Interface>(
        [this]<class Parts>() {
          return Parts::outputs([this]<class Out>() {
            return Parts::inputs([this]<class... In>() {
              return [this](In... content) -> caf::result<Out> { return pass<Out>(content...); };
            });
          });
        },
        [this](const Interface& server) {
          server_ = server;
          if (server_)
            calls_.connect();
          else
            calls_.expect();
        },
        [this](const ComponentsPtr& components) { policy_.take(components); },
        [this](finish_atom, const LLMError& error) { calls_.give_up(error); },
        [this](tick_atom, std::uint64_t id) {
          if (const auto job = later_.extract(id); !job.empty())
            calls_.again(job.mapped().first, job.mapped().second);
        });
  }

private:
  using Key = PendingCalls::Key;
  using Epoch = PendingCalls::Epoch;

  struct Kind {
    bool may_be_repeated = true;
    bool is_long = false;
  };

  template <class Out, class Atom, class... Ts> caf::result<Out> pass(Atom atom, Ts&... content) {
    if constexpr (std::is_same_v<Atom, cancel_atom>) {
      return cancel(content...);
    } else {
      if (auto refused = policy_.refusal(self_, atom))
        return to_caf_error(std::move(*refused));
      RequestId id;
      auto message = std::apply(
          []<class... Parts>(Parts&&... parts) {
            static_assert(accepts<Interface, Parts...>, "the server takes no such message");
            return caf::make_message(std::move(parts)...);
          },
          policy_.prepare(id, atom, content...));
      return take<Out>({.may_be_repeated = Policy::template may_be_repeated<Atom>,
                        .is_long = Policy::template is_long<Atom>},
                       std::move(id), std::move(message));
    }
  }

  /// From here on, the generated code depends on the reply type only, not on the message.
  template <class Out> caf::result<Out> take(Kind kind, RequestId id, caf::message message) {
    const auto requester = self_->current_sender();
    auto promise = self_->template make_response_promise<Out>();
    PendingCalls::Call call{.fail =
                                [this, promise, kind](LLMError error) mutable {
                                  ended(kind, &error);
                                  promise.deliver(to_caf_error(std::move(error)));
                                },
                            .may_be_repeated = kind.may_be_repeated,
                            .is_long = kind.is_long};
    call.id = std::move(id);
    call.send = [this, promise, kind, message = std::move(message)](PendingCalls::Server, Key key,
                                                                    Epoch epoch) {
      put<Out>(promise, kind, key, epoch, message);
    };
    if (kind.is_long)
      policy_.on_begin();
    const bool watched = kind.is_long && requester;
    if (const auto key = calls_.add(std::move(call)); key && watched)
      watch(requester, *key);
    return promise;
  }

  void ended(Kind kind, const LLMError* error) {
    if (kind.is_long)
      policy_.on_end(error);
  }

  template <class Out>
  void put(caf::typed_response_promise<Out> promise, Kind kind, Key key, Epoch epoch,
           const caf::message& message) {
    ask_watched_made(self_, server_, message)
        .then(
            [this, promise, kind, key, epoch](Out& answer) mutable {
              if (!calls_.answered(key, epoch))
                return;
              ended(kind, nullptr);
              promise.deliver(std::move(answer));
            },
            [this, key, epoch](const caf::error& error) { failed(key, epoch, error); });
  }

  void failed(Key key, Epoch epoch, const caf::error& error) {
    // Its successor is on the way; connecting it takes care of the call.
    if (is_death_of(served_by_, error))
      return;
    const auto failure = to_llm_error(error);
    const auto wait = calls_.failed(key, epoch, failure, [&](std::uint32_t failures) {
      return policy_.retry_wait(failure, failures);
    });
    if (!wait)
      return;
    later_.emplace(++last_tick_, std::pair{key, epoch});
    tell_after(self_, *wait, Handle{self_}, tick_atom_v, last_tick_);
  }

  /// Ends the call if its requester dies.
  void watch(const caf::strong_actor_ptr& requester, Key key) {
    const auto address = caf::actor_cast<caf::actor_addr>(requester);
    forget_answered();
    waited_for_.emplace(address, key);
    watcher_.watch(requester, [this, address](const caf::error&) {
      const auto [first, last] = waited_for_.equal_range(address);
      std::vector<Key> orphans;
      for (auto entry = first; entry != last; ++entry)
        orphans.push_back(entry->second);
      waited_for_.erase(first, last);
      for (const auto orphan : orphans)
        static_cast<void>(end(orphan));
    });
  }

  /// Long calls are few: completed ones are removed when the next one arrives.
  void forget_answered() {
    for (auto entry = waited_for_.begin(); entry != waited_for_.end();) {
      if (calls_.id_of(entry->second)) {
        ++entry;
        continue;
      }
      const auto requester = entry->first;
      entry = waited_for_.erase(entry);
      if (!waited_for_.contains(requester))
        watcher_.forget(requester);
    }
  }

  [[nodiscard]] bool end(Key key) {
    const auto id = calls_.id_of(key);
    if (!id)
      return false;
    if (calls_.end(key, {.code = ErrorCode::cancelled}))
      if constexpr (Policy::has_cancel)
        anon_tell(server_, cancel_atom_v, *id);
    return true;
  }

  bool cancel(const RequestId& id) {
    const auto key = id.value.empty() ? std::nullopt : calls_.find(id);
    return key && end(*key);
  }

  typename Handle::pointer self_;
  Interface server_;
  std::string served_by_;
  Policy policy_;
  Watcher watcher_;
  std::unordered_multimap<caf::actor_addr, Key> waited_for_;
  std::unordered_map<std::uint64_t, std::pair<Key, Epoch>> later_;
  std::uint64_t last_tick_ = 0;
  PendingCalls calls_;
};

} // namespace nexus::llm
