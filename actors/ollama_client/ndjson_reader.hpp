// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Splits a byte stream into lines, independent of how the bytes are split. Does not parse JSON or
/// HTTP chunks. Not thread-safe.
class NdjsonReader {
public:
  explicit NdjsonReader(std::size_t max_line_bytes) : max_line_bytes_{max_line_bytes} {}

  /// Calls `on_line(std::string_view)` for each line that `bytes` completes; skips blank lines and
  /// strips a trailing carriage return. `on_line` returns false to stop. Returns false if it was
  /// stopped or a line is too long.
  template <class OnLine> [[nodiscard]] bool feed(std::string_view bytes, OnLine&& on_line) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      auto line = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (rest_.size() + line.size() > max_line_bytes_)
        return too_long();
      if (!rest_.empty()) {
        rest_.append(line);
        const bool go_on = deliver(rest_, on_line);
        rest_.clear();
        if (!go_on)
          return false;
      } else if (!deliver(line, on_line)) {
        return false;
      }
    }
    if (rest_.size() + bytes.size() > max_line_bytes_)
      return too_long();
    rest_.append(bytes);
    return true;
  }

  /// Delivers a last line without a line break. Returns false if `on_line` did.
  template <class OnLine> [[nodiscard]] bool finish(OnLine&& on_line) {
    const bool go_on = deliver(rest_, on_line);
    rest_.clear();
    return go_on;
  }

  /// Whether a line was too long.
  [[nodiscard]] bool line_too_long() const noexcept { return line_too_long_; }

private:
  template <class OnLine> static bool deliver(std::string_view line, OnLine& on_line) {
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    return line.find_first_not_of(" \t") == std::string_view::npos || on_line(line);
  }

  bool too_long() {
    line_too_long_ = true;
    rest_.clear();
    return false;
  }

  std::size_t max_line_bytes_;
  std::string rest_;
  bool line_too_long_ = false;
};

} // namespace nexus::llm
