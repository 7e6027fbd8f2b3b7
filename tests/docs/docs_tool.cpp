// SPDX-License-Identifier: BSD-3-Clause
// Writes what the documentation takes from the code: `nexus-llm-docs [--check] DOCS README`.
#include <filesystem>
#include <sstream>
#include <string>

#include "config/config_keys.hpp"
#include "nexus_llm/errors.hpp"
#include "runtime/cli/json_contract.hpp"
#include "runtime/harness/scenario_format.hpp"
#include "runtime/sidecar/protocol_schema.hpp"
#include "tests/docs/doc_section.hpp"

namespace fs = std::filesystem;
using namespace nexus::llm;
using namespace nexus::llm::test;

namespace {

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
  case Retry::resume:
    return "`maxRetries`, once accepted";
  case Retry::moved:
    return "three times, elsewhere";
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

/// A source file without the line about its licence.
std::string source_text(const fs::path& file) {
  auto text = read_text(file);
  if (text.starts_with("// SPDX"))
    text.erase(0, text.find('\n') + 1);
  return text;
}

/// What stands between two marks `//! [name]` of a source file, as Doxygen's snippets.
std::string snippet(const fs::path& file, const std::string& name) {
  const auto text = read_text(file);
  const auto mark = "//! [" + name + "]\n";
  const auto begin = text.find(mark);
  const auto end = begin == std::string::npos ? begin : text.find(mark, begin + 1);
  if (end == std::string::npos) {
    std::cerr << "the marks of `" << name << "` are missing in " << file << '\n';
    std::exit(1);
  }
  const auto from = begin + mark.size();
  return "```cpp\n" + text.substr(from, end - from) + "```\n";
}

/// The members of a structure, from its header: type, name, and the comment behind it.
std::string members_table(const fs::path& header, const std::string& structure) {
  const auto text = read_text(header);
  const auto begin = text.find("struct " + structure + " {\n");
  const auto end = text.find("static constexpr", begin);
  std::ostringstream out;
  out << "| member | type | meaning |\n| --- | --- | --- |\n";
  std::istringstream lines{text.substr(begin, end - begin)};
  std::string line;
  std::getline(lines, line);
  for (std::string declaration; std::getline(lines, line);) {
    if (line.find_first_not_of(' ') == std::string::npos)
      continue;
    declaration += (declaration.empty() ? "" : " ") + line.substr(line.find_first_not_of(' '));
    const auto semicolon = declaration.find(';');
    if (semicolon == std::string::npos)
      continue;
    auto member = declaration.substr(0, std::min(semicolon, declaration.find(" = ")));
    const auto comment = declaration.find("///< ");
    const auto name = member.rfind(' ');
    out << "| `" << member.substr(name + 1) << "` | `" << member.substr(0, name) << "` | "
        << cell(comment == std::string::npos ? "" : declaration.substr(comment + 5)) << " |\n";
    declaration.clear();
  }
  return out.str();
}

} // namespace

int main(int argc, char** argv) {
  const bool check = argc > 1 && std::string_view{argv[1]} == "--check";
  const int first = check ? 2 : 1;
  const fs::path docs = argc > first ? argv[first] : "docs";
  const fs::path readme = argc > first + 1 ? argv[first + 1] : "README.md";
  const auto example =
      "```cpp\n" + source_text(readme.parent_path() / "tests/docs/embedding_example.cpp") + "```\n";
  bool current = update_section(docs / "configuration.md", "settings", config_table(), check);
  current = update_section(docs / "errors.md", "errors", error_table_text(), check) && current;
  current = update_section(readme, "example", example, check) && current;
  auto code = [&readme](const char* language, const char* file) {
    return "```" + std::string{language} + "\n" + source_text(readme.parent_path() / file) +
           "```\n";
  };
  const auto harness = docs / "harness.md";
  current =
      update_section(harness, "first script", code("cpp", "tests/docs/first_script.cpp"), check) &&
      current;
  current =
      update_section(harness, "own actor", code("cpp", "tests/docs/own_actor_script.cpp"), check) &&
      current;
  current =
      update_section(harness, "scenario",
                     code("json", "tests/scenarios/"
                                  "a_reset_before_the_first_byte_is_repeated_after_the_delay.json"),
                     check) &&
      current;
  current = update_section(docs / "remote.md", "client",
                           code("cpp", "tests/docs/remote_client.cpp"), check) &&
            current;
  const auto guide = readme.parent_path() / "tests/docs/embedding_guide.cpp";
  for (const auto* name : {"start", "typed", "untyped", "cancel", "join", "tools", "own settings",
                           "several", "restart"})
    current = update_section(docs / "embedding.md", name, snippet(guide, name), check) && current;
  const auto request = readme.parent_path() / "messages/include/nexus_llm/llm_request.hpp";
  current = update_section(docs / "embedding.md", "options",
                           members_table(request, "GenerateOptions"), check) &&
            current;
  current = update_section(harness, "format", testing::scenario_reference(), check) && current;
  current = update_section(docs / "sidecar.md", "protocol", sidecar::protocol_reference(), check) &&
            current;
  current = update_section(docs / "json.md", "json", cli::json_reference(), check) && current;
  current =
      update_file(docs / "json.schema.json", cli::json_schema("").value() + "\n", check) && current;
  current =
      update_file(docs / "scenario.schema.json", testing::scenario_schema(), check) && current;
  return check && !current ? 1 : 0;
}
