// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "actors/requests/request_machine.hpp"
#include "tests/unit/support.hpp"

namespace nexus::llm::test {

using namespace std::chrono_literals;

using Machine = RequestMachine;
using Stage = Machine::Stage;

constexpr Machine::Time start{1h};

/// A machine, what came out of it, and its settings.
struct Desk {
  explicit Desk(Machine::Order order = {.name = "plan", .stream = true})
      : machine{std::move(order), start} {
    config.max_retries = 2;
    config.settings(AIRole::overseer).fallback_models = {"spare:1b"};
  }

  void on(const Machine::Event& event) {
    out = machine.on(event, config, now, 0.5);
    all.insert(all.end(), out.begin(), out.end());
  }
  void reply(Machine::Reply reply) { on(Machine::Happened{machine.step(), std::move(reply)}); }

  template <class Action> [[nodiscard]] const Action* last() const {
    const Action* found = nullptr;
    for (const auto& action : out)
      if (const auto* which = std::get_if<Action>(&action))
        found = which;
    return found;
  }
  template <class Action> [[nodiscard]] std::size_t count() const {
    std::size_t number = 0;
    for (const auto& action : all)
      number += std::holds_alternative<Action>(action) ? 1 : 0;
    return number;
  }
  [[nodiscard]] RoleStats figures() const {
    RoleStats sum;
    for (const auto& action : all)
      if (const auto* added = std::get_if<Machine::Count>(&action)) {
        sum.answered += added->figures.answered;
        sum.failed += added->figures.failed;
        sum.cancelled += added->figures.cancelled;
        sum.rejected += added->figures.rejected;
        sum.retries += added->figures.retries;
        sum.fallbacks += added->figures.fallbacks;
        sum.shared += added->figures.shared;
        sum.cache_hits += added->figures.cache_hits;
        sum.tokens += added->figures.tokens;
        sum.generating += added->figures.generating;
      }
    return sum;
  }
  [[nodiscard]] std::string outcome() const {
    for (const auto& action : all)
      if (const auto* end = std::get_if<Machine::Conclude>(&action)) {
        const auto* error = std::get_if<LLMError>(&end->outcome);
        return error != nullptr ? std::string{to_string(error->code)} : "answered";
      }
    return "open";
  }

  /// Brings a fresh machine to a stage.
  void go_to(Stage stage) {
    on(Machine::Begin{});
    if (stage == Stage::admitting)
      return;
    if (stage == Stage::following)
      return reply(Machine::Shared{});
    reply(Machine::Admitted{});
    if (stage == Stage::resolving)
      return;
    reply(Machine::Resolved{"llama3.1:8b", "d"});
    if (stage == Stage::sending)
      return;
    if (stage == Stage::over)
      return reply(Machine::Answered{});
    const auto code =
        stage == Stage::healing ? ErrorCode::first_token_timeout : ErrorCode::connection_lost;
    reply(Machine::Failed{{.code = code}});
    if (stage == Stage::judging)
      return;
    reply(Machine::Judged{false});
  }

  LLMClientConfig config;
  Machine::Time now = start;
  Machine machine;
  Machine::Actions out;
  Machine::Actions all;
};

constexpr Stage stages[] = {Stage::admitting, Stage::following, Stage::resolving, Stage::sending,
                            Stage::judging,   Stage::healing,   Stage::pausing,   Stage::over};

inline std::string name_of(Stage stage) {
  constexpr std::string_view names[] = {"admitting", "following", "resolving", "sending",
                                        "judging",   "healing",   "pausing",   "over"};
  return std::string{names[static_cast<std::size_t>(stage)]};
}

} // namespace nexus::llm::test
