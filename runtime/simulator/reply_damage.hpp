// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace nexus::llm::simulator {

/// The reply with `"done":false` in place of `"done":true`.
[[nodiscard]] std::string without_done(std::string json);

/// The reply with values of other JSON types under the same keys.
[[nodiscard]] std::string with_wrong_types(const std::string& json);

} // namespace nexus::llm::simulator
