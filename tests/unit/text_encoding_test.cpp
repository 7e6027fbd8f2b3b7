// SPDX-License-Identifier: BSD-3-Clause
#include "config/text_encoding.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::llm::test {

BOOST_AUTO_TEST_SUITE(text_encoding)

namespace {

bool says(std::string_view bytes, std::string_view part) {
  return text_fault(bytes).find(part) != std::string::npos;
}

template <std::size_t N> constexpr std::string_view bytes_of(const char (&text)[N]) {
  return {text, N - 1};
}

} // namespace

BOOST_AUTO_TEST_CASE(text_in_utf8_has_no_fault) {
  BOOST_TEST(text_fault("") == "");
  BOOST_TEST(text_fault("caf\xC3\xA9\r\n\t\033[0m") == "");
}

BOOST_AUTO_TEST_CASE(other_encodings_are_named) {
  BOOST_TEST(says("caf\xE9", "ISO-8859-1"));
  BOOST_TEST(says("it\x92s a caf\xE9", "WINDOWS-1252"));
  BOOST_TEST(says(bytes_of("\xFF\xFEt\0e\0"), "UTF-16,"));
  BOOST_TEST(says(bytes_of("\xFE\xFF\0t\0e"), "UTF-16,"));
  BOOST_TEST(says(bytes_of("t\0e\0x\0t\0"), "UTF-16LE"));
  BOOST_TEST(says(bytes_of("\0t\0e\0x\0t"), "UTF-16BE"));
  BOOST_TEST(says(bytes_of("\xFF\xFE\0\0t\0\0\0"), "UTF-32"));
  BOOST_TEST(says("caf\xE9", "iconv -f ISO-8859-1 -t UTF-8"));
}

BOOST_AUTO_TEST_CASE(what_is_of_no_known_encoding_is_not_guessed) {
  // Shift JIS, and UTF-8 with one byte too few.
  BOOST_TEST(says("\x93\xFA\x96\x7B\x8C\xEA", "is not valid UTF-8 (line 1)"));
  BOOST_TEST(says("one\ncaf\xC3\xA9\n\xE9\x97\n", "is not valid UTF-8 (line 3)"));
  BOOST_TEST(says(bytes_of("text\0text"), "NUL byte (byte 5)"));
  BOOST_TEST(says(bytes_of("\x7F"
                           "ELF\2\1\1\0\0\0\0\0\0\3\0>\0\1\0\0\0"),
                  "binary data"));
}

BOOST_AUTO_TEST_CASE(a_guess_needs_enough_to_go_by) {
  // A third of all bytes.
  BOOST_TEST(says("ab\xE9", "ISO-8859-1"));
  BOOST_TEST(says("a\xE9", "is not valid UTF-8"));
  BOOST_TEST(says("abc\x80", "WINDOWS-1252"));
  BOOST_TEST(says("abc\x9F", "WINDOWS-1252"));
  BOOST_TEST(says("abc\xA0", "ISO-8859-1"));
  // Control characters are more than three, and more than one in fifty.
  const auto text_with = [](int controls, std::size_t size) {
    std::string text(static_cast<std::size_t>(controls), '\1');
    text.resize(size - 1, 'x');
    return text + '\0';
  };
  BOOST_TEST(says(text_with(4, 199), "binary data"));
  BOOST_TEST(says(text_with(4, 200), "NUL byte"));
  BOOST_TEST(says(text_with(3, 20), "NUL byte"));
  // Only the first 4 KiB are looked at.
  BOOST_TEST(says(std::string(4096, 'x') + std::string(4096, '\1') + '\0', "NUL byte"));
}

BOOST_AUTO_TEST_CASE(a_character_of_any_size_rules_single_bytes_out) {
  for (const auto* character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"})
    BOOST_TEST(says("some text " + std::string{character} + "\n and \xE9 more", "(line 2)"));
}

BOOST_AUTO_TEST_CASE(one_nul_makes_no_utf16) {
  BOOST_TEST(says(bytes_of("t\0"), "NUL byte (byte 2)"));
  BOOST_TEST(says(bytes_of("\0t"), "NUL byte (byte 1)"));
  BOOST_TEST(says(bytes_of("t\0e\0"), "UTF-16LE"));
  BOOST_TEST(says(bytes_of("\0t\0e"), "UTF-16BE"));
}

BOOST_AUTO_TEST_CASE(some_nul_bytes_make_no_utf16_and_every_lead_byte_is_known) {
  BOOST_TEST(says(bytes_of("a\0bcd\0efg\0hi"), "NUL byte (byte 2)"));
  for (const auto* character : {"\xDF\xBF", "\xE0\xA4\x85", "\xEF\xBB\xBF", "\xF0\x90\x80\x80"})
    BOOST_TEST(says("some text " + std::string{character} + "\n and \xE9 more", "(line 2)"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::test
