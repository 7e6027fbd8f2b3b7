// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/json_value.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm::testing {

/// Matches a message or a body against JSON that lists only the relevant parts.
///
/// An object matches if each of its members matches; it ignores additional members. Arrays match
/// element by element. `"*"` matches everything, `{"$contains": "..."}` any text with that part.
/// Cheap to copy.
class Pattern {
public:
  /// Matches everything.
  Pattern();
  /// Parses JSON text; a bare word such as `generate` is a JSON string without its quotes. Throws
  /// `ScriptFailure` if `text` is neither.
  Pattern(std::string_view text); // NOLINT(google-explicit-constructor): written as literals
  Pattern(const char* text) : Pattern{std::string_view{text}} {}        // NOLINT: likewise
  Pattern(const std::string& text) : Pattern{std::string_view{text}} {} // NOLINT: likewise
  explicit Pattern(const json::Value& value);

  /// Returns path and reason of the first mismatch, or `nullopt` if `actual` matches.
  [[nodiscard]] std::optional<std::string> mismatch(const json::Value& actual) const;
  /// Compares a message, given as the array of its elements. An array pattern matches the whole
  /// message, an object its only element, and a text any message that starts with this atom.
  [[nodiscard]] std::optional<std::string> mismatch_of_message(const json::Value& elements) const;

  [[nodiscard]] const json::Value& value() const;
  [[nodiscard]] std::string text() const;

private:
  std::shared_ptr<const json::Document> value_;
};

/// Matches a chunk with this text.
[[nodiscard]] Pattern chunk(std::string_view text);
/// Matches the successful end of a stream with this complete text.
[[nodiscard]] Pattern ending(std::string_view whole_text);
/// Matches the failure of a stream.
[[nodiscard]] Pattern stream_error(ErrorCode code);
/// Matches a progress report of a request.
[[nodiscard]] Pattern progress(Phase phase);

} // namespace nexus::llm::testing
