// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <utility>

#include "nexus_llm/portability.hpp"

namespace nexus::llm {

/// A response promise that is shared by the handlers of an actor's own requests. If the actor
/// terminates first, the handlers are destroyed and the caller gets `component_failed`: CAF 0.17
/// itself would send no reply. Not thread-safe.
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

/// Guards `promise`; the result is shared by the handlers that may deliver the reply.
template <class T>
[[nodiscard]] std::shared_ptr<GuardedAnswer<T>> guard(caf::typed_response_promise<T> promise,
                                                      std::string component) {
  return std::make_shared<GuardedAnswer<T>>(std::move(promise), std::move(component));
}

} // namespace nexus::llm
