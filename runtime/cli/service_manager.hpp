#pragma once

#include <string_view>

namespace nexus::llm::cli {

/// Tells the service manager that started this program (systemd) how it is, such as `READY=1`,
/// `RELOADING=1` or `STOPPING=1`. Nothing happens where there is none. Never blocks.
void notify_service_manager(std::string_view state);

} // namespace nexus::llm::cli
