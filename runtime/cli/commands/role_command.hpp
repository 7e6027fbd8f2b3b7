// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Arguments of `role`.
struct RoleArguments {
  std::optional<AIRole> role; ///< not set: all roles
  std::string model;          ///< for `set`
};

/// `role get`: shows the model of a role. Returns the exit code. Main thread only.
[[nodiscard]] int run_role_get(const CommonOptions& common, const RoleArguments& arguments);

/// `role set`: sets and saves the model of a role. Returns the exit code. Main thread only.
[[nodiscard]] int run_role_set(const CommonOptions& common, const RoleArguments& arguments);

} // namespace nexus::llm::cli
