// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace nexus::llm::cli {

/// Reports a state such as `READY=1`, `RELOADING=1` or `STOPPING=1` to the service manager
/// (systemd) that started this program. Does nothing if there is none. Never blocks.
void notify_service_manager(std::string_view state);

} // namespace nexus::llm::cli
