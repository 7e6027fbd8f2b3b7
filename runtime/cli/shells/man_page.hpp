// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "runtime/cli/shells/command_description.hpp"

namespace nexus::llm::cli {

/// Returns the manual page of a program, in the man(7) language.
[[nodiscard]] std::string man_page(const CommandDescription& program, std::string_view version);

} // namespace nexus::llm::cli
