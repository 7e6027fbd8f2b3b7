// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/text_style.hpp"

namespace nexus::llm::cli {

std::string escape_of(const TextStyle& style) {
  std::string codes;
  const auto add = [&codes](bool wanted, const char* code) {
    if (wanted)
      codes += (codes.empty() ? "" : ";") + std::string{code};
  };
  add(style.strong, "1");
  add(style.faint, "2");
  add(style.emphasis, "3");
  add(style.underlined, "4");
  add(style.reversed, "7");
  add(style.struck, "9");
  add(style.code, "36");
  return codes.empty() ? "" : "\033[" + codes + "m";
}

} // namespace nexus::llm::cli
