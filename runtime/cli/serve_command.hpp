#pragma once

#include <string>

#include "config/node_address.hpp"
#include "nexus_llm/node/node.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/owner_watch.hpp"

namespace nexus::llm::cli {

/// What the command line says about a node.
struct ServeArguments {
  Endpoint listen{.port = default_node_port};
  double drain_seconds = 30; ///< for requests under way when it is told to end
  std::string log_file;      ///< empty: stderr
  OwnerOptions owner;
};

/// `serve`: does the work for other processes until SIGTERM or Ctrl-C, or until whoever started it
/// is gone; reads the settings anew at SIGHUP. Returns the exit code; on the main thread.
[[nodiscard]] int run_serve(const CommonOptions& common, const ServeArguments& arguments);

} // namespace nexus::llm::cli
