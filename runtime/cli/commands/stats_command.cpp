// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/stats_command.hpp"

#include <poll.h>

#include "runtime/cli/chosen_node.hpp"
#include "runtime/cli/format.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

namespace {

constexpr int interval_milliseconds = 1000;

std::uint64_t restarts_of(const Health& health) {
  std::uint64_t all = 0;
  for (const auto& component : health.components)
    all += component.restarts;
  return all;
}

/// One line per role; the speed is the average over everything that the model has generated.
std::string stats_table(const Health& health) {
  std::vector<std::vector<std::string>> rows{{"role", "queued", "in flight", "answered", "failed",
                                              "cancelled", "retries", "fallbacks", "tokens",
                                              "tokens/s"}};
  for (const auto& role : health.roles) {
    const auto seconds = std::chrono::duration<double>{role.generating}.count();
    rows.push_back(
        {std::string{to_string(role.role)}, std::to_string(role.queued),
         std::to_string(role.in_flight), std::to_string(role.answered), std::to_string(role.failed),
         std::to_string(role.cancelled), std::to_string(role.retries),
         std::to_string(role.fallbacks), std::to_string(role.tokens),
         seconds > 0 ? format_number(static_cast<double>(role.tokens) / seconds, 1) : "-"});
  }
  return format_table(rows);
}

void tell_stats(Output& output, const Health& health) {
  if (output.json()) {
    output.object(health);
    return;
  }
  output.answer(stats_table(health));
  output.finish_line();
  const auto& models = health.models;
  output.line("models loaded, pulled, pushed and made: " + std::to_string(models.answered) +
              " (in flight " + std::to_string(models.in_flight) + ", failed " +
              std::to_string(models.failed) + ", cancelled " + std::to_string(models.cancelled) +
              ")");
  output.line("restarts of components: " + std::to_string(restarts_of(health)));
  for (const auto& event : health.events)
    output.line(std::string{to_string(event.kind)} + ": " + event.subject);
}

} // namespace

int run_health(const CommonOptions& common) {
  Interrupts interrupts;
  Output output{common};
  // --base-url asks for an Ollama, not for a node.
  auto chosen = common.base_url ? Result<CommonOptions>{common} : with_chosen_node(common);
  const bool without_node = !chosen && chosen.error().code == ErrorCode::node_unreachable;
  if (!chosen && !without_node)
    return output.fail(chosen.error());
  auto session = Session::start(chosen ? *chosen : common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  auto health = (*session)->llm().health();
  if (!health)
    return (*session)->fail(output, health.error());
  if (!(*session)->on_nodes()) {
    // The figures of this process tell of nothing.
    health->components.clear();
    health->roles.clear();
    health->events.clear();
  }
  if (output.json()) {
    output.object(*health);
  } else {
    output.line(health->reachable ? "Ollama " + health->version + " answers."
                                  : "Ollama does not answer.");
    if (without_node)
      output.message("No node runs on this machine; only Ollama was asked.");
    std::vector<std::vector<std::string>> rows{{"component", "restarts", "last failure"}};
    for (const auto& component : health->components)
      rows.push_back({component.name, std::to_string(component.restarts), component.last_failure});
    if (rows.size() > 1)
      output.answer(format_table(rows));
    output.finish_line();
  }
  const auto written = output.success();
  return written != 0 || health->reachable ? written : exit_code(ErrorCategory::connection);
}

int run_stats(const CommonOptions& common, bool watch) {
  Interrupts interrupts;
  Output output{common};
  const auto chosen = with_chosen_node(common);
  if (!chosen)
    return output.fail(chosen.error());
  auto session = Session::start(*chosen, interrupts, output);
  if (!session)
    return output.fail(session.error());
  for (;;) {
    const auto health = (*session)->llm().health();
    if (interrupts.interrupted() && watch)
      return output.success();
    if (!health)
      return (*session)->fail(output, health.error());
    tell_stats(output, *health);
    if (!watch || output.write_failed())
      return output.success();
    pollfd raised{interrupts.descriptor(), POLLIN, 0};
    if (::poll(&raised, 1, interval_milliseconds) > 0)
      return output.success();
  }
}

} // namespace nexus::llm::cli
