// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Returns a text for comparisons that ignore the case of letters, by Unicode's case folding. Text
/// that is not UTF-8 stays as it is.
[[nodiscard]] std::string folded(std::string_view text);

} // namespace nexus::llm::cli
