// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Reads the tools of these files. A file holds one function or a list of them, as JSON: in the
/// form of Ollama and OpenAI (`{"type": "function", "function": {...}}`) or the function alone
/// (`{"name": ..., "description": ..., "parameters": {...}}`).
/// Errors: `invalid_argument` with the file and the line, also for a name that two tools have.
[[nodiscard]] Result<std::vector<Tool>> read_tools(const std::vector<std::string>& files);

} // namespace nexus::llm::cli
