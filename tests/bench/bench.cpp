// SPDX-License-Identifier: BSD-3-Clause
// Measures what the actors add to a request: the same exchange through the transport alone and
// through a role, against the simulator in this process. Both are taken in one run, in turns, since
// machines are noisy; the difference of the medians is the figure that counts.
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <vector>

#include "actors/ollama_client/curl_transport.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/setup.hpp"
#include "nexus_llm/simulator/simulator.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int rounds = 1000;
constexpr int stream_words = 20'000;

/// Waits for the end of one exchange.
class Waiter : public TransferHandler {
public:
  struct Done {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
  };
  explicit Waiter(Done& done) : done_{done} {}
  bool on_bytes(int, std::string_view) override { return true; }
  void on_read_done() override {}
  void on_finished(HttpOutcome) override {
    std::lock_guard lock{done_.mutex};
    done_.done = true;
    done_.changed.notify_all();
  }

private:
  Done& done_;
};

template <class Work> double microseconds(Work work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double percentile(std::vector<double>& values, double part) {
  const auto index = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index),
                   values.end());
  return values[index];
}

} // namespace

int main() {
  std::string long_reply;
  for (int i = 0; i < stream_words; ++i)
    long_reply += " word";
  simulator::SimulatorOptions options;
  options.models = {{.name = "llama3.1:8b", .reply = "yes"},
                    {.name = "qwen2.5-coder:7b", .reply = long_reply}};
  simulator::Simulator ollama{options};

  caf::actor_system_config config;
  setup(config);
  recommend(config);
  caf::actor_system system{config};
  LLMClientConfig settings;
  settings.base_url = ollama.base_url();
  LLMSystemOptions made;
  made.store = make_memory_store(settings);
  auto llm = LLMSystem::start(system, std::move(made));
  if (!llm)
    return 1;
  LLMIntegration api{system, **llm};

  const auto transport = make_curl_transport();
  TransferId last = 0;
  auto alone = [&] {
    Waiter::Done done;
    HttpRequest request;
    request.method = HttpRequest::Method::post;
    request.url = ollama.base_url() + "/api/generate";
    request.body = R"({"model":"llama3.1:8b","prompt":"x","stream":false})";
    transport->start(++last, std::move(request), std::make_unique<Waiter>(done));
    std::unique_lock lock{done.mutex};
    done.changed.wait(lock, [&done] { return done.done; });
  };
  auto through_role = [&] {
    if (!api.generate("x", AIRole::overseer))
      std::exit(1);
  };
  std::vector<double> bare;
  std::vector<double> whole;
  for (int i = 0; i < rounds; ++i) {
    bare.push_back(microseconds(alone));
    whole.push_back(microseconds(through_role));
  }
  const auto bare_median = percentile(bare, 0.5);
  const auto whole_median = percentile(whole, 0.5);
  std::printf("one request, HTTP to the simulator included (%d rounds):\n", rounds);
  std::printf("  transport alone   median %8.0f us   p99 %8.0f us\n", bare_median,
              percentile(bare, 0.99));
  std::printf("  through a role    median %8.0f us   p99 %8.0f us\n", whole_median,
              percentile(whole, 0.99));
  std::printf("  added             median %8.0f us\n", whole_median - bare_median);

  std::size_t chunks = 0;
  const auto took = microseconds([&] {
    const auto answer =
        api.generate_streaming("x", AIRole::implementation, [&chunks](const LLMStreamChunk&) {
          ++chunks;
          return true;
        });
    if (!answer)
      std::exit(1);
  });
  std::printf("one stream of %d tokens: %.0f ms, %.0f tokens/s, %zu chunks to the callback\n",
              stream_words, took / 1000, stream_words / (took / 1e6), chunks);
}
