// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/common_options.hpp"

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Adds the options that every command accepts; `common` must outlive `app`.
void add_common_options(CLI::App& app, CommonOptions& common);

/// Returns the role with that name. Throws `CLI::ValidationError`, like the checks of the parser.
[[nodiscard]] AIRole role_of(const std::string& text);

} // namespace nexus::llm::cli
