// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string_view>

namespace nexus::llm {

/// Host and port as somebody wrote them: `HOST`, `HOST:PORT`, `[V6]`, `[V6]:PORT`, or an IPv6
/// address without brackets, which has no port. Neither part is validated, since callers have
/// different rules and defaults for them; both may be empty.
struct Authority {
  std::string_view host;                ///< without brackets
  std::optional<std::string_view> port; ///< what follows the colon, if there is one
};

/// Splits a text at its port. Returns nothing if its brackets do not enclose the host.
[[nodiscard]] constexpr std::optional<Authority> split_authority(std::string_view text) {
  if (!text.starts_with('[')) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon != text.rfind(':'))
      return Authority{text, std::nullopt};
    return Authority{text.substr(0, colon), text.substr(colon + 1)};
  }
  const auto end = text.find(']');
  if (end == std::string_view::npos)
    return std::nullopt;
  const auto host = text.substr(1, end - 1);
  const auto rest = text.substr(end + 1);
  if (rest.empty())
    return Authority{host, std::nullopt};
  if (rest.front() != ':')
    return std::nullopt;
  return Authority{host, rest.substr(1)};
}

} // namespace nexus::llm
