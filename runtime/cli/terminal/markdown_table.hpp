// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::cli {

/// Whether a line is the one below the heading of a table, such as `|---|:--:|`.
[[nodiscard]] bool is_table_rule(std::string_view line);

/// Lays out a table of markdown: its heading, the line below, and its rows. Columns are aligned by
/// display width. If they do not fit into `cells`, the wider ones are narrowed and their cells are
/// broken into lines; if that leaves too little, each row becomes lines of the form
/// `heading: cell`. Ends with a line end.
[[nodiscard]] std::string format_markdown_table(const std::vector<std::string>& lines,
                                                std::size_t cells, bool styled);

} // namespace nexus::llm::cli
