#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "messages/interfaces.hpp"

namespace nexus::llm {

/// What a `Relay` works by.
struct RelayRules {
  using Time = std::chrono::steady_clock::time_point;
  /// Whether and when to try a call of that age again after so many failures; nothing: the caller
  /// is told.
  using RetryRule = std::function<std::optional<std::chrono::milliseconds>(
      const LLMError&, std::uint32_t failures, Time accepted)>;
  /// Calls back after a time.
  using Later = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

  std::string subject; ///< what the calls are about, for a person
  std::string child;   ///< the name of the actors behind the relay
  RetryRule should_retry = [](const LLMError&, std::uint32_t, Time) { return std::nullopt; };
  Later later = [](std::chrono::milliseconds, const std::function<void()>& job) { job(); };
  std::size_t window = 64;        ///< calls at the child at a time
  std::size_t max_calls = 10'000; ///< calls in all; more are refused with `too_many_requests`
};

/// Stands before a child that may be restarted: passes requests on, so many at a time, and answers
/// each exactly once. What a child left unanswered when it died goes to its successor, whose coming
/// (`connect`) is the news that counts; what fails in a way that may be repeated is repeated as the
/// rules say. Lives in the state of an actor; its destructor answers whatever is left.
template <class Child> class Relay {
public:
  /// Which requests may be made twice.
  enum class Repeat : std::uint8_t {
    always, ///< making it twice does no harm
    unsent, ///< only where it certainly did not reach Ollama
  };

  /// Whose call it is, for calls that can be taken back.
  struct Origin {
    RequestId id;
    caf::actor_addr requester; ///< null where the message was anonymous
    std::function<void()> on_end = [] {};
  };

  static constexpr std::uint32_t max_child_failures = 3;

  explicit Relay(RelayRules rules) : rules_{std::move(rules)} {}
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  ~Relay() {
    for (auto& [key, call] : calls_)
      call.fail({.code = ErrorCode::shutting_down});
  }

  /// How many calls may be at the child, and in all, from now on.
  void set_bounds(std::size_t window, std::size_t max_calls) {
    rules_.window = window;
    rules_.max_calls = max_calls;
    pump();
  }

  /// The child to pass requests on to from now on. What the one before left unanswered is lost.
  void connect(Child child) {
    child_ = std::move(child);
    given_up_.reset();
    std::vector<Key> lost;
    for (auto& [key, call] : calls_)
      if (call.stage == Stage::asked)
        lost.push_back(key);
    for (const auto key : lost)
      on_child_lost(key);
    pump();
  }

  /// There is no child any more: calls end with this error until the next one comes.
  void give_up(LLMError error) {
    child_ = Child{};
    fail_all(error);
    given_up_ = std::move(error);
  }

  /// Passes a request on; the promise gets its one answer.
  template <class T, class Self, class... Ts>
  caf::typed_response_promise<T> pass(Self* self, Repeat repeat, Ts... request) {
    return pass_for<T>(self, Origin{}, repeat, std::move(request)...);
  }

  /// The same for a call that can be taken back by `cancel` or `abandon`.
  template <class T, class Self, class... Ts>
  caf::typed_response_promise<T> pass_for(Self* self, Origin origin, Repeat repeat, Ts... request) {
    return pass_by<T>(
        self, std::move(origin), repeat,
        [self, request...](const Child& child, const Wanted&, auto on_answer, auto on_error) {
          ask_watched(self, child, request...).then(on_answer, on_error);
        });
  }

  /// Tells whether the answer to a question is still waited for.
  using Wanted = std::function<bool()>;

  /// The same for a call that takes more than one question: `put(child, wanted, on_answer,
  /// on_error)` asks it, and may be called again.
  template <class T, class Self, class Put>
  caf::typed_response_promise<T> pass_by(Self* self, Origin origin, Repeat repeat, Put put) {
    auto promise = self->template make_response_promise<T>();
    if (calls_.size() >= rules_.max_calls) {
      promise.deliver(
          to_caf_error({.code = ErrorCode::too_many_requests, .subject = rules_.subject}));
      origin.on_end();
      return promise;
    }
    if (given_up_) {
      promise.deliver(to_caf_error(*given_up_));
      origin.on_end();
      return promise;
    }
    const auto key = ++last_key_;
    auto& call = calls_[key];
    call.origin = std::move(origin);
    call.repeat = repeat;
    call.accepted = self->clock().now();
    call.fail = [promise](LLMError error) mutable {
      promise.deliver(to_caf_error(std::move(error)));
    };
    call.send = [this, key, promise, put](std::uint64_t epoch) mutable {
      put(
          child_, [this, key, epoch] { return waits_for(key, epoch); },
          [this, key, epoch, promise](T& answer) mutable {
            if (!waits_for(key, epoch))
              return;
            erase(key);
            promise.deliver(std::move(answer));
            pump();
          },
          [this, key, epoch](const caf::error& error) {
            if (waits_for(key, epoch))
              on_error(key, error);
          });
    };
    parked_.insert(key);
    pump();
    return promise;
  }

  /// Whether a call of this id is under way.
  [[nodiscard]] bool contains(const RequestId& id) const {
    for (const auto& [key, call] : calls_)
      if (call.origin.id == id)
        return true;
    return false;
  }

  /// Whether a call of this id by this requester is under way.
  [[nodiscard]] bool contains(const RequestId& id, const caf::actor_addr& requester) const {
    for (const auto& [key, call] : calls_)
      if (call.origin.id == id && call.origin.requester == requester)
        return true;
    return false;
  }

  /// Ends the call of this id with `cancelled`. True where the child was at work on it and should
  /// be told.
  [[nodiscard]] bool cancel(const RequestId& id) {
    return take_back([&id](const Origin& origin) { return origin.id == id; }) > 0;
  }

  /// Ends every call of a requester that is gone; the ids are those of calls that the child is at
  /// work on.
  [[nodiscard]] std::vector<RequestId> abandon(const caf::actor_addr& requester) {
    std::vector<RequestId> ids;
    take_back([&](const Origin& origin) {
      const bool gone = origin.requester == requester;
      if (gone)
        ids.push_back(origin.id);
      return gone;
    });
    return ids;
  }

  /// Ends every call with this.
  void fail_all(const LLMError& error) {
    while (!calls_.empty())
      fail(calls_.begin()->first, error);
  }

private:
  using Key = std::uint64_t;

  enum class Stage : std::uint8_t {
    parked,  ///< waits for a place at the child
    asked,   ///< at the child
    pausing, ///< waits before it is tried again
  };

  struct Call {
    Origin origin;
    std::function<void(std::uint64_t epoch)> send;
    std::function<void(LLMError)> fail;
    Repeat repeat = Repeat::always;
    Stage stage = Stage::parked;
    RelayRules::Time accepted;
    std::uint64_t epoch = 0; ///< marks the reply that is waited for; others are stale
    std::uint32_t failures = 0;
    std::uint32_t child_failures = 0;
  };

  /// Whether the reply to this try of a call is still waited for.
  [[nodiscard]] bool waits_for(Key key, std::uint64_t epoch) const {
    const auto call = calls_.find(key);
    return call != calls_.end() && call->second.epoch == epoch &&
           call->second.stage == Stage::asked;
  }

  void pump() {
    while (child_ && !parked_.empty() && at_child_ < rules_.window) {
      const auto key = *parked_.begin();
      parked_.erase(parked_.begin());
      auto& call = calls_.at(key);
      call.stage = Stage::asked;
      ++at_child_;
      call.send(++call.epoch);
    }
  }

  void park(Key key) {
    auto& call = calls_.at(key);
    leave_child(call);
    call.stage = Stage::parked;
    parked_.insert(key);
  }

  void leave_child(const Call& call) {
    if (call.stage == Stage::asked)
      --at_child_;
  }

  void erase(Key key) {
    const auto call = calls_.find(key);
    leave_child(call->second);
    parked_.erase(key);
    const auto on_end = std::move(call->second.origin.on_end);
    calls_.erase(call);
    on_end();
  }

  void fail(Key key, LLMError error) {
    auto answer = std::move(calls_.at(key).fail);
    erase(key);
    answer(std::move(error));
  }

  void on_child_lost(Key key) {
    auto& call = calls_.at(key);
    if (call.repeat == Repeat::always && ++call.child_failures <= max_child_failures)
      park(key);
    else
      fail(key, {.code = ErrorCode::component_failed, .subject = rules_.subject});
  }

  void on_error(Key key, const caf::error& error) {
    // Its successor is on the way, and with it all that has to be done.
    if (is_death_of(rules_.child, error))
      return;
    auto failure = to_llm_error(error);
    auto& call = calls_.at(key);
    const bool unsent =
        failure.code == ErrorCode::connection_refused || failure.code == ErrorCode::circuit_open;
    // What is done elsewhere costs no retry, and so has a bound of its own.
    if (info(failure.code).retry == Retry::moved && ++call.child_failures > max_child_failures) {
      fail(key, std::move(failure));
      return pump();
    }
    const auto wait = call.repeat == Repeat::always || unsent
                          ? rules_.should_retry(failure, ++call.failures, call.accepted)
                          : std::nullopt;
    if (!wait) {
      fail(key, std::move(failure));
      return pump();
    }
    leave_child(call);
    call.stage = Stage::pausing;
    rules_.later(*wait, [this, key, epoch = call.epoch] {
      const auto entry = calls_.find(key);
      if (entry == calls_.end() || entry->second.epoch != epoch)
        return;
      park(key);
      pump();
    });
    pump();
  }

  template <class Predicate> std::size_t take_back(Predicate predicate) {
    std::vector<Key> keys;
    for (const auto& [key, call] : calls_)
      if (predicate(call.origin))
        keys.push_back(key);
    for (const auto key : keys)
      fail(key, {.code = ErrorCode::cancelled});
    pump();
    return keys.size();
  }

  RelayRules rules_;
  Child child_;
  std::map<Key, Call> calls_; ///< in the order in which they came
  std::set<Key> parked_;
  std::size_t at_child_ = 0;
  Key last_key_ = 0;
  std::optional<LLMError> given_up_;
};

} // namespace nexus::llm
