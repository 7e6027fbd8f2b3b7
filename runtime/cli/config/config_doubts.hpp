// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/config_file.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Warns of what is probably wrong in a configuration file.
void tell_doubts(Output& output, const ConfigDoubts& doubts);

} // namespace nexus::llm::cli
