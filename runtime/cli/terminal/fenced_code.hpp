// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::cli {

/// Returns the content of each fenced code block of a Markdown text, with its line ends and without
/// the fences. A block that is indented, as in a list, loses that indentation. A block without an
/// end goes to the end of the text.
[[nodiscard]] std::vector<std::string> fenced_code(std::string_view text);

} // namespace nexus::llm::cli
