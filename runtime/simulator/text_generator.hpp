// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rapidjson/document.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

/// Splits text into tokens: a word with the white space before it, in pieces of at most 12 bytes
/// that do not cut a character. Joined they give the text again.
[[nodiscard]] std::vector<std::string> tokenize(std::string_view text);

/// Number of tokens that tokenize() makes; trailing white space counts.
[[nodiscard]] std::size_t count_tokens(std::string_view text);

/// A reply that says it is simulated: a numbered plan, a code block, a review or a short answer,
/// whichever the first telling word of the system text and the prompt asks for. Equal arguments
/// give equal texts.
[[nodiscard]] std::string generate_reply(std::string_view model, std::string_view system,
                                         std::string_view prompt, std::uint64_t seed);

/// A JSON object; when a schema is given, one that fits it roughly: required properties (or all
/// when none is required) with default values of the right type.
[[nodiscard]] std::string generate_json(const rapidjson::Value* schema, std::string_view prompt);

/// A vector of length 1 that depends on the text only.
[[nodiscard]] std::vector<double> embed(std::string_view text, std::size_t length);

/// FNV-1a.
[[nodiscard]] std::uint64_t hash_text(std::string_view text,
                                      std::uint64_t start = 14695981039346656037ULL);

} // namespace nexus::llm::simulator
