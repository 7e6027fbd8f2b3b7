#pragma once

#include <string>
#include <vector>

#include "messages/result.hpp"

namespace nexus::llm::cli {

/// What the command line says about a prompt.
struct PromptArguments {
  std::vector<std::string> words; ///< `-` stands for stdin
  std::vector<std::string> files; ///< likewise
};

/// The prompt: the words (joined by spaces), the files and stdin, joined by blank lines. Stdin is
/// read where `-` says so, or where nothing else is given and it is no terminal.
/// Errors: `invalid_prompt` when nothing is given, `invalid_argument` for an unreadable file.
[[nodiscard]] Result<std::string> read_prompt(const PromptArguments& arguments);

/// The content of a file of any kind, pipes too.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

} // namespace nexus::llm::cli
