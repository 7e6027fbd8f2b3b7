#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/json.hpp"

namespace nexus::llm {

/// The seconds of a duration in the notation of Go, such as `5m`, `1h30m`, `1.5s` or `-1s`; nothing
/// for what is none, a number without a unit included.
[[nodiscard]] std::optional<double> parse_go_duration(std::string_view text);

/// Whether a text says how long a model stays in memory: a Go duration such as `5m`, `1h30m` or
/// `-1s`, or a plain number of seconds such as `300`, `0` or `-1`.
[[nodiscard]] bool is_valid_keep_alive(std::string_view text);

/// The value to send. Plain numbers go as numbers: Ollama refuses them as text.
[[nodiscard]] json::Value keep_alive_value(std::string_view text, json::Allocator& allocator);

/// Checks an object of Ollama options: Ollama answers a wrong type with a misleading 500. Returns
/// what is wrong, or nothing. Options that Ollama does not know pass.
[[nodiscard]] std::string check_options(const json::Value& options);

} // namespace nexus::llm
