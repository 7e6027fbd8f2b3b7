// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/simulated_behaviour.hpp"

#include <algorithm>

namespace nexus::llm::cli {

namespace {

using simulator::Fault;
using Kind = SimulatedBehaviour::Kind;

/// Lines that a stream has before it fails.
constexpr unsigned lines_before = 2;

const SimulatedBehaviour* find_behaviour(std::string_view word) {
  const auto& all = simulated_behaviours();
  const auto found = std::ranges::find(all, word, &SimulatedBehaviour::word);
  return found == all.end() ? nullptr : &*found;
}

/// Returns the words of the tag of a name, if each of them is a behaviour.
std::vector<std::string_view> words_in(std::string_view name) {
  const auto colon = name.rfind(':');
  std::vector<std::string_view> words;
  if (colon == std::string_view::npos)
    return words;
  for (auto tag = name.substr(colon + 1);;) {
    const auto dash = std::min(tag.find('-'), tag.size());
    words.push_back(tag.substr(0, dash));
    if (find_behaviour(words.back()) == nullptr)
      return {};
    if (dash == tag.size())
      return words;
    tag.remove_prefix(dash + 1);
  }
}

} // namespace

const std::vector<SimulatedBehaviour>& simulated_behaviours() {
  static const std::vector<SimulatedBehaviour> all{
      {"tools", Kind::ability, "calls the first tool that is offered, then answers its result"},
      {"alltools", Kind::ability, "calls every tool that is offered"},
      {"endless", Kind::ability, "calls a tool again after each result"},
      {"thinking", Kind::ability, "thinks before it answers"},
      {"busy", Kind::failure, "503: too many requests"},
      {"missing", Kind::failure, "404: the model is not installed"},
      {"error", Kind::failure, "500: a failure of the server"},
      {"reset", Kind::failure, "the connection breaks before the answer"},
      {"cut", Kind::failure, "the connection breaks in the middle of the answer"},
      {"broken", Kind::failure, "an error in the middle of the answer"},
      {"incomplete", Kind::failure, "the answer ends before it is complete"},
      {"garbage", Kind::failure, "a line of the answer is not JSON"},
      {"silent", Kind::failure, "no answer ever comes"},
      {"hang", Kind::failure, "the answer stops in the middle and never goes on"},
  };
  return all;
}

std::vector<std::string> words_of(SimulatedBehaviour::Kind kind) {
  std::vector<std::string> words;
  for (const auto& behaviour : simulated_behaviours())
    if (behaviour.kind == kind)
      words.emplace_back(behaviour.word);
  return words;
}

void give_ability(simulator::SimulatedModel& model, std::string_view word) {
  auto can = [&model](const char* capability) {
    if (std::ranges::find(model.capabilities, capability) == model.capabilities.end())
      model.capabilities.emplace_back(capability);
  };
  if (word == "tools") {
    model.calls_first_tool = true;
  } else if (word == "alltools") {
    model.calls_every_tool = true;
  } else if (word == "endless") {
    model.calls_tools_endlessly = true;
  } else if (word == "thinking") {
    can("thinking");
    model.thinking = "[simulated] The question is read again. Its parts are looked at one by one.";
  }
}

simulator::SimulatedModel simulated_model(const std::string& name) {
  simulator::SimulatedModel model{.name = name};
  for (const auto word : words_in(name))
    give_ability(model, word);
  return model;
}

std::vector<Fault> faults_of(const std::string& name) {
  std::vector<Fault> faults;
  for (const auto word : words_in(name))
    if (const auto fault = fault_of(word))
      faults.push_back(fault->for_model(name));
  return faults;
}

std::optional<Fault> fault_of(std::string_view word) {
  const std::string reason = "[simulated] a failure that was asked for";
  const auto fault = [&]() -> std::optional<Fault> {
    if (word == "busy")
      return Fault::busy();
    if (word == "missing")
      return Fault::respond(404, R"({"error":"model not found"})");
    if (word == "error")
      return Fault::respond(500, R"({"error":")" + reason + R"("})");
    if (word == "reset")
      return Fault::reset_before_response();
    if (word == "cut")
      return Fault::reset_after_lines(lines_before);
    if (word == "broken")
      return Fault::error_line(lines_before, reason);
    if (word == "incomplete")
      return Fault::end_without_done(lines_before);
    if (word == "garbage")
      return Fault::garbage_line(lines_before);
    if (word == "silent")
      return Fault::stall_before_response();
    if (word == "hang")
      return Fault::stall_after_lines(lines_before);
    return std::nullopt;
  }();
  constexpr unsigned until_cleared = 0;
  return fault ? std::optional{fault->times(until_cleared)} : std::nullopt;
}

} // namespace nexus::llm::cli
