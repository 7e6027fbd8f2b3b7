// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/demo/demo.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "config/model_name.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "nexus_llm/system_config.hpp"
#include "runtime/cli/demo/demo_actors.hpp"
#include "runtime/cli/format.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/lack_of_memory.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/process_limits.hpp"

namespace nexus::llm::cli {

namespace {

using namespace std::chrono_literals;

/// Guards against a program that never terminates because of a fault.
constexpr std::chrono::hours longest_demo{24};
constexpr const char* demo_goal = "Keep a number within a lower and an upper bound.";

/// Returns why the configured Ollama cannot run the demo; empty if it can.
std::string why_not_ollama(caf::actor_system& system, LLMClientConfig config) {
  config.max_retries = 0;
  config.connect_timeout = std::chrono::seconds{1};
  config.timeout = std::chrono::seconds{3};
  LLMSystemOptions options;
  options.store = make_memory_store(config);
  options.ignore_nodes = true;
  auto llm = LLMSystem::start(system, std::move(options));
  if (!llm)
    return sentence(llm.error());
  LLMIntegration api{system, **llm};
  const auto models = api.list_available_models();
  if (!models)
    return sentence(models.error());
  for (const auto role : all_roles()) {
    auto candidates = config.settings(role).fallback_models;
    candidates.insert(candidates.begin(), config.model(role));
    const bool there = std::any_of(candidates.begin(), candidates.end(), [&](const auto& name) {
      return std::any_of(models->begin(), models->end(), [&name](const ModelStatus& status) {
        return same_model(status.name, name);
      });
    });
    if (!there)
      return sentence({.code = ErrorCode::model_not_found, .subject = config.model(role)});
  }
  return {};
}

std::string figures(const LLMResponse& response) {
  char text[160];
  std::snprintf(text, sizeof text, "[%llu tokens, %.1f tokens/s, first after %lld ms, attempts %u]",
                static_cast<unsigned long long>(response.stats.eval_count),
                response.stats.tokens_per_second(),
                static_cast<long long>(response.provenance.first_chunk_time / 1ms),
                response.provenance.attempts);
  return text;
}

DemoView view_on(Output& output) {
  return {.wait = [&output](const std::string& who) { output.status(who + " thinks ..."); },
          .begin =
              [&output](const std::string& title) {
                output.answer_styled("\n" + title + ":\n", Style::good);
              },
          .text = [&output](const std::string& text) { output.answer(text); },
          .end =
              [&output](const LLMResponse& response) {
                output.finish_line();
                output.message(figures(response));
                if (response.provenance.cut_by_length)
                  output.warning("the answer was cut at " + std::to_string(demo_max_tokens) +
                                 " tokens, the most that this demonstration lets a model say");
              },
          .note = [&output](const std::string& note) { output.message(note); }};
}

/// Runs the demo until it is done.
int play(caf::actor_system& system, const LLMSystem& llm, Interrupts& interrupts, Output& output) {
  const auto view = view_on(output);
  const auto implementation =
      spawn_demo_implementation(system, llm.role(AIRole::implementation), view);
  const auto overseer =
      spawn_demo_overseer(system, llm.role(AIRole::overseer), implementation, view);
  int code = 0;
  {
    const auto cancelling = interrupts.during([&llm] {
      for (const auto role : all_roles())
        for (const auto& id : {demo_plan, demo_code, demo_review})
          anon_tell(llm.role(role), cancel_atom_v, id);
    });
    const auto begun = std::chrono::steady_clock::now();
    caf::scoped_actor self{system};
    ask(self, overseer, longest_demo, std::string{demo_goal})
        .receive(
            [&](const LLMResponse&) {
              output.finish_line();
              output.message("The job is done, in " +
                             format_duration(std::chrono::steady_clock::now() - begun) +
                             ": planned, written and reviewed.");
            },
            [&](const caf::error& error) {
              const auto cause = to_llm_error(error);
              code = output.fail(interrupts.interrupted() ? LLMError{.code = ErrorCode::cancelled}
                                                          : cause);
            });
  }
  anon_exit(overseer, caf::exit_reason::user_shutdown);
  anon_exit(implementation, caf::exit_reason::user_shutdown);
  return code;
}

} // namespace

int run_demo(const CommonOptions& common) {
  Interrupts interrupts;
  Output output{common};
  auto needs = needs_of_actors();
  needs.threads += 2; // for the simulator
  if (const auto possible = check_limits(needs); !possible)
    return output.fail(possible.error());
  auto store = find_store(common.config_file, config_overrides(common));
  if (!store)
    return output.fail(store.error());
  auto config = (*store)->load();
  if (!config)
    return output.fail(config.error());

  SystemConfig system_config;
  const auto started = start_caf(system_config);
  auto& system = *started;
  std::optional<simulator::Simulator> sim;
  LLMSystemOptions options;
  options.ignore_nodes = true;
  if (const auto reason = why_not_ollama(system, *config); reason.empty()) {
    output.message("Using Ollama at " + config->base_url + ".");
    options.store = std::move(*store);
  } else {
    simulator::SimulatorOptions simulated;
    for (const auto role : all_roles())
      simulated.models.push_back({.name = config->model(role)});
    simulated.first_token_delay = 150ms;
    simulated.token_delay = 15ms;
    sim.emplace(simulated);
    config->base_url = sim->base_url();
    output.message(reason + " Until then a simulated Ollama answers, at " + config->base_url + ".");
    options.store = make_memory_store(*config);
  }
  auto llm = LLMSystem::start(system, std::move(options));
  if (!llm)
    return output.fail(llm.error());
  const auto code = play(system, **llm, interrupts, output);
  return code == 0 ? output.success() : code;
}

} // namespace nexus::llm::cli
