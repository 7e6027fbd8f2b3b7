// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/cases.hpp"

#include <poll.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include "tests/bench/fast_server.hpp"
#include "tests/bench/process.hpp"
#include "tests/bench/raw_curl.hpp"
#include "tests/bench/system.hpp"

namespace nexus::llm::bench {

namespace {

constexpr auto ours = "here";
constexpr auto libcurl = "libcurl";
constexpr auto ours_by_node = "here, by a node";

std::string lines(std::size_t count) { return "lines=" + std::to_string(count); }

std::string paced(std::size_t count, std::size_t milliseconds) {
  return lines(count) + " pace=" + std::to_string(milliseconds) + " ";
}

std::string stamped(std::size_t count, std::size_t milliseconds) {
  return paced(count, milliseconds) + "stamp=1 ";
}

/// Work of several candidates, in turns.
struct CostCase {
  std::string name;
  std::string unit;
  double units = 1; ///< that a cost is divided by
  struct Candidate {
    std::string name;
    std::function<Cost()> work;
    double units = 0; ///< 0: those of the case
  };
  std::vector<Candidate> candidates;
};

/// Times of several candidates, in turns.
struct SampleCase {
  std::string name;
  struct Candidate {
    std::string name;
    std::function<std::vector<double>()> sample;
  };
  std::vector<Candidate> candidates;
};

class Bench {
public:
  explicit Bench(const Plan& plan)
      : plan_{plan}, raw_{server_.base_url()}, system_{
                                                   std::make_unique<System>(server_.base_url())} {
    // Connections, threads and caches as they are in the long run.
    raw_.ask(lines(1));
    system_->ask_many(lines(1), 10, 1);
  }

  Figures run() {
    run_idle(); // first: the others leave timers and connections
    run_costs();
    run_samples();
    run_growth();
    run_crowd();
    run_start();
    return std::move(figures_);
  }

private:
  [[nodiscard]] bool wanted(const std::string& name) const {
    return name.find(plan_.only) != std::string::npos;
  }
  template <class Case> void keep_wanted(std::vector<Case>& cases) const {
    for (auto& each : cases)
      std::erase_if(each.candidates, [this](const auto& candidate) {
        return !plan_.candidate.empty() && candidate.name != plan_.candidate;
      });
    std::erase_if(
        cases, [this](const auto& each) { return !wanted(each.name) || each.candidates.empty(); });
  }
  template <class T> [[nodiscard]] T unless_smoke(T full, T smoke) const {
    return plan_.smoke ? smoke : full;
  }
  [[nodiscard]] int rounds() const { return unless_smoke(plan_.rounds, 1); }

  void add(const std::string& name, const std::string& candidate, const std::string& quantity,
           const std::string& unit, double value) {
    figures_.push_back({name, candidate, quantity, unit, value});
  }

  System& by_node() {
    if (!by_node_) {
      by_node_ = std::make_unique<System>(server_.base_url(), System::Place::behind_a_node);
      by_node_->ask_many(lines(1), 10, 1);
    }
    return *by_node_;
  }

  void stream(System& system, const std::string& prompt, std::size_t count, std::size_t streams,
              std::size_t subscribers) {
    system.stream(prompt, streams, subscribers, count * piece_bytes);
  }

  /// What a peer takes for a number of requests, without its start.
  [[nodiscard]] Cost peer_cost(const Peer& peer, const std::string& prompt, std::size_t count) {
    const auto command = [&](const std::string& text, std::size_t times) {
      return run_command(peer.command + " " + server_.base_url() + " '" + text + "' " +
                         std::to_string(times));
    };
    const auto start = command(lines(1), 1);
    const auto whole = command(prompt, count);
    return {whole.wall - start.wall, whole.cpu - start.cpu};
  }

