#pragma once

#include <CLI/CLI.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace nexus::llm::cli {

/// What an option takes that is a number.
template <class T> struct NumberRange {
  T least;
  T most;
  std::string wanted;       ///< such as `a number from 0 to 2`
  std::vector<T> also = {}; ///< out of the range, with a meaning of their own
};

/// The number that a text is, the whole of it; nothing for another text or number.
template <class T>
[[nodiscard]] std::optional<T> parse_number(const std::string& text, const NumberRange<T>& range) {
  T number{};
  const auto* begin = text.data();
  if (text.size() > 1 && text.front() == '+' && text[1] != '-')
    ++begin;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  for (const auto& other : range.also)
    if (number == other)
      return number;
  // Not so for what is no number at all.
  return number >= range.least && number <= range.most ? std::optional{number} : std::nullopt;
}

/// Adds an option that is a number; `target` is a `T` or a `std::optional<T>`, and must outlive
/// `app`. A wrong one is told with what is wanted.
template <class T, class Target>
CLI::Option* add_number(CLI::App& app, const std::string& name, Target& target,
                        NumberRange<T> range, const std::string& description) {
  return app.add_option_function<std::string>(
      name,
      [name, &target, range = std::move(range)](const std::string& text) {
        const auto number = parse_number<T>(text, range);
        if (!number)
          throw CLI::ValidationError(name + " must be " + range.wanted + ", not `" + text + "`");
        target = *number;
      },
      description);
}

} // namespace nexus::llm::cli
