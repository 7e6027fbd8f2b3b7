// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/cli/terminal/text_style.hpp"

namespace nexus::llm::cli {

/// The markup within a line of markdown: emphasis, code, links, escapes. md4c decides what is
/// markup; these functions adapt it to text that is not complete yet.
///
/// Where technical text is more likely than markup, it stays as it is: `*` between letters or
/// digits (`2*3*4`), `__` (`__init__`), a single `~`, and a backslash before anything but a mark,
/// as in LaTeX (`\(`, `\{`, `\\`).

/// Returns the styles of a part of a line. `before` is the character before this part; empty at the
/// beginning of the line. A link is its text and, faint and in brackets, its target.
[[nodiscard]] StyledText parse_inline(std::string_view text, std::string_view before = {});

/// Returns the size of the longest part of a line, from its beginning, that can be shown although
/// the rest of the line is unknown: it ends behind white space or between East
/// Asian characters, and no markup that begins in it is open.
[[nodiscard]] std::size_t settled_size(std::string_view text);

} // namespace nexus::llm::cli
