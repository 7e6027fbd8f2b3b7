// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace nexus::llm::cli {

/// How a terminal shows a piece of text. Plain data.
struct TextStyle {
  bool strong = false;
  bool emphasis = false;
  bool code = false;
  bool struck = false;
  bool faint = false;
  bool underlined = false;
  bool reversed = false;

  bool operator==(const TextStyle&) const = default;
};

/// Returns the escape sequence that switches from no style to this one; empty for no style.
[[nodiscard]] std::string escape_of(const TextStyle& style);

/// The escape sequence that ends every style.
inline constexpr const char* end_of_style = "\033[0m";

/// A piece of text in one style. Plain data.
struct StyledRun {
  std::string text;
  TextStyle style = {};

  bool operator==(const StyledRun&) const = default;
};

using StyledText = std::vector<StyledRun>;

} // namespace nexus::llm::cli
