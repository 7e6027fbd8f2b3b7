#pragma once

#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Whether a line, without its end, has come to where a terminal that edits its lines itself stops
/// taking in what is typed, and says nothing.
[[nodiscard]] bool is_cut_by_terminal(std::string_view line);

/// The fault of such a line, as the end of a sentence about a prompt.
[[nodiscard]] std::string cut_line_fault();

} // namespace nexus::llm::cli
