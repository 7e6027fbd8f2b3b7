// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/chaos.hpp"

#include <caf/actor_registry.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>

#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "nexus_llm/system_config.hpp"
#include "runtime/system_seams.hpp"
#include "tests/reliability/chaos_client.hpp"
#include "tests/reliability/mischief.hpp"
#include "tests/reliability/mortal.hpp"
#include "tests/reliability/mortal_components.hpp"

namespace nexus::llm::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

simulator::SimulatorOptions ollama(std::uint16_t port) {
  simulator::SimulatorOptions options;
  options.port = port;
  options.models = {{.name = "llama3.1:8b"},
                    {.name = "qwen2.5-coder:7b", .family = "qwen2"},
                    {.name = "spare:1b"}};
  options.token_delay = 1ms;
  options.parallel_slots = 4;
  options.max_queue = 8;
  options.max_records = 10;
  return options;
}

LLMClientConfig settings(const std::string& base_url) {
  LLMClientConfig config;
  config.base_url = base_url;
  config.timeout = 1s;
  config.gap_timeout = 300ms;
  config.connect_timeout = 500ms;
  config.retry_delay = 5ms;
  config.max_retry_delay = 50ms;
  config.model_list_ttl = 1s;
  config.limits.max_concurrent = 4;
  config.limits.queue_length = 8;
  config.limits.max_line_bytes = 1u << 20;
  config.limits.max_response_bytes = 4u << 20;
  config.limits.subscriber_window = 4;
  config.cache.max_bytes = 1u << 20;
  config.circuit.reset_timeout = 20ms;
  config.circuit.max_reset_timeout = 100ms;
  // The kills are meant; they must not use up what is meant for faults.
  config.restarts = {.max_restarts = 1000, .window = 1s};
  for (const auto role : all_roles())
    config.settings(role).fallback_models = {"spare:1b"};
  return config;
}

void merge(ChaosReport& total, const ChaosReport& one) {
  total.requests += one.requests;
  total.answered += one.answered;
  for (const auto& [code, count] : one.failed)
    total.failed[code] += count;
  total.abandoned += one.abandoned;
  total.lost += one.lost;
  total.duplicated += one.duplicated;
  total.corrupted += one.corrupted;
  total.trouble += one.trouble;
}

/// Looks at the system when all clients have their answers: nothing may be left of any request.
void check_rest(ChaosReport& report, caf::actor_system& system, const LLMSystem& llm) {
  caf::scoped_actor self{system};
  const auto give_up = Clock::now() + 10s;
  for (bool settled = false; !settled;) {
    Health health;
    ask(self, llm.health(), patience, health_atom_v)
        .receive([&health](Health& now) { health = std::move(now); }, [](const caf::error&) {});
    settled = !health.roles.empty();
    report.restarts.clear();
    for (const auto& component : health.components)
      if (component.restarts > 0)
        report.restarts[component.name] = component.restarts;
    for (const auto& told : health.roles) {
      RoleStats gauges;
      ask(self, llm.role(told.role), patience, stats_atom_v)
          .receive([&gauges](const RoleStats& now) { gauges = now; }, [](const caf::error&) {});
      settled = settled && gauges.queued == 0 && gauges.in_flight == 0 &&
                told.accepted == told.answered + told.failed + told.cancelled + told.rejected;
    }
    if (!settled && Clock::now() > give_up) {
      report.trouble += "not every accepted request was answered once, or a role keeps one; ";
      return;
    }
  }
}

} // namespace

std::chrono::microseconds percentile(Latencies times, double part) {
  if (times.empty())
    return {};
  const auto index = static_cast<std::size_t>(part * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(index), times.end());
  return times[index];
}

ChaosReport run_chaos(const ChaosOptions& options) {
  ChaosReport report;
  simulator::Simulator sim{ollama(options.ollama_port)};
  SeenRequests requests;
  SystemConfig config;
  caf::actor_system system{config};
  LLMSystemOptions made;
  made.store =
      make_memory_store(settings(options.base_url.empty() ? sim.base_url() : options.base_url));
  SystemSeams seams;
  seams.factories =
      mortal_components(nullptr, [&requests](const RequestId& id, const RequestMachine::Event&) {
        requests.note(id);
      });
  auto started = LLMSystem::start(system, std::move(made), std::move(seams));
  if (!started) {
    report.trouble = sentence(started.error());
    return report;
  }
  auto llm = std::move(*started);
  // Every second run, the root itself dies in the middle of everything.
  const bool ends_with_root = options.mischief && options.seed % 2 == 0;
  {
    std::unique_ptr<Mischief> mischief;
    if (options.mischief)
      mischief = std::make_unique<Mischief>(options.seed, system, *llm, sim, requests);
    const auto end = Clock::now() + options.duration;
    std::atomic<std::uint64_t> begun = 0;
    LatencyLog latencies;
    std::vector<std::future<ChaosReport>> clients;
    for (unsigned number = 0; number < options.clients; ++number)
      clients.push_back(std::async(std::launch::async, [&, number] {
        ChaosClient client{options, number, system, *llm, latencies};
        while (Clock::now() < end && (options.max_requests == 0 || begun++ < options.max_requests))
          client.one_request();
        return client.report();
      }));
    if (options.on_interval)
      for (auto next = Clock::now() + options.interval; next <= end; next += options.interval) {
        clients.front().wait_until(next);
        options.on_interval(latencies.take());
      }
    if (ends_with_root) {
      clients.front().wait_until(end);
      // One death at a time: nobody is left to stand in for a StreamingActor that dies with the
      // root.
      report.kills = mischief->stop();
      order_death(llm->root(), Death::exit);
    }
    for (auto& client : clients)
      merge(report, client.get());
    report.times = latencies.take();
    if (mischief)
      report.kills = mischief->stop();
  }
  report.faults = sim.counters().faults_fired;
  if (!ends_with_root)
    check_rest(report, system, *llm);
  if (!sim.wait_until([](const auto& now) { return now.running == 0 && now.waiting == 0; }, 10s))
    report.trouble += "a request is still at Ollama; ";
  llm.reset();
  auto all_gone =
      std::async(std::launch::async, [&] { system.registry().await_running_count_equal(0); });
  if (all_gone.wait_for(patience) != std::future_status::ready) {
    // Nothing that is left will ever end: neither would this program.
    std::fprintf(stderr, "seed %llu: actors are left behind when the system has ended\n",
                 static_cast<unsigned long long>(options.seed));
    std::_Exit(1);
  }
  return report;
}

} // namespace nexus::llm::test
