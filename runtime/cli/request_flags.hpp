// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Returns the request options from the command line.
/// Errors: `invalid_argument` if the file of `--format` cannot be read, or an `--option` is
/// invalid; `invalid_option` for another option that is not valid.
[[nodiscard]] Result<GenerateOptions> request_options(const CommonOptions& common);

/// Checks `--keep-alive`, as it was written. Errors: `invalid_option`.
[[nodiscard]] Result<void> check_keep_alive(const CommonOptions& common);

/// Returns all `--option` values as the JSON text of an object; empty if there are none.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<std::string> ollama_options(const CommonOptions& common);

} // namespace nexus::llm::cli
