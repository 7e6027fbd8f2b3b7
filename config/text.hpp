// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace nexus::llm {

inline constexpr std::string_view white_space = " \t\r\n";

/// Removes all characters in `what` from both ends of a text.
[[nodiscard]] constexpr std::string_view trim(std::string_view text,
                                              std::string_view what = white_space) {
  const auto begin = text.find_first_not_of(what);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

/// Parses the entire text as a number with `std::from_chars`. Returns `nullopt` for any other text,
/// or if the number is out of range for `T`.
template <class T> [[nodiscard]] std::optional<T> number_in(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

} // namespace nexus::llm
