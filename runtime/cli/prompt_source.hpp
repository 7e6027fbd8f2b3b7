#pragma once

#include <string>
#include <vector>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// What the command line says about a prompt.
struct PromptArguments {
  std::vector<std::string> words; ///< `-` stands for stdin
  std::vector<std::string> files; ///< likewise
};

/// The prompt: the words (joined by spaces), the files and stdin, joined by blank lines. Stdin is
/// read where `-` says so, or where nothing else is given and it is no terminal.
/// Errors: `invalid_prompt` when nothing is given, `invalid_argument` for a file that cannot be
/// read or is no text.
[[nodiscard]] Result<std::string> read_prompt(const PromptArguments& arguments);

/// The text in a file of any kind, pipes too: UTF-8, whose byte order mark is no part of it. Line
/// ends stay as they are.
/// Errors: `invalid_argument`; where it is no UTF-8, it names the encoding that it seems to have.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

} // namespace nexus::llm::cli
