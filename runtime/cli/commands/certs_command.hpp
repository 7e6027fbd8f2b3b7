// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `certs init FOLDER`: creates an authority. Returns the exit code.
[[nodiscard]] int run_certs_init(const CommonOptions& common, const std::string& folder);

/// `certs issue FOLDER NAME`: creates a certificate for one machine or program.
[[nodiscard]] int run_certs_issue(const CommonOptions& common, const std::string& folder,
                                  const std::string& name);

} // namespace nexus::llm::cli
