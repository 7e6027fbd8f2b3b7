// Writes what the documentation takes from the code: `nexus-llm-docs [--check] DOCS README`.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "config/config_keys.hpp"
#include "messages/errors.hpp"

namespace fs = std::filesystem;
using namespace nexus::llm;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A text that cannot break a table.
std::string cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, "\\");
  return text;
}

std::string config_table() {
  std::ostringstream out;
  out << "| key in `llm` | value | default | meaning |\n| --- | --- | --- | --- |\n";
  const LLMClientConfig defaults;
  for (const auto& key : config_keys())
    out << "| `" << key.path << "` | " << cell(key.type) << " | `"
        << cell(value_text(key, defaults)) << "` | " << cell(key.description) << " |\n";
  return out.str();
}

std::string_view text_of(Retry retry) {
  switch (retry) {
  case Retry::never:
    return "no";
  case Retry::once:
    return "once";
  case Retry::budget:
    return "`maxRetries`";
  }
  return "no";
}

std::string error_table_text() {
  std::ostringstream out;
  out << "| number | code | category | exit code | JSON-RPC | retried | falls back | sentence |\n"
         "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const auto& row : error_table)
    out << "| " << static_cast<int>(row.code) << " | `" << row.name << "` | "
        << to_string(row.category) << " | " << exit_code(row.category) << " | "
        << json_rpc_code(row.code) << " | " << text_of(row.retry) << " | "
        << (row.falls_back ? "yes" : "no") << " | " << cell(std::string{row.sentence}) << " |\n";
  return out.str();
}

/// Puts `content` between the marks of `name`.
std::string with_section(const std::string& text, const std::string& name,
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

} // namespace

int main(int argc, char** argv) {
  const bool check = argc > 1 && std::string_view{argv[1]} == "--check";
  const int first = check ? 2 : 1;
  const fs::path docs = argc > first ? argv[first] : "docs";
  const fs::path readme = argc > first + 1 ? argv[first + 1] : "README.md";
  const auto example =
      "```cpp\n" + read(readme.parent_path() / "tests/docs/embedding_example.cpp") + "```\n";
  struct Page {
    fs::path path;
    std::string section;
    std::string content;
  };
  bool stale = false;
  for (const auto& page :
       {Page{docs / "configuration.md", "settings", config_table()},
        Page{docs / "errors.md", "errors", error_table_text()}, Page{readme, "example", example}}) {
    const auto old = read(page.path);
    const auto text = with_section(old, page.section, page.content);
    if (text == old)
      continue;
    stale = true;
    if (check)
      std::cerr << page.path.string() << " is out of date; run `./dev docs`\n";
    else
      std::ofstream{page.path} << text;
  }
  return check && stale ? 1 : 0;
}
