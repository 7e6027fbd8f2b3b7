// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "tests/cli/child.hpp"

namespace nexus::llm::cli::test {

using Arguments = std::vector<std::string>;

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

/// The value at a path of keys joined by dots as JSON text; empty where there is none.
inline std::string json_at(const std::string& text, std::string_view path) {
  const auto document = json::parse(text);
  if (!document)
    return "not JSON: " + text;
  const json::Value* value = &*document;
  while (value != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    value = value->IsObject() ? json::find(*value, path.substr(0, dot)) : nullptr;
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return value != nullptr ? json::to_text(*value) : "";
}

/// Whether `seen` has every member of `wanted`, with the same value;
/// `...` stands for any text.
inline bool has_all(const json::Value& seen, const json::Value& wanted) {
  if (!wanted.IsObject())
    return seen == wanted ||
           (seen.IsString() && wanted.IsString() && json::text_of(wanted) == "...");
  if (!seen.IsObject())
    return false;
  for (const auto& member : wanted.GetObject()) {
    const auto* own = json::find(seen, json::text_of(member.name));
    if (own == nullptr || !has_all(*own, member.value))
      return false;
  }
  return true;
}

/// A simulated Ollama with the models of the roles, a home of its own for the program, and a
/// configuration that makes no second attempts.
struct Fixture {
  Fixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nexus-cli-XXXXXX").string();
    home = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(home / "work");
    environment = {{"HOME", home.string()},
                   {"XDG_CONFIG_HOME", (home / "config").string()},
                   {"TERM", "xterm"},
                   {"PATH", "/usr/bin:/bin"}};
    // Sanitizers are told by the environment what to do.
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"})
      if (const char* value = std::getenv(name))
        environment[name] = value;
    simulator = std::make_unique<simulator::Simulator>(options());
    configure(simulator->base_url());
  }
  ~Fixture() {
    std::error_code ignored;
    std::filesystem::remove_all(home, ignored);
  }

  static simulator::SimulatorOptions options() {
    simulator::SimulatorOptions options;
    for (const char* name : {"llama3.1:8b", "qwen2.5-coder:7b"})
      options.models.push_back({.name = name});
    options.models.push_back({.name = "owl",
                              .capabilities = {"completion", "thinking"},
                              .reply = "Who.",
                              .thinking = "Hm."});
    return options;
  }

  [[nodiscard]] std::filesystem::path config_path() const {
    return home / "config" / "nexus-overseer" / "config.json";
  }

  void write(const std::filesystem::path& path, const std::string& text) const {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
  }

  void configure(const std::string& base_url, const std::string& more = "") {
    write(config_path(), R"({"llm": {"baseUrl": ")" + base_url +
                             R"(", "maxRetries": 0, "retryDelay": 0)" + more + "}}\n");
  }

  [[nodiscard]] ChildOptions child_options(Arguments arguments, bool terminal = false) const {
    return {.arguments = std::move(arguments),
            .directory = home / "work",
            .environment = environment,
            .output_file = {},
            .terminal = terminal};
  }

  /// Runs the program to its end.
  [[nodiscard]] Outcome run(Arguments arguments, std::string_view input = {}) const {
    Child child{child_options(std::move(arguments))};
    child.write(input);
    return outcome_of(child);
  }

  [[nodiscard]] bool
  wait_until(const std::function<bool(const simulator::Counters&)>& predicate) const {
    return simulator->wait_until(predicate, patience);
  }

  /// The body of the latest request to this path.
  [[nodiscard]] std::string last_body(std::string_view path) const {
    std::string body;
    for (const auto& request : simulator->requests())
      if (request.target == path)
        body = request.body;
    return body;
  }

  std::filesystem::path home;
  std::map<std::string, std::string> environment;
  std::unique_ptr<simulator::Simulator> simulator;
};

} // namespace nexus::llm::cli::test
