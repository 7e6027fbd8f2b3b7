#pragma once

#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// What is wrong with bytes that are to be a prompt, as the end of a sentence about them: which
/// encoding they seem to have, and how to convert them. Empty for UTF-8 without NUL.
[[nodiscard]] std::string text_fault(std::string_view bytes);

/// Takes the mark away with which some programs begin a file in UTF-8.
void drop_byte_order_mark(std::string& text);

/// Whether a line, without its end, has come to where a terminal that edits its lines itself stops
/// taking in what is typed, and says nothing.
[[nodiscard]] bool is_cut_by_terminal(std::string_view line);

/// The fault of such a line.
[[nodiscard]] std::string cut_line_fault();

} // namespace nexus::llm::cli
