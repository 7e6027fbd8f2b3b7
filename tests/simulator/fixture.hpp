// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/simulator.hpp"
#include "tests/simulator/socket_client.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace nexus::llm::simulator::test {

using namespace std::chrono_literals;

/// Limit of every wait for an event; only a failure takes that long.
inline constexpr std::chrono::milliseconds patience = 8s;

inline SimulatorOptions with_models() {
  SimulatorOptions options;
  for (const char* name : {"heron:3b", "wren"}) {
    SimulatedModel model;
    model.name = name;
    options.models.push_back(model);
  }
  SimulatedModel thinker;
  thinker.name = "owl";
  thinker.capabilities = {"completion", "thinking"};
  thinker.thinking = "Hm.";
  options.models.push_back(thinker);
  SimulatedModel embedder;
  embedder.name = "emb";
  embedder.capabilities = {"embedding"};
  embedder.embedding_length = 8;
  options.models.push_back(embedder);
  return options;
}

inline SimulatorOptions with(void (*change)(SimulatorOptions&)) {
  SimulatorOptions options = with_models();
  change(options);
  return options;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// Whether the text fits a pattern in which each `*` stands for any characters.
inline bool fits(std::string_view text, std::string_view pattern) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos)
    return text == pattern;
  const auto start = pattern.substr(0, star);
  if (!text.starts_with(start))
    return false;
  pattern.remove_prefix(star + 1);
  for (text.remove_prefix(start.size());; text.remove_prefix(1)) {
    if (fits(text, pattern))
      return true;
    if (text.empty())
      return false;
  }
}

/// Replaces the value of each of these keys with `?`, so that lines can be compared.
inline std::string without_values(std::string line, std::initializer_list<std::string_view> keys) {
  for (const auto key : keys) {
    const std::string start = "\"" + std::string(key) + "\":";
    const auto at = line.find(start);
    if (at == std::string::npos)
      continue;
    const auto begin = at + start.size();
    const bool text = line[begin] == '"';
    const auto end = text ? line.find('"', begin + 1) + 1 : line.find_first_of(",}", begin);
    line.replace(begin, end - begin, "?");
  }
  return line;
}

} // namespace nexus::llm::simulator::test
