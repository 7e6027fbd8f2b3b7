#pragma once

#include <string>

#include "runtime/cli/common_options.hpp"

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Adds the options that every command takes; `common` must live as long as `app`.
void add_common_options(CLI::App& app, CommonOptions& common);

/// The role of that name. Throws `CLI::ValidationError`, as the parser's own checks do.
[[nodiscard]] AIRole role_of(const std::string& text);

} // namespace nexus::llm::cli
