#pragma once

#include <string>
#include <string_view>

namespace nexus::llm {

/// What is wrong with bytes that are to be text in UTF-8, as the end of a sentence about them:
/// which encoding they seem to have, and how to convert them. Empty for UTF-8 without NUL.
[[nodiscard]] std::string text_fault(std::string_view bytes);

} // namespace nexus::llm
