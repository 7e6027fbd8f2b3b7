// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::sidecar {

/// Splits a stream of bytes into lines. A line that exceeds the limit is skipped up to its end, so
/// that memory stays bounded and the following lines are read. Not thread-safe.
class LineFramer {
public:
  /// `limit`: the longest line in bytes, without its line end.
  explicit LineFramer(std::size_t limit) : limit_{limit} {}

  /// Appends bytes. Take all lines before the next call.
  void append(std::string_view bytes);

  /// A line, or the fact that one was skipped.
  struct Line {
    std::string text; ///< without `\n` and a preceding `\r`; empty if `too_long`
    bool too_long = false;
  };
  /// Returns the next complete line.
  [[nodiscard]] std::optional<Line> next();
  /// Returns what is left after the last line end, once the input has ended.
  [[nodiscard]] std::optional<Line> last();

private:
  const std::size_t limit_;
  std::string buffer_;
  std::size_t searched_ = 0; ///< the buffer has no line end before this offset
  bool skipping_ = false;    ///< the beginning of the current line was dropped
};

} // namespace nexus::llm::sidecar
