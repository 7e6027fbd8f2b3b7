// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "config/node_address.hpp"
#include "nexus_llm/node/node.hpp"
#include "runtime/cli/commands/owner_watch.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Arguments of `serve`.
struct ServeArguments {
  Endpoint listen{.port = default_node_port};
  double drain_seconds = 30; ///< time limit for active requests at shutdown
  std::string log_file;      ///< empty: stderr
  OwnerOptions owner;
};

/// `serve`: runs a node for other processes until SIGTERM or Ctrl-C, or until its owner is gone.
/// Reloads the settings on SIGHUP. Returns the exit code. Main thread only.
[[nodiscard]] int run_serve(const CommonOptions& common, const ServeArguments& arguments);

} // namespace nexus::llm::cli
