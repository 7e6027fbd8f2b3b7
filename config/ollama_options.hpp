// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"

namespace nexus::llm {

/// Parses a duration in the notation of Go, such as `5m`, `1h30m`, `1.5s` or `-1s`, and returns it
/// in seconds. Returns `nullopt` for any other text, including a number without a unit.
[[nodiscard]] std::optional<double> parse_go_duration(std::string_view text);

/// Returns whether a text is a valid `keep_alive`: a Go duration such as `5m`, `1h30m` or `-1s`, or
/// a number of seconds such as `300`, `0` or `-1`.
[[nodiscard]] bool is_valid_keep_alive(std::string_view text);

/// Returns the JSON value of a `keep_alive`. Plain numbers become JSON numbers, because Ollama
/// rejects them as strings.
[[nodiscard]] json::Value keep_alive_value(std::string_view text, json::Allocator& allocator);

/// Checks the types in an object of Ollama options, because Ollama responds to a wrong type with a
/// misleading 500. Returns the problem, or an empty string. Ignores unknown options.
[[nodiscard]] std::string check_options(const json::Value& options);

/// Returns the names of the options whose types `check_options` knows.
[[nodiscard]] std::vector<std::string_view> option_names();

} // namespace nexus::llm
