// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/cli/commands/owner_watch.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Arguments of `simulate`.
struct SimulateArguments {
  std::uint16_t port = 0; ///< 0: any
  std::uint32_t token_delay_ms = 30;
  std::uint32_t load_delay_ms = 0;
  std::uint32_t slots = 1;           ///< requests that a model answers at the same time
  std::vector<std::string> models;   ///< empty: the default models of the roles
  std::string tools;                 ///< of all models: `true`, `all` or `endless`
  bool thinking = false;             ///< of all models
  std::vector<std::string> failures; ///< of all models: `KIND` or `KIND=COUNT`
  OwnerOptions owner;
};

/// `simulate`: runs a simulated Ollama until Ctrl-C, or until its owner is gone. Returns the exit
/// code. Main thread only.
[[nodiscard]] int run_simulate(const CommonOptions& common, const SimulateArguments& arguments);

} // namespace nexus::llm::cli
