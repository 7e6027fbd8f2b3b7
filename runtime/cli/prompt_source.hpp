// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// The arguments for a prompt.
struct PromptArguments {
  std::vector<std::string> words; ///< `-` stands for stdin
  std::vector<std::string> files; ///< likewise
  std::vector<std::string> taken; ///< files for other purposes: stdin, if it is one, does not join
};

/// Returns the prompt: the words (joined by spaces), the files and stdin, joined by blank lines.
/// Stdin is read to its end where `-` stands, or last if it is a file, a pipe or a connection, or
/// if nothing else is given and it is not a terminal. Calls `waiting` if nobody asked for stdin and
/// it neither delivers nor ends for a while. Errors: `invalid_prompt` if nothing is given,
/// `invalid_argument` for a file that cannot be read or is not text.
[[nodiscard]] Result<std::string> read_prompt(const PromptArguments& arguments,
                                              const std::function<void()>& waiting = {});

/// Reads UTF-8 text from a file or pipe. Removes the byte order mark and keeps line ends.
/// Errors: `invalid_argument`; if the text is not UTF-8, with the likely encoding.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

} // namespace nexus::llm::cli
