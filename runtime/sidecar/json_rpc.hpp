// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "config/json.hpp"
#include "runtime/sidecar/error_report.hpp"

/// JSON-RPC 2.0 with one object per line. Thread-safe.
namespace nexus::llm::sidecar {

/// One request or notification of a client.
struct RpcCall {
  std::string id; ///< JSON text of the id; empty for a notification
  std::string method;
  json::Document params; ///< an object

  [[nodiscard]] bool is_notification() const noexcept { return id.empty(); }
};

/// Parses a line. On failure, returns the line that answers it. Batches and parameters by position
/// are not supported.
[[nodiscard]] tl::expected<RpcCall, std::string> parse_call(std::string_view line);

/// Returns the line that answers a request. `id` is JSON text.
[[nodiscard]] std::string result_line(std::string_view id, const json::Value& result);
[[nodiscard]] std::string error_line(std::string_view id, const ErrorReport& error);
/// Returns the line of a notification.
[[nodiscard]] std::string notification_line(std::string_view method, const json::Value& params);

} // namespace nexus::llm::sidecar
