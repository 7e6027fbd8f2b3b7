// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Makes untrusted text safe for a terminal: removes control characters (including ESC and the
/// two-byte ones of UTF-8) except line ends and tabs. Text may be split at any byte.
class TerminalFilter {
public:
  [[nodiscard]] std::string operator()(std::string_view piece);

private:
  bool lead_ = false; ///< holds back the first byte of a possible two-byte control character
};

} // namespace nexus::llm::cli
