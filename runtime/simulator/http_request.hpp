// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {

/// A request as it was read from the wire.
struct HttpRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool http_1_0 = false;
  bool keep_alive = true;

  /// The target without its query.
  [[nodiscard]] std::string path() const { return target.substr(0, target.find('?')); }
  [[nodiscard]] std::string query() const {
    const auto at = target.find('?');
    return at == std::string::npos ? "" : target.substr(at);
  }
  /// First value of a header, "" when it is missing. `name` in lower case.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

} // namespace nexus::llm::simulator
