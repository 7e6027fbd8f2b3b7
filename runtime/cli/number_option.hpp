// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/ollama_options.hpp"
#include "config/text.hpp"

namespace nexus::llm::cli {

/// The valid values of a numeric option.
template <class T> struct NumberRange {
  T least;
  T most;
  std::string wanted;       ///< such as `a number from 0 to 2`
  std::vector<T> also = {}; ///< special values outside of the range

  [[nodiscard]] bool allows(T number) const {
    // NaN fails both comparisons.
    return (number >= least && number <= most) ||
           std::find(also.begin(), also.end(), number) != also.end();
  }
};

/// Parses a complete text as a number; `nullopt` for any other text. Accepts `3.0` as an integer.
template <class T> [[nodiscard]] std::optional<T> parse_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-')
    text.remove_prefix(1);
  if (const auto number = number_in<T>(text))
    return number;
  if constexpr (std::is_integral_v<T>) {
    constexpr double largest_exact = 9007199254740992.0; // 2^53
    const auto real = parse_number<double>(text);
    if (real && *real == std::floor(*real) && std::abs(*real) <= largest_exact)
      if (const auto whole = static_cast<std::int64_t>(*real); std::in_range<T>(whole))
        return static_cast<T>(whole);
  }
  return std::nullopt;
}

/// Parses seconds: a number, or a duration such as `1m30s`.
[[nodiscard]] inline std::optional<double> parse_seconds(std::string_view text) {
  const auto number = parse_number<double>(text);
  return number ? number : parse_go_duration(text);
}

/// Adds an option that `read` parses; `target` is a `T` or a `std::optional<T>`, and must outlive
/// `app`. The error message for an invalid value states the valid values.
template <class T, class Target>
CLI::Option* add_number(CLI::App& app, const std::string& name, Target& target,
                        NumberRange<T> range, const std::string& description,
                        std::optional<T> (*read)(std::string_view) = parse_number<T>) {
  return app.add_option_function<std::string>(
      name,
      [name, &target, range = std::move(range), read](const std::string& text) {
        const auto number = read(text);
        if (!number || !range.allows(*number))
          throw CLI::ValidationError(name + " must be " + range.wanted + ", not `" + text + "`");
        target = *number;
      },
      description);
}

} // namespace nexus::llm::cli
