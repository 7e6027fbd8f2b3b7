// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Arguments of `models`.
struct ModelsArguments {
  enum class Action { list, check, show, running, pull, push, create, load, unload, remove, copy };
  Action action = Action::list;
  std::string name;
  std::string destination; ///< for `copy`
  bool insecure = false;   ///< for `pull` and `push`
  std::string from;        ///< for `create`, like all below
  std::vector<std::string> files;
  std::string prompt_template;
  std::string quantize;
};

/// `models`: manages the installed and the loaded models. Returns the exit code. Main thread only.
[[nodiscard]] int run_models(const CommonOptions& common, const ModelsArguments& arguments);

} // namespace nexus::llm::cli
