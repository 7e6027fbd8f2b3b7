#pragma once

#include <deque>
#include <functional>
#include <list>
#include <utility>

#include "messages/interfaces.hpp"

namespace nexus::llm {

/// Stands before a child that may be restarted: passes requests on and answers each exactly once.
/// What a child left unanswered when it died goes to its successor; what fails in a way that may be
/// repeated is repeated as `should_retry` says. Lives in the state of the facade; its destructor
/// answers whatever is left.
template <class Child> class Relay {
public:
  /// Whether and when to try again after so many failures; nothing: the caller is told.
  using RetryRule =
      std::function<std::optional<std::chrono::milliseconds>(const LLMError&, std::uint32_t)>;
  /// Which requests may be made twice.
  enum class Repeat : std::uint8_t {
    always, ///< making it twice does no harm
    unsent, ///< only where it certainly did not reach Ollama
  };
  /// Calls back after a time.
  using Later = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

  static constexpr std::size_t max_calls = 10'000;
  static constexpr std::uint32_t max_child_failures = 3;

  Relay(std::string subject, RetryRule should_retry, Later later)
      : subject_{std::move(subject)}, should_retry_{std::move(should_retry)}, later_{std::move(
                                                                                  later)} {}
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  ~Relay() {
    for (auto& call : calls_)
      call.fail({.code = ErrorCode::shutting_down});
  }

  /// The child to pass requests on to from now on.
  void connect(Child child) {
    child_ = std::move(child);
    for (auto& call : calls_)
      if (std::exchange(call.parked, false))
        call.send();
  }

  /// Passes a request on; the promise gets its one answer.
  template <class T, class Self, class... Ts>
  caf::typed_response_promise<T> pass(Self* self, Repeat repeat, Ts... request) {
    auto promise = self->template make_response_promise<T>();
    if (calls_.size() >= max_calls) {
      promise.deliver(to_caf_error({.code = ErrorCode::too_many_requests, .subject = subject_}));
      return promise;
    }
    auto call = calls_.emplace(calls_.end());
    call->repeat = repeat;
    call->fail = [promise](LLMError error) mutable {
      promise.deliver(to_caf_error(std::move(error)));
    };
    call->send = [this, self, call, promise, request...]() mutable {
      const auto used = child_;
      ask_watched(self, used, request...)
          .then(
              [this, call, promise](T& answer) mutable {
                calls_.erase(call);
                promise.deliver(std::move(answer));
              },
              [this, call, used](const caf::error& error) { on_error(call, used, error); });
    };
    call->parked = !child_;
    if (!call->parked)
      call->send();
    return promise;
  }

private:
  struct Call {
    std::function<void()> send;
    std::function<void(LLMError)> fail;
    Repeat repeat = Repeat::always;
    std::uint32_t failures = 0;
    std::uint32_t child_failures = 0;
    bool parked = false; ///< waits for the next child
  };
  using CallRef = typename std::list<Call>::iterator;

  void on_error(CallRef call, const Child& used, const caf::error& error) {
    const auto failure = to_llm_error(error);
    if (failure.code == ErrorCode::component_failed && call->repeat == Repeat::always &&
        ++call->child_failures <= max_child_failures) {
      // The news of the successor may be here already, or still on its way.
      if (used == child_)
        call->parked = true;
      else
        call->send();
      return;
    }
    const bool may_repeat =
        call->repeat == Repeat::always || failure.code == ErrorCode::connection_refused;
    const auto wait = may_repeat ? should_retry_(failure, ++call->failures) : std::nullopt;
    if (wait)
      return later_(*wait, [call] { call->send(); });
    auto fail = std::move(call->fail);
    calls_.erase(call);
    fail(failure);
  }

  std::string subject_;
  RetryRule should_retry_;
  Later later_;
  Child child_;
  std::list<Call> calls_;
};

} // namespace nexus::llm
