// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/terminal_line.hpp"

namespace nexus::llm::cli {

namespace {
/// The limit of Linux, including the line end.
constexpr std::size_t terminal_line_bytes = 4096;
} // namespace

bool is_cut_by_terminal(std::string_view line) { return line.size() + 1 >= terminal_line_bytes; }

std::string cut_line_fault() {
  return "it has a line of more bytes than the " + std::to_string(terminal_line_bytes - 1) +
         " that this terminal takes; put it into a file, and name that with `generate -f`";
}

} // namespace nexus::llm::cli
