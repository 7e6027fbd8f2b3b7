// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"

namespace nexus::llm::sidecar {

/// The error codes of JSON-RPC 2.0 itself. Errors of this library have codes of their own
/// (`json_rpc_code`).
enum class RpcCode : std::int32_t {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
};

/// The front ends' own errors about a lost sidecar have the codes -32098 and -32099.
static_assert(json_rpc_code(error_table.back().code) > -32098);

/// The member `data` of an error object.
struct ErrorData {
  ErrorCode name = ErrorCode::internal_error;
  ErrorCategory category = ErrorCategory::internal;
  bool retryable = false;                ///< the same request may succeed later
  std::optional<std::string> model = {}; ///< of the last attempt
  std::optional<std::uint32_t> attempts = {};
  std::optional<std::string> partial = {}; ///< text received before the failure
  std::optional<std::uint16_t> http_status = {};
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::optional<std::string> detail = {}; ///< technical; only if the caller asked for it

  static constexpr std::string_view type_name = "ErrorData";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"category", self.category},
                 Field{"retryable", self.retryable}, Field{"model", self.model},
                 Field{"attempts", self.attempts}, Field{"partial", self.partial},
                 Field{"httpStatus", self.http_status}, Field{"retryAfter", self.retry_after},
                 Field{"detail", self.detail});
  }
};

/// The error object of a response or of a notification.
struct ErrorReport {
  std::int32_t code = 0;
  std::string message = {}; ///< one sentence for a person
  ErrorData data;

  static constexpr std::string_view type_name = "ErrorReport";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"code", self.code}, Field{"message", self.message},
                 Field{"data", self.data});
  }
};

/// Reports an error of this library. `detail`: whether the caller wants technical details.
[[nodiscard]] ErrorReport report(const LLMError& error, bool detail = false);

/// Reports an error of the protocol, caused by the client.
[[nodiscard]] ErrorReport report(RpcCode code, std::string message);

} // namespace nexus::llm::sidecar
