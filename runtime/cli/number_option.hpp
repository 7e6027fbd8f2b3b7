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

/// What an option takes that is a number.
template <class T> struct NumberRange {
  T least;
  T most;
  std::string wanted;       ///< such as `a number from 0 to 2`
  std::vector<T> also = {}; ///< out of the range, with a meaning of their own

  [[nodiscard]] bool allows(T number) const {
    // What is no number at all is neither above nor below anything.
    return (number >= least && number <= most) ||
           std::find(also.begin(), also.end(), number) != also.end();
  }
};

/// The number that a text is, the whole of it; nothing for another text. A whole number may stand
/// as `3.0`.
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

/// The seconds that a text is: a number, or a duration such as `1m30s`.
[[nodiscard]] inline std::optional<double> parse_seconds(std::string_view text) {
  const auto number = parse_number<double>(text);
  return number ? number : parse_go_duration(text);
}

/// Adds an option that `read` reads from its text; `target` is a `T` or a `std::optional<T>`, and
/// must outlive `app`. A wrong one is told with what is wanted.
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
