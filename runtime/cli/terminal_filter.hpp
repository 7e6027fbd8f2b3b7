#pragma once

#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Makes text of others safe to show on a terminal: takes out control characters (ESC among them,
/// and the two-byte ones of UTF-8) other than line ends and tabs. Text may come in pieces.
class TerminalFilter {
public:
  [[nodiscard]] std::string operator()(std::string_view piece);

private:
  bool lead_ = false; ///< the byte that may begin a two-byte control character was held back
};

} // namespace nexus::llm::cli
