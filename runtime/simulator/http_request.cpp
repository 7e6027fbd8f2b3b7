// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/http_request.hpp"

#include "runtime/simulator/model_name.hpp"

#include <algorithm>

namespace nexus::llm::simulator {

std::string HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& header) { return to_lower(header.first) == name; });
  return found == headers.end() ? std::string() : found->second;
}

bool HttpRequest::has_header(std::string_view name) const {
  return std::ranges::any_of(headers,
                             [&](const auto& header) { return to_lower(header.first) == name; });
}

} // namespace nexus::llm::simulator
