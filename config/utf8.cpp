// SPDX-License-Identifier: BSD-3-Clause
#include "config/utf8.hpp"

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>

#include <algorithm>

namespace nexus::llm {

namespace {
/// Discards the copy that RapidJSON's validator writes.
struct NullOutput {
  using Ch = char;
  void Put(char) {}
};

struct StringOutput {
  using Ch = char;
  std::string& text;
  void Put(char c) { text += c; }
};
} // namespace

bool is_valid_utf8(std::string_view text) {
  rapidjson::MemoryStream input{text.data(), text.size()};
  NullOutput output;
  while (input.Tell() < text.size())
    if (!rapidjson::UTF8<>::Validate(input, output))
      return false;
  return input.Tell() == text.size();
}

std::size_t first_character(std::string_view text) {
  rapidjson::MemoryStream input{text.data(), text.size()};
  NullOutput output;
  const bool valid = !text.empty() && rapidjson::UTF8<>::Validate(input, output);
  return valid && input.Tell() <= text.size() ? input.Tell() : 0;
}

std::string to_valid_utf8(std::string_view text) {
  const auto is_ascii = [](char byte) { return static_cast<unsigned char>(byte) < 0x80; };
  if (std::ranges::all_of(text, is_ascii) || is_valid_utf8(text))
    return std::string{text};
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    // Validates one character at a time and resumes at the next byte after an invalid one.
    if (const auto length = first_character(text); length > 0) {
      result.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      if (!result.ends_with(replacement_character))
        result.append(replacement_character);
      text.remove_prefix(1);
    }
  }
  return result;
}

void append_utf8(std::string& text, char32_t code_point) {
  StringOutput output{text};
  rapidjson::UTF8<>::Encode(output, code_point);
}

} // namespace nexus::llm
