#pragma once

#include <string>

#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// What the options say about each request.
/// Errors: `invalid_argument` when the file of `--format` cannot be read, or an `--option` is none.
[[nodiscard]] Result<GenerateOptions> request_options(const CommonOptions& common);

/// What `--option` says, as JSON text of an object; empty where there is none.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<std::string> ollama_options(const CommonOptions& common);

} // namespace nexus::llm::cli
