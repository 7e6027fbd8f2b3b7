// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace nexus::llm::test {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// `text` with `content` between the marks of `name`. Ends the program where there are none.
inline std::string with_section(const std::string& text, const std::string& name,
                                const std::string& content) {
  const auto begin_mark = "<!-- begin " + name + " -->\n";
  const auto end_mark = "<!-- end " + name + " -->";
  const auto begin = text.find(begin_mark);
  const auto end = text.find(end_mark);
  if (begin == std::string::npos || end == std::string::npos) {
    std::cerr << "the marks of `" << name << "` are missing\n";
    std::exit(1);
  }
  return text.substr(0, begin + begin_mark.size()) + content + text.substr(end);
}

/// Brings a whole file up to date, or checks that it is. False where it was not.
inline bool update_file(const std::filesystem::path& file, const std::string& text, bool check) {
  if (read_text(file) == text)
    return true;
  if (check)
    std::cerr << file.string() << " is out of date; run `./dev docs`\n";
  else
    std::ofstream{file} << text;
  return false;
}

/// Brings a section of a page up to date, or checks that it is. False where it was not.
inline bool update_section(const std::filesystem::path& page, const std::string& name,
                           const std::string& content, bool check) {
  const auto old = read_text(page);
  const auto text = with_section(old, name, content);
  if (text == old)
    return true;
  if (check)
    std::cerr << page.string() << " is out of date; run `./dev docs`\n";
  else
    std::ofstream{page} << text;
  return false;
}

} // namespace nexus::llm::test
