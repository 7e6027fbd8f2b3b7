#pragma once

#include <string>
#include <vector>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// What `models` is to do.
struct ModelsArguments {
  enum class Action { list, check, show, running, pull, push, create, load, unload, remove, copy };
  Action action = Action::list;
  std::string name;
  std::string destination; ///< of `copy`
  bool insecure = false;   ///< of `pull` and `push`
  std::string from;        ///< of `create`, like those below
  std::vector<std::string> files;
  std::string prompt_template;
  std::string quantize;
};

/// `models`: what is installed and in memory. Returns the exit code; on the main thread.
[[nodiscard]] int run_models(const CommonOptions& common, const ModelsArguments& arguments);

} // namespace nexus::llm::cli
