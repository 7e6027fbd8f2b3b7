// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace nexus::llm::sidecar {

/// Returns the JSON schema of the protocol (draft 2020-12): what a line may be. Beside it, the
/// members `methods` and `notifications` list the parameters and results by name, for generators.
[[nodiscard]] std::string protocol_schema();

/// Returns the tables of methods and notifications, in Markdown.
[[nodiscard]] std::string protocol_reference();

} // namespace nexus::llm::sidecar
