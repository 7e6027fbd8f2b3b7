// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/error_report.hpp"

#include <utility>

namespace nexus::llm::sidecar {

namespace {

template <class T> std::optional<T> unless_default(const T& value) {
  return value == T{} ? std::nullopt : std::optional<T>{value};
}

} // namespace

ErrorReport report(const LLMError& error, bool detail) {
  // Before any attempt, the model is known as what the error is about.
  const bool about_model = category(error.code) == ErrorCategory::model;
  const auto& model = error.model.empty() && about_model ? error.subject : error.model;
  return {.code = json_rpc_code(error.code),
          .message = sentence(error),
          .data = {.name = error.code,
                   .category = category(error.code),
                   .retryable = is_retryable(error.code),
                   .model = unless_default(model),
                   .attempts = unless_default(error.attempts),
                   .partial = unless_default(error.partial),
                   .http_status = unless_default(error.http_status),
                   .retry_after = error.retry_after,
                   .detail = detail ? unless_default(error.detail) : std::nullopt}};
}

ErrorReport report(RpcCode code, std::string message) {
  return {.code = static_cast<std::int32_t>(code),
          .message = std::move(message),
          .data = {.name = ErrorCode::invalid_argument,
                   .category = category(ErrorCode::invalid_argument),
                   .retryable = is_retryable(ErrorCode::invalid_argument)}};
}

} // namespace nexus::llm::sidecar
