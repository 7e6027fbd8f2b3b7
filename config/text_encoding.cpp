// SPDX-License-Identifier: BSD-3-Clause
#include "config/text_encoding.hpp"

#include <algorithm>

#include "config/utf8.hpp"

namespace nexus::llm {

namespace {

constexpr std::size_t sample_bytes = 4096;

std::string in_encoding(std::string_view name) {
  return "seems to be in " + std::string{name} + ", not in UTF-8; convert it with `iconv -f " +
         std::string{name} + " -t UTF-8`";
}

/// Detects UTF-16 without a byte order mark: one byte of most characters is NUL.
std::string_view utf16_without_mark(std::string_view bytes) {
  const auto sample = bytes.substr(0, sample_bytes);
  std::size_t nul[2] = {0, 0};
  for (std::size_t i = 0; i < sample.size(); ++i)
    nul[i % 2] += sample[i] == '\0' ? 1 : 0;
  const auto most = sample.size() / 2 * 2 / 3;
  if (nul[1] > 1 && nul[1] >= most && nul[0] == 0)
    return "UTF-16LE";
  return nul[0] > 1 && nul[0] >= most && nul[1] == 0 ? "UTF-16BE" : "";
}

/// Returns whether the bytes contain many control characters that do not occur in text.
bool is_binary(std::string_view bytes) {
  const auto sample = bytes.substr(0, sample_bytes);
  const auto odd = std::count_if(sample.begin(), sample.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\0' && c != '\n' && c != '\r' && c != '\t' && c != '\f' &&
           c != '\033';
  });
  return odd > 3 && static_cast<std::size_t>(odd) * 50 > sample.size();
}

/// Statistics of the non-ASCII bytes in a text without NUL.
struct HighBytes {
  std::size_t count = 0;
  std::size_t line = 0;    ///< line of the first byte that is not valid UTF-8
  bool characters = false; ///< some form valid UTF-8 characters
  bool windows = false;    ///< some are control characters in ISO 8859
};

HighBytes look_at_high_bytes(std::string_view bytes) {
  HighBytes found;
  std::size_t line = 1;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    std::size_t size = 1;
    if (byte >= 0x80) {
      size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      const bool character = is_valid_utf8(bytes.substr(at, size));
      found.characters = found.characters || character;
      found.windows = found.windows || (!character && byte < 0xA0);
      if (!character) {
        size = 1;
        found.line = found.line == 0 ? line : found.line;
      }
      found.count += size;
    }
    line += byte == '\n' ? 1 : 0;
    at += size;
  }
  return found;
}

} // namespace

std::string text_fault(std::string_view bytes) {
  if (is_clean_text(bytes))
    return {};
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv))
    return in_encoding("UTF-32");
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    return in_encoding("UTF-16");
  if (const auto name = utf16_without_mark(bytes); !name.empty())
    return in_encoding(name);
  if (is_binary(bytes))
    return "is no text but binary data";
  if (const auto nul = bytes.find('\0'); nul != std::string_view::npos)
    return "holds a NUL byte (byte " + std::to_string(nul + 1) + ")";
  const auto high = look_at_high_bytes(bytes);
  // Latin text has few non-ASCII bytes; text in other scripts has many.
  if (!high.characters && high.count * 3 <= bytes.size())
    return high.windows ? in_encoding("WINDOWS-1252") : in_encoding("ISO-8859-1");
  return "is not valid UTF-8 (line " + std::to_string(high.line) +
         "); convert it with `iconv`, or leave that line out";
}

} // namespace nexus::llm
