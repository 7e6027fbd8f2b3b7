#pragma once

#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// What `models` is to do.
struct ModelsArguments {
  enum class Action { list, check, show, running, pull, load, unload, remove, copy };
  Action action = Action::list;
  std::string name;
  std::string destination; ///< of `copy`
};

/// `models`: what is installed and in memory. Returns the exit code; on the main thread.
[[nodiscard]] int run_models(const CommonOptions& common, const ModelsArguments& arguments);

} // namespace nexus::llm::cli
