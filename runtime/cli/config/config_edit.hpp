// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `config edit`: lets the user edit a copy of the configuration file, and replaces the file if the
/// copy is valid. Otherwise says what is wrong, and offers the editor again at a terminal; without
/// one, or if the user declines, the file stays and the copy is kept. Returns the exit code. Main
/// thread only.
[[nodiscard]] int run_config_edit(const CommonOptions& common);

} // namespace nexus::llm::cli
