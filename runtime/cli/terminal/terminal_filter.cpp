// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/terminal_filter.hpp"

namespace nexus::llm::cli {

namespace {
constexpr unsigned char c1_lead = 0xC2; ///< U+0080 to U+009F are 0xC2 and 0x80 to 0x9F
} // namespace

std::string TerminalFilter::operator()(std::string_view piece) {
  std::string safe;
  safe.reserve(piece.size());
  for (const char character : piece) {
    const auto byte = static_cast<unsigned char>(character);
    if (lead_) {
      lead_ = false;
      if (byte >= 0x80 && byte <= 0x9F)
        continue;
      safe += static_cast<char>(c1_lead);
    }
    if (byte == c1_lead)
      lead_ = true;
    else if ((byte >= 0x20 && byte != 0x7F) || character == '\n' || character == '\t')
      safe += character;
  }
  return safe;
}

} // namespace nexus::llm::cli