  void run_costs() {
    const auto flood = unless_smoke<std::size_t>(200'000, 2'000);
    const auto requests = unless_smoke<std::size_t>(2'000, 50);
    const auto streams = unless_smoke<std::size_t>(1'000, 20);
    const auto pieces = unless_smoke<std::size_t>(60, 5);
    const auto prompt = paced(pieces, 50);
    const auto cost = [](auto work) { return [work] { return measure(work); }; };
    std::vector<CostCase> cases{
        {"one stream",
         "us per line",
         static_cast<double>(flood),
         {{libcurl, cost([=, this] { raw_.ask(lines(flood)); })},
          {ours, cost([=, this] { stream(*system_, lines(flood), flood, 1, 1); })}}},
        {"one stream, 16 subscribers",
         "us per line",
         static_cast<double>(flood),
         {{libcurl, cost([=, this] { raw_.ask(lines(flood)); })},
          {ours, cost([=, this] { stream(*system_, lines(flood), flood, 1, 16); })}}},
        {"requests, one after another",
         "us per request",
         static_cast<double>(requests),
         {{libcurl, cost([=, this] { raw_.ask_many(lines(1), requests, 1); })},
          {ours, cost([=, this] { system_->ask_many(lines(1), requests, 1); })},
          {ours_by_node, cost([=, this] { by_node().ask_many(lines(1), requests, 1); })}}},
        {"requests, 64 at once",
         "us per request",
         static_cast<double>(requests),
         {{libcurl, cost([=, this] { raw_.ask_many(lines(1), requests, 64); })},
          {ours, cost([=, this] { system_->ask_many(lines(1), requests, 64); })}}},
        {std::to_string(streams) + " streams of 20 chunks/s",
         "us per chunk",
         static_cast<double>(streams * pieces),
         {{libcurl, cost([=, this] { raw_.ask_many(prompt, streams, streams); })},
          {ours, cost([=, this] { stream(*system_, prompt, pieces, streams, 1); })},
          {ours_by_node, cost([=, this] { stream(by_node(), prompt, pieces, streams, 1); })}}}};
    // They take far longer, so they do less.
    const auto peer_lines = flood / 2;
    const auto peer_requests = requests / 4;
    for (const auto& peer : plan_.peers) {
      cases[0].candidates.push_back({peer.name,
                                     [=, this] { return peer_cost(peer, lines(peer_lines), 1); },
                                     static_cast<double>(peer_lines)});
      cases[2].candidates.push_back(
          {peer.name, [=, this] { return peer_cost(peer, lines(1), peer_requests + 1); },
           static_cast<double>(peer_requests)});
    }
    keep_wanted(cases);
    std::vector<std::vector<std::vector<Cost>>> costs(cases.size());
    for (int round = 0; round < rounds(); ++round)
      for (std::size_t i = 0; i < cases.size(); ++i) {
        costs[i].resize(cases[i].candidates.size());
        for (std::size_t j = 0; j < costs[i].size(); ++j)
          costs[i][j].push_back(cases[i].candidates[j].work());
      }
    for (std::size_t i = 0; i < cases.size(); ++i)
      for (std::size_t j = 0; j < costs[i].size(); ++j) {
        const auto& candidate = cases[i].candidates[j];
        const auto units = candidate.units > 0 ? candidate.units : cases[i].units;
        const auto add_median = [&](const char* quantity, double Cost::*member) {
          std::vector<double> values;
          for (const auto& each : costs[i][j])
            values.push_back(each.*member / units);
          add(cases[i].name, candidate.name, quantity, cases[i].unit, median(std::move(values)));
        };
        add_median("CPU", &Cost::cpu);
        add_median("time", &Cost::wall);
      }
  }

  void run_samples() {
    const auto count = unless_smoke<std::size_t>(300, 10);
    const auto slow = stamped(unless_smoke<std::size_t>(100, 5), 20);
    std::vector<SampleCase> cases{
        {"a request",
         {{libcurl, [=, this] { return raw_.times(lines(1), count); }},
          {ours, [=, this] { return system_->ask_many(lines(1), count, 1); }},
          {ours_by_node, [=, this] { return by_node().ask_many(lines(1), count, 1); }}}},
        {"the first chunk",
         {{libcurl, [=, this] { return raw_.first_bytes(lines(1), count); }},
          {ours, [=, this] { return system_->first_chunks(lines(1), count); }}}},
        {"a chunk, at 50 per second",
         {{libcurl, [=, this] { return raw_.chunk_ages(slow); }},
          {ours, [=, this] { return system_->chunk_ages(slow); }}}}};
    keep_wanted(cases);
    for (const auto& each : cases) {
      std::vector<std::vector<double>> samples(each.candidates.size());
      for (int round = 0; round < rounds(); ++round)
        for (std::size_t i = 0; i < samples.size(); ++i)
          std::ranges::copy(each.candidates[i].sample(), std::back_inserter(samples[i]));
      for (std::size_t i = 0; i < samples.size(); ++i) {
        add(each.name, each.candidates[i].name, "median", "us", quantile(samples[i], 0.5));
        add(each.name, each.candidates[i].name, "99 of 100", "us", quantile(samples[i], 0.99));
      }
    }
  }

  /// The same number of chunks per second on ever more streams, and ever longer queues.
  void run_growth() {
    const auto most_streams = unless_smoke<std::size_t>(1'000, 100);
    for (std::size_t streams = 10; streams <= most_streams; streams *= 10) {
      const auto name = std::to_string(streams) + " streams, 5,000 chunks/s in all";
      if (!wanted(name))
        continue;
      const auto pace = streams / 5;
      const auto count = unless_smoke<std::size_t>(3'000, 20) / pace + 2;
      const auto cost = [&](std::size_t pieces) {
        return measure([&] { stream(*system_, paced(pieces, pace), pieces, streams, 1); }).cpu;
      };
      // Without what it takes to begin and to end the streams.
      const auto begun = cost(1);
      add(name, ours, "CPU", "us per chunk",
          (cost(count) - begun) / static_cast<double>(streams * (count - 1)));
    }
    const auto longest = unless_smoke<std::size_t>(100'000, 100);
    for (std::size_t queued = 10; queued <= longest; queued *= 10) {
      const auto name = "a queue of " + std::to_string(queued);
      if (!wanted(name))
        continue;
      const auto times = std::max<std::size_t>(1, unless_smoke<std::size_t>(2'000, 10) / queued);
      const auto cost = measure([&] {
        for (std::size_t i = 0; i < times; ++i)
          queueing().ask_many(lines(1), queued, queued);
      });
      add(name, ours, "CPU", "us per request", cost.cpu / static_cast<double>(times * queued));
    }
  }

  void run_crowd() {
    const auto streams = unless_smoke<std::size_t>(10'000, 50);
    const auto name = std::to_string(streams) + " streams of 5 chunks/s";
    if (!wanted(name))
      return;
    const auto pieces = unless_smoke<std::size_t>(40, 3);
    const auto before = resident_kib();
    forget_peak();
    std::vector<double> ages;
    const auto cost = measure([&] { ages = system_->chunk_ages(stamped(pieces, 200), streams); });
    must(ages.size() == streams * pieces, "a chunk is missing");
    add(name, ours, "CPU", "us per chunk", cost.cpu / static_cast<double>(streams * pieces));
    add(name, ours, "99 of 100", "us", quantile(ages, 0.99));
    add(name, ours, "memory", "KiB per stream",
        static_cast<double>(peak_resident_kib() - std::min(before, peak_resident_kib())) /
            static_cast<double>(streams));
  }

  void run_idle() {
    if (!wanted("idle"))
      return;
    const int milliseconds = unless_smoke(10'000, 200);
    ::poll(nullptr, 0, milliseconds / 10);
    const auto before = sleeps();
    const auto cost = measure([=] { ::poll(nullptr, 0, milliseconds); });
    // This thread slept once itself.
    const auto count = static_cast<double>(sleeps() - before - 1);
    add("idle", ours, "CPU", "% of a core", 100 * cost.cpu / cost.wall);
    add("idle", ours, "wake-ups", "per second", count * 1e6 / cost.wall);
  }

  void run_start() {
    if (!wanted("start"))
      return;
    std::vector<double> starts;
    std::vector<double> versions;
    for (int i = 0; i < 5 * rounds(); ++i) {
      starts.push_back(System::start_time(server_.base_url()));
      versions.push_back(run_command(NEXUS_LLM_PROGRAM " --version >/dev/null").wall);
    }
    add("start of LLMSystem", ours, "median", "us", median(std::move(starts)));
    add("start, nexus-llm --version", ours, "median", "us", median(std::move(versions)));
  }

  /// A system with few slots, so that requests wait.
  System& queueing() {
    if (!queueing_)
      queueing_ = std::make_unique<System>(server_.base_url(), System::Place::here, 16);
    return *queueing_;
  }

  static constexpr std::size_t piece_bytes = std::string_view{FastServer::piece}.size();

  const Plan& plan_;
  const FastServer server_; // before any thread: it is a copy of this process
  RawCurl raw_;
  std::unique_ptr<System> system_;
  std::unique_ptr<System> by_node_;
  std::unique_ptr<System> queueing_;
  Figures figures_;
};

} // namespace

Figures run(const Plan& plan) { return Bench{plan}.run(); }

} // namespace nexus::llm::bench
