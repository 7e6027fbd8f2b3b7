#include "config/text_encoding.hpp"

#include <algorithm>

#include "config/utf8.hpp"

namespace nexus::llm {

namespace {

/// UTF-16 without a mark shows in text that is mostly ASCII: every other byte is 0.
bool looks_like_utf16(std::string_view bytes) {
  if (bytes.size() < 4 || bytes.size() % 2 != 0)
    return false;
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] == '\0')
      ++zeros[i % 2];
  const auto half = bytes.size() / 2;
  return std::max(zeros[0], zeros[1]) > half / 2 && std::min(zeros[0], zeros[1]) <= half / 8;
}

} // namespace

std::optional<std::string> foreign_encoding(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv))
    return "UTF-32";
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") || looks_like_utf16(bytes))
    return "UTF-16";
  if (is_valid_utf8(bytes))
    return std::nullopt;
  return "another encoding than UTF-8 (perhaps ISO 8859-1 or Windows-1252)";
}

} // namespace nexus::llm
