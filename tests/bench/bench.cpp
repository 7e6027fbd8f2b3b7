// SPDX-License-Identifier: BSD-3-Clause
// Measures what the actors add to libcurl: `nexus-llm-bench [--rounds N] [--only CASE] [--json
// FILE] [--smoke]`. The candidates take turns against one fast server, since machines are noisy;
// what counts are the ratios of the medians, and the CPU time of this process.
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/setup.hpp"
#include "tests/bench/fast_server.hpp"
#include "tests/bench/raw_curl.hpp"

using namespace nexus::llm;
using namespace nexus::llm::bench;
using Clock = std::chrono::steady_clock;

namespace {

struct Cost {
  double wall = 0; ///< microseconds
  double cpu = 0;  ///< microseconds of this process
};

double cpu_now() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

Cost measure(const std::function<void()>& work) {
  const auto cpu = cpu_now();
  const auto begin = Clock::now();
  work();
  return {std::chrono::duration<double, std::micro>(Clock::now() - begin).count(), cpu_now() - cpu};
}

void must(bool good, const char* what) {
  if (good)
    return;
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

/// A subscriber that counts what it gets, and tells when all of its streams have ended.
class Counter {
public:
  using Base = stream_subscriber::base;
  static constexpr const char* name = "Counter";

  struct Sum {
    std::size_t bytes = 0;
    std::size_t chunks = 0;
    std::size_t streams = 0; ///< that have not ended
    std::promise<void> done;
  };

  Counter(stream_subscriber::pointer, std::shared_ptr<Sum> sum) : sum_{std::move(sum)} {}

  stream_subscriber::behavior_type make_behavior() {
    return {
        [this](const LLMStreamChunk& chunk) {
          sum_->bytes += chunk.response.size();
          ++sum_->chunks;
          if (chunk.done && --sum_->streams == 0)
            sum_->done.set_value();
        },
        [](const StreamError& error) { must(false, sentence(error.error).c_str()); },
        [](const RequestProgress&) {},
    };
  }

private:
  std::shared_ptr<Sum> sum_;
};

/// Asks a role again and again, with a number of requests under way.
class Asker {
public:
  using Base = caf::event_based_actor;
  static constexpr const char* name = "Asker";

  Asker(caf::event_based_actor* self, role_handle role, std::string prompt, int count, int at_once,
        std::shared_ptr<std::promise<void>> done)
      : self_{self}, role_{std::move(role)}, prompt_{std::move(prompt)}, left_{count}, open_{count},
        done_{std::move(done)} {
    for (int i = 0; i < at_once; ++i)
      ask_next();
  }

  caf::behavior make_behavior() {
    return {[](int) {}};
  }

private:
  void ask_next() {
    if (left_ == 0)
      return;
    --left_;
    ask_watched(self_, role_, generate_atom_v, prompt_)
        .then(
            [this](const LLMResponse&) {
              if (--open_ == 0) {
                done_->set_value();
                self_->quit();
              } else {
                ask_next();
              }
            },
            [](const caf::error& error) { must(false, sentence(to_llm_error(error)).c_str()); });
  }

  caf::event_based_actor* self_;
  role_handle role_;
  std::string prompt_;
  int left_;
  int open_;
  std::shared_ptr<std::promise<void>> done_;
};

/// The system under test.
class System {
public:
  explicit System(const std::string& base_url) {
    setup(config_);
    recommend(config_);
    system_ = std::make_unique<caf::actor_system>(config_);
    LLMClientConfig settings;
    settings.base_url = base_url;
    settings.limits.max_concurrent = 1024;
    settings.limits.queue_length = 100'000;
    settings.limits.max_subscribers = 64;
    LLMSystemOptions options;
    options.store = make_memory_store(settings);
    auto started = LLMSystem::start(*system_, std::move(options));
    must(started.has_value(), started ? "" : sentence(started.error()).c_str());
    llm_ = std::move(*started);
  }

  /// Streams an answer to each of several subscribers at once; returns how many chunks came.
  std::size_t stream(const std::string& prompt, std::size_t streams, std::size_t subscribers,
                     std::size_t expected_bytes) {
    const auto sum = std::make_shared<Counter::Sum>();
    sum->streams = streams * subscribers;
    auto done = sum->done.get_future();
    std::vector<stream_subscriber> counters;
    caf::scoped_actor self{*system_};
    for (std::size_t i = 0; i < subscribers; ++i)
      counters.push_back(spawn_state<Counter>(*system_, sum));
    for (std::size_t i = 0; i < streams; ++i) {
      GenerateOptions options;
      options.id = make_request_id();
      ask(self, llm_->role(AIRole::overseer), std::chrono::hours{1}, generate_streaming_atom_v,
          prompt, options, counters.front());
      for (std::size_t j = 1; j < subscribers; ++j)
        ask(self, llm_->role(AIRole::overseer), std::chrono::hours{1}, subscribe_atom_v, options.id,
            counters[j]);
    }
    done.wait();
    must(sum->bytes == expected_bytes * streams * subscribers, "text is missing");
    for (const auto& counter : counters)
      anon_exit(counter, caf::exit_reason::user_shutdown);
    return sum->chunks;
  }

  void ask_many(const std::string& prompt, int count, int at_once) {
    const auto done = std::make_shared<std::promise<void>>();
    auto ended = done->get_future();
    spawn_state<Asker>(*system_, llm_->role(AIRole::overseer), prompt, count, at_once, done);
    ended.wait();
  }

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<LLMSystem> llm_;
};

/// One line of the table.
struct Case {
  std::string name;
  double units; ///< that a cost is divided by: lines or requests
  std::function<void()> floor;
  std::function<void()> system;
  std::vector<Cost> floor_costs = {};
  std::vector<Cost> system_costs = {};
};

double median(const std::vector<Cost>& costs, double Cost::*member) {
  std::vector<double> values;
  for (const auto& cost : costs)
    values.push_back(cost.*member);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void print(const Case& each) {
  const auto per_unit = [&each](const std::vector<Cost>& costs, double Cost::*member) {
    return costs.empty() ? 0.0 : median(costs, member) / each.units;
  };
  const auto floor_cpu = per_unit(each.floor_costs, &Cost::cpu);
  const auto floor_wall = per_unit(each.floor_costs, &Cost::wall);
  const auto cpu = per_unit(each.system_costs, &Cost::cpu);
  const auto wall = per_unit(each.system_costs, &Cost::wall);
  std::printf("%-44s %9.2f %9.2f %9.2f %9.2f", each.name.c_str(), floor_cpu, cpu, floor_wall, wall);
  if (floor_cpu > 0)
    std::printf(" %7.2f %7.2f\n", cpu / floor_cpu, floor_wall / wall);
  else
    std::printf("       -       -\n");
}

void write_json(const std::string& file, const std::vector<Case>& cases) {
  json::Document document{rapidjson::kArrayType};
  auto& allocator = document.GetAllocator();
  for (const auto& each : cases) {
    json::Value row{rapidjson::kObjectType};
    row.AddMember("case", json::make_string(each.name, allocator), allocator);
    row.AddMember("units", each.units, allocator);
    const auto add = [&](const char* name, const std::vector<Cost>& costs) {
      if (costs.empty())
        return;
      json::Value value{rapidjson::kObjectType};
      value.AddMember("cpuMicroseconds", median(costs, &Cost::cpu) / each.units, allocator);
      value.AddMember("wallMicroseconds", median(costs, &Cost::wall) / each.units, allocator);
      row.AddMember(json::make_string(name, allocator), value, allocator);
    };
    add("libcurl", each.floor_costs);
    add("nexusLlm", each.system_costs);
    document.PushBack(row, allocator);
  }
  std::ofstream{file} << json::to_pretty_text(document) << '\n';
}

} // namespace

int main(int argc, char** argv) {
  int rounds = 5;
  bool smoke = false;
  std::string json_file;
  std::string only; // a part of the names of the cases to run
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument{argv[i]};
    if (argument == "--smoke")
      smoke = true;
    else if (argument == "--rounds" && i + 1 < argc)
      rounds = std::max(1, std::atoi(argv[++i]));
    else if (argument == "--json" && i + 1 < argc)
      json_file = argv[++i];
    else if (argument == "--only" && i + 1 < argc)
      only = argv[++i];
    else
      must(false, "usage: nexus-llm-bench [--rounds N] [--only CASE] [--json FILE] [--smoke]");
  }
  if (smoke)
    rounds = 1;
  // Before any thread: the server is a copy of this process.
  const FastServer server;
  RawCurl raw{server.base_url()};
  System system{server.base_url()};
  const std::size_t piece_bytes = std::string_view{FastServer::piece}.size();

  const std::size_t lines = smoke ? 2'000 : 200'000;
  const int requests = smoke ? 50 : 2'000;
  const std::size_t streams = smoke ? 20 : 1'000;
  const std::size_t paced_lines = smoke ? 5 : 60;
  const auto flood = "lines=" + std::to_string(lines);
  const auto paced = "lines=" + std::to_string(paced_lines) + " pace=50 ";
  std::vector<Case> cases{
      {"one stream, per line", static_cast<double>(lines), [&] { raw.ask(flood); },
       [&] { system.stream(flood, 1, 1, lines * piece_bytes); }},
      {"the same to 16 subscribers, per line", static_cast<double>(lines), [&] { raw.ask(flood); },
       [&] { system.stream(flood, 1, 16, lines * piece_bytes); }},
      {"requests, one after another", static_cast<double>(requests),
       [&] { raw.ask_many("lines=1", requests, 1); },
       [&] { system.ask_many("lines=1", requests, 1); }},
      {"requests, 64 at once", static_cast<double>(requests),
       [&] { raw.ask_many("lines=1", requests, 64); },
       [&] { system.ask_many("lines=1", requests, 64); }},
      {std::to_string(streams) + " streams of 20 chunks/s, per chunk",
       static_cast<double>(streams * paced_lines),
       [&] { raw.ask_many(paced, static_cast<int>(streams), static_cast<int>(streams)); },
       [&] { system.stream(paced, streams, 1, paced_lines * piece_bytes); }},
  };
  std::erase_if(cases,
                [&only](const Case& each) { return each.name.find(only) == std::string::npos; });
  // Connections, threads and caches as they are in the long run.
  raw.ask("lines=1");
  system.ask_many("lines=1", 10, 1);
  for (int round = 0; round < rounds; ++round)
    for (auto& each : cases) {
      each.floor_costs.push_back(measure(each.floor));
      each.system_costs.push_back(measure(each.system));
    }
  std::printf("%-44s %19s %19s %15s\n%-44s %9s %9s %9s %9s %7s %7s\n", "", "CPU microseconds",
              "wall microseconds", "ratio", "", "libcurl", "here", "libcurl", "here", "CPU",
              "rate");
  for (const auto& each : cases)
    print(each);
  if (!json_file.empty())
    write_json(json_file, cases);
}
