// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace nexus::llm {

/// Returns why bytes are not UTF-8 text, as the end of a sentence: the detected encoding and how to
/// convert it. Empty for valid UTF-8 without NUL.
[[nodiscard]] std::string text_fault(std::string_view bytes);

} // namespace nexus::llm
