#pragma once

#include <memory>
#include <utility>

#include "nexus_llm/portability.hpp"

namespace nexus::llm {

/// The answer that an actor owes, held by the handlers of its own requests. When the actor ends
/// first, the handlers go and the answer becomes `component_failed`: CAF 0.17 itself would answer
/// nobody.
template <class T> class GuardedAnswer {
public:
  GuardedAnswer(caf::typed_response_promise<T> promise, std::string component)
      : promise_{std::move(promise)}, component_{std::move(component)} {}
  GuardedAnswer(const GuardedAnswer&) = delete;
  GuardedAnswer& operator=(const GuardedAnswer&) = delete;

  ~GuardedAnswer() {
    if (open_)
      promise_.deliver(to_caf_error({.code = ErrorCode::component_failed, .subject = component_}));
  }

  void deliver(T value) {
    open_ = false;
    promise_.deliver(std::move(value));
  }
  void fail(caf::error error) {
    open_ = false;
    promise_.deliver(std::move(error));
  }

private:
  caf::typed_response_promise<T> promise_;
  std::string component_;
  bool open_ = true;
};

/// A guarded answer to the current message, to be shared by the handlers that may give it.
template <class T>
[[nodiscard]] std::shared_ptr<GuardedAnswer<T>> guard(caf::typed_response_promise<T> promise,
                                                      std::string component) {
  return std::make_shared<GuardedAnswer<T>>(std::move(promise), std::move(component));
}

} // namespace nexus::llm
