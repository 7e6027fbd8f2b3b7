// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/shell.hpp"

#include "runtime/cli/shells/bash_completion.hpp"
#include "runtime/cli/shells/fish_completion.hpp"
#include "runtime/cli/shells/zsh_completion.hpp"

namespace nexus::llm::cli {

const std::vector<Shell>& shells() {
  static const std::vector<Shell> all{
      {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};
  return all;
}

std::vector<std::string> shell_names() {
  std::vector<std::string> names;
  for (const auto& shell : shells())
    names.push_back(shell.name);
  return names;
}

} // namespace nexus::llm::cli
