#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"

/// Values of settings in the forms in which people write them: numbers, words and lists may stand
/// as text where what they mean is plain. Each function returns nothing for anything else.
namespace nexus::llm {

/// A number, or a text that is one. Finite.
[[nodiscard]] std::optional<double> number_of(const json::Value& value);

/// A whole number that is not negative: `3`, `3.0`, `"3"`.
[[nodiscard]] std::optional<std::uint64_t> count_of(const json::Value& value);

/// A duration in seconds: a number of `unit` seconds, or a text with units such as `"1m30s"`.
[[nodiscard]] std::optional<double> seconds_of(const json::Value& value, double unit);

/// `true`, `false`, and the same as text, in upper or lower case.
[[nodiscard]] std::optional<bool> truth_of(const json::Value& value);

/// A list of texts, or one text that holds them separated by commas.
[[nodiscard]] std::optional<std::vector<std::string>> texts_of(const json::Value& value);

/// A text, or a number as its text.
[[nodiscard]] std::optional<std::string> text_or_number_of(const json::Value& value);

} // namespace nexus::llm
