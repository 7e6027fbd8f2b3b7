// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Rejects nodes for a command that would ignore them.
inline void only_here(const CommonOptions& common, const std::string& name) {
  if (!common.nodes.empty())
    throw CLI::ValidationError("`" + name + "` does its work here, and goes without --connect");
}

} // namespace nexus::llm::cli
