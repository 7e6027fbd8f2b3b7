// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/commands/owner_watch.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Arguments of `nexus-llm sidecar`.
struct SidecarArguments {
  std::string socket; ///< path of a Unix socket to serve; empty: stdin and stdout
  bool schema = false;
  OwnerOptions owner;
};

/// Serves front ends over JSON-RPC until its input ends, its owner is gone or it is told to end.
[[nodiscard]] int run_sidecar(const CommonOptions& common, const SidecarArguments& arguments);

} // namespace nexus::llm::cli
