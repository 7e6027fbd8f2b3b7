// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Returns the options with a node to watch: those of the command line or of the settings, or else
/// the one that runs on this machine.
/// Errors: `node_unreachable` if none runs, `invalid_argument` if several do, those of `find_store`
/// and of `load` unless the command line names a node.
[[nodiscard]] Result<CommonOptions> with_chosen_node(CommonOptions common);

} // namespace nexus::llm::cli
