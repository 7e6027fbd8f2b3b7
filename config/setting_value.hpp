// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"

/// Lenient conversions of JSON values to settings: numbers, booleans and lists may also be given as
/// strings. Each function returns `nullopt` for all other values.
namespace nexus::llm {

/// Converts a finite number, or a string that contains one.
[[nodiscard]] std::optional<double> number_of(const json::Value& value);

/// Converts a non-negative integer: `3`, `3.0`, `"3"`.
[[nodiscard]] std::optional<std::uint64_t> count_of(const json::Value& value);

/// Converts a duration to seconds: a number in units of `unit` seconds, or a string with units,
/// such as `"1m30s"`.
[[nodiscard]] std::optional<double> seconds_of(const json::Value& value, double unit);

/// Converts a boolean, or the string `true` or `false` in any case.
[[nodiscard]] std::optional<bool> truth_of(const json::Value& value);

/// Converts an array of strings, or one string with comma-separated elements.
[[nodiscard]] std::optional<std::vector<std::string>> texts_of(const json::Value& value);

/// Converts a string, or a number to its text.
[[nodiscard]] std::optional<std::string> text_or_number_of(const json::Value& value);

} // namespace nexus::llm
