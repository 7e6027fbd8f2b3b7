// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/json_output.hpp"

namespace nexus::llm::cli {

namespace {

template <class T> std::optional<T> unless_empty(const T& value) {
  return value == T{} ? std::nullopt : std::optional<T>{value};
}

} // namespace

ErrorObject error_object(const LLMError& error) {
  const auto kind = category(error.code);
  // Before any attempt, the model is known as what the error is about.
  const auto& model =
      error.model.empty() && kind == ErrorCategory::model ? error.subject : error.model;
  return {.code = error.code,
          .category = kind,
          .message = sentence(error),
          .detail = error.detail,
          .exit_code = exit_code(kind),
          .retryable = is_retryable(error.code),
          .model = unless_empty(model),
          .http_status = unless_empty(error.http_status),
          .attempts = unless_empty(error.attempts),
          .retry_after = error.retry_after,
          .partial = unless_empty(error.partial)};
}

} // namespace nexus::llm::cli
