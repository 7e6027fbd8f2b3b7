#pragma once

#include <optional>
#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// What `role` is to do.
struct RoleArguments {
  std::optional<AIRole> role; ///< nothing: all of them
  std::string model;          ///< what `set` sets
};

/// `role get`: which model serves a role. Returns the exit code; on the main thread.
[[nodiscard]] int run_role_get(const CommonOptions& common, const RoleArguments& arguments);

/// `role set`: chooses the model of a role, for good. As above.
[[nodiscard]] int run_role_set(const CommonOptions& common, const RoleArguments& arguments);

} // namespace nexus::llm::cli
