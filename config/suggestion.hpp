// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Returns the number of edits that turn one word into the other: a character that is inserted,
/// removed or replaced, or two neighbours that are exchanged. Ignores the case of ASCII letters.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

/// Returns the candidate that a mistyped word was meant to be: the first of those with the least
/// edit distance, or the only one that begins with the word. Empty if none is near enough to be
/// meant.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// Returns "`word` is no KIND", followed by the nearest candidate, if any: the subject of an error.
[[nodiscard]] std::string is_no(std::string_view kind, std::string_view word,
                                std::string_view nearest_candidate);

} // namespace nexus::llm
