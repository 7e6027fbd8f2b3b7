// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/json.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

/// Splits text into tokens: a word with the white space before it, in pieces of at most 12 bytes
/// that do not cut a character. Joined, they give the text again.
[[nodiscard]] std::vector<std::string> tokenize(std::string_view text);

/// Returns the number of tokens that tokenize() returns.
[[nodiscard]] std::size_t count_tokens(std::string_view text);

/// Returns a reply that says it is simulated: a numbered plan, a code block, a review or a short
/// answer, depending on the first matching word of the prompt. Equal arguments give equal texts.
[[nodiscard]] std::string generate_reply(std::string_view model, std::string_view prompt,
                                         std::uint64_t seed);

/// Returns a reply to the result of a tool, which it quotes.
[[nodiscard]] std::string reply_to_tool(std::string_view result);

/// Returns a JSON object. With a schema: its required properties (or all if none is required) with
/// default values of their types.
[[nodiscard]] std::string generate_json(const json::Value* schema, std::string_view prompt);

/// Returns a vector of length 1 that depends on the text only.
[[nodiscard]] std::vector<double> embed(std::string_view text, std::size_t length);

/// Returns the FNV-1a hash of a text.
[[nodiscard]] std::uint64_t hash_text(std::string_view text);

} // namespace nexus::llm::simulator
