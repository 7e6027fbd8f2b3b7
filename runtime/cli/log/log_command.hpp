// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/common_options.hpp"
#include "runtime/cli/log/request_log.hpp"

namespace nexus::llm::cli {

/// Lists the entries of the log, the newest first. Returns the exit code, as all of these do.
[[nodiscard]] int run_log(const CommonOptions& common, const LogQuery& query);

/// Shows one entry as a whole: the one whose id begins so, or the newest.
[[nodiscard]] int run_log_show(const CommonOptions& common, const std::string& id);

/// Deletes all entries. Asks at the terminal, unless it is `certain`.
[[nodiscard]] int run_log_clear(const CommonOptions& common, bool certain);

} // namespace nexus::llm::cli
