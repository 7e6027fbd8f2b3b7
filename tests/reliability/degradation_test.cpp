// SPDX-License-Identifier: BSD-3-Clause
// With parts of it gone, the rest goes on: Ollama away, a model away, a model that hangs.
#include <boost/test/unit_test.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <sstream>

#include "actors/ollama_client/curl_transport.hpp"
#include "nexus_llm/log.hpp"
#include "tests/reliability/scene.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using simulator::Fault;

BOOST_AUTO_TEST_SUITE(degradation)

namespace {

constexpr auto overseer = AIRole::overseer;

/// Counts the exchanges that are really made.
class CountingTransport final : public Transport {
public:
  explicit CountingTransport(std::shared_ptr<std::atomic<std::size_t>> count)
      : count_{std::move(count)}, inner_{make_curl_transport()} {}

  void start(TransferId id, HttpRequest request,
             std::unique_ptr<TransferHandler> handler) override {
    ++*count_;
    inner_->start(id, std::move(request), std::move(handler));
  }
  void cancel(TransferId id) override { inner_->cancel(id); }

private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
  std::unique_ptr<Transport> inner_;
};

SceneOptions gone_ollama(std::chrono::milliseconds reset_timeout) {
  SceneOptions options;
  options.adjust = [reset_timeout](LLMClientConfig& config) {
    config.max_retries = 1;
    config.retry_delay = 1ms;
    config.circuit = {
        .max_failures = 3, .reset_timeout = reset_timeout, .max_reset_timeout = 2 * reset_timeout};
  };
  return options;
}

std::string code(const Result<LLMResponse>& result) {
  return result ? "answered" : std::string{to_string(result.error().code)};
}

/// Asks until the circuit opens.
void open_circuit(Scene& scene) {
  for (int i = 0; i < 10; ++i)
    if (code(scene.generate("x")) == "circuit_open")
      return;
  BOOST_FAIL("the circuit did not open");
}

/// The log while it lives.
class LogCapture {
public:
  LogCapture() {
    set_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~LogCapture() { set_logger(nullptr); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  /// Call when nobody writes any more.
  std::size_t count(const std::string& what) const {
    const auto text = text_.str();
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      ++found;
    return found;
  }

private:
  std::ostringstream text_;
};

std::size_t unload_requests(const Scene& scene) {
  const auto requests = scene.sim.requests();
  return static_cast<std::size_t>(
      std::count_if(requests.begin(), requests.end(), [](const auto& request) {
        return request.target == "/api/generate" &&
               request.body.find("\"prompt\"") == std::string::npos;
      }));
}

} // namespace

BOOST_AUTO_TEST_CASE(an_ollama_that_is_gone_is_told_after_the_retries_and_then_at_once) {
  auto exchanges = std::make_shared<std::atomic<std::size_t>>(0);
  auto options = gone_ollama(30min);
  options.make_transport = [exchanges] { return std::make_unique<CountingTransport>(exchanges); };
  Scene scene{std::move(options)};
  scene.sim.stop();
  const auto first = scene.generate("x");
  BOOST_REQUIRE(!first);
  BOOST_TEST(to_string(first.error().code) == "connection_refused");
  BOOST_TEST(first.error().attempts == 2u);
  open_circuit(scene);
  const auto made = exchanges->load();
  for (int i = 0; i < 200; ++i) {
    const auto next = scene.generate("x");
    BOOST_REQUIRE(!next);
    BOOST_REQUIRE(to_string(next.error().code) == "circuit_open");
    BOOST_REQUIRE(next.error().attempts == 1u);
  }
  // Ollama is not hammered: nothing at all was sent.
  BOOST_TEST(exchanges->load() == made);
  const auto told = sentence(scene.generate("x").error());
  BOOST_TEST(told.starts_with("Ollama is not running at " + scene.sim.base_url()));
  BOOST_TEST(told.find("`ollama serve`") != std::string::npos);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(the_circuit_closes_by_itself_when_ollama_is_back) {
  Scene scene{gone_ollama(20ms)};
  scene.sim.stop();
  open_circuit(scene);
  scene.sim.start();
  // Nobody asks for anything: the probe alone finds out, and it is a cheap request.
  BOOST_REQUIRE(scene.sim.wait_until([](const auto& now) { return now.answered > 0; }, patience));
  BOOST_TEST(scene.sim.requests().back().target == "/api/version");
  BOOST_TEST(scene.sim.requests().size() == 1u);
  while (to_string(scene.health().circuit.state) != "closed")
    BOOST_REQUIRE(scene.sim.counters().requests < 1000u);
  const auto answer = scene.generate("x");
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->provenance.attempts == 1u);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_cut_or_gets_no_answer_is_followed_by_another) {
  auto options = gone_ollama(20ms);
  options.adjust = [adjust = options.adjust](LLMClientConfig& config) {
    adjust(config);
    config.connect_timeout = 100ms;
  };
  Scene scene{std::move(options)};
  scene.sim.stop();
  open_circuit(scene);
  scene.sim.inject(Fault::reset_before_response().on("/api/version"));
  scene.sim.inject(Fault::stall_before_response().on("/api/version"));
  scene.sim.start();
  BOOST_REQUIRE(scene.sim.wait_until(
      [](const auto& now) { return now.faults_fired == 2 && now.answered > 0; }, patience));
  while (to_string(scene.health().circuit.state) != "closed")
    BOOST_REQUIRE(scene.sim.counters().requests < 1000u);
  BOOST_TEST(code(scene.generate("x")) == "answered");
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(health_tells_the_state_of_the_circuit) {
  Scene scene{gone_ollama(30min)};
  auto health = scene.health();
  BOOST_TEST(health.reachable);
  BOOST_TEST((health.circuit == CircuitHealth{}));
  scene.sim.stop();
  open_circuit(scene);
  health = scene.health();
  BOOST_TEST(!health.reachable);
  BOOST_TEST(to_string(health.circuit.state) == "open");
  BOOST_TEST(health.circuit.failures >= 3u);
  BOOST_TEST((health.circuit.next_probe > 29min));
  BOOST_TEST(health.circuit.last_failure.find("connect") != std::string::npos);
  // To ask for the health is a probe itself.
  scene.sim.start();
  health = scene.health();
  BOOST_TEST(health.reachable);
  BOOST_TEST(to_string(health.circuit.state) == "closed");
  BOOST_TEST(code(scene.generate("x")) == "answered");
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(requests_under_way_outlast_a_restart_of_ollama_although_the_circuit_opens) {
  auto options = gone_ollama(20ms);
  options.adjust = [adjust = options.adjust](LLMClientConfig& config) {
    adjust(config);
    config.max_retries = 50;
    config.retry_delay = 40ms;
    config.max_retry_delay = 40ms;
    config.limits.max_concurrent = 8;
  };
  Scene scene{std::move(options)};
  scene.sim.stop();
  auto& one = scene.stream("one");
  auto& two = scene.stream("two");
  while (to_string(scene.health().circuit.state) == "closed") {
  }
  scene.sim.start();
  for (auto* caller : {&one, &two}) {
    BOOST_REQUIRE(
        caller->record->wait_until([](const Record& seen) { return !seen.answers.empty(); }));
    BOOST_TEST(caller->record->answers.front() == "answered");
  }
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(streams_that_find_no_ollama_survive_the_deaths_of_the_streaming_actor) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) {
    config.max_retries = 100;
    config.retry_delay = 2ms;
    config.max_retry_delay = 2ms;
    config.model_list_ttl = 0s;
    config.circuit.max_failures = 0;
    config.limits.max_concurrent = 16;
    config.restarts.max_restarts = 1000;
    config.restarts.window = 1s;
  };
  Scene scene{std::move(options)};
  scene.sim.stop();
  std::vector<Caller*> callers;
  for (int i = 0; i < 16; ++i)
    callers.push_back(&scene.stream("stream " + std::to_string(i)));
  for (int i = 0; i < 30; ++i) {
    const auto streaming = scene.component("StreamingActor");
    order_death(streaming, Death::exit);
    BOOST_REQUIRE(wait_for_death(scene.system(), streaming, patience));
  }
  scene.sim.start();
  // Some may have used up their retries; what counts is that everybody is told.
  for (const auto* caller : callers)
    BOOST_TEST(caller->record->wait_until(
        [](const Record& seen) { return !seen.answers.empty() && seen.ends > 0; }));
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(settings_roles_and_kept_answers_work_without_ollama) {
  auto options = gone_ollama(30min);
  options.adjust = [adjust = options.adjust](LLMClientConfig& config) {
    adjust(config);
    config.cache.enabled = true;
  };
  Scene scene{std::move(options)};
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  BOOST_REQUIRE(scene.generate("kept", repeatable));
  scene.sim.stop();
  open_circuit(scene);
  const auto kept = scene.generate("kept", repeatable);
  BOOST_REQUIRE(kept);
  BOOST_TEST(kept->provenance.cached);
  BOOST_TEST(kept->response == Scene::reply);
  {
    caf::scoped_actor self{scene.system()};
    const auto wrong = [](const caf::error& error) { BOOST_ERROR(describe(error)); };
    ask(self, scene.llm().models(), patience, set_model_for_role_atom_v, overseer,
        std::string{"spare:1b"})
        .receive([](const ModelConfig& made) { BOOST_TEST(made.name == "spare:1b"); }, wrong);
    ask(self, scene.llm().models(), patience, get_model_for_role_atom_v, overseer)
        .receive([](const std::string& model) { BOOST_TEST(model == "spare:1b"); }, wrong);
    ask(self, scene.llm().config(), patience, get_config_atom_v)
        .receive(
            [](const LLMClientConfig& config) {
              BOOST_TEST(config.model(AIRole::overseer) == "spare:1b");
            },
            wrong);
  }
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_model_that_is_removed_is_replaced_and_the_answer_says_so) {
  Scene scene{{.adjust = [](LLMClientConfig& config) {
    config.settings(overseer).fallback_models = {"spare:1b"};
    config.model_list_ttl = 0s;
  }}};
  BOOST_REQUIRE(scene.generate("x"));
  scene.sim.remove_model("llama3.1:8b");
  const auto answer = scene.generate("x");
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->model == "spare:1b");
  BOOST_TEST(answer->provenance.fallback);
  scene.sim.add_model({.name = "llama3.1:8b", .reply = std::string{Scene::reply}});
  const auto back = scene.generate("x");
  BOOST_REQUIRE(back);
  BOOST_TEST(!back->provenance.fallback);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_model_whose_slot_stays_taken_is_unloaded_and_then_answers) {
  LogCapture log;
  std::optional<Scene> scene;
  SceneOptions options;
  options.ollama.wedge_on_disconnect = true;
  options.ollama.token_delay = 5ms;
  options.adjust = [](LLMClientConfig& config) { config.timeout = 300ms; };
  scene.emplace(std::move(options));
  auto& abrupt = scene->stream("abrupt");
  BOOST_REQUIRE(abrupt.record->wait_until([](const Record& seen) { return seen.chunks >= 2; }));
  anon_exit(abrupt.requester, caf::exit_reason::kill);
  BOOST_REQUIRE(
      scene->sim.wait_until([](const auto& now) { return now.wedged_slots == 1; }, patience));
  auto& next = scene->stream("next");
  BOOST_REQUIRE(next.record->wait_until([](const Record& seen) { return !seen.answers.empty(); }));
  BOOST_TEST(next.record->answers.front() == "answered");
  BOOST_TEST(scene->sim.counters().unloads == 1u);
  BOOST_TEST(scene->stats(overseer).healed == 1u);
  BOOST_TEST(scene->take_down() == "");
  scene.reset();
  BOOST_TEST(log.count("gave not a byte in its time; unloaded it") == 1u);
}

BOOST_AUTO_TEST_CASE(a_model_that_goes_on_hanging_is_unloaded_only_once) {
  for (const bool stream : {true, false})
    BOOST_TEST_CONTEXT((stream ? "streaming" : "complete")) {
      Scene scene{{.adjust = [](LLMClientConfig& config) {
        config.timeout = 400ms;
        config.max_retries = 2;
      }}};
      BOOST_REQUIRE(scene.generate("load it"));
      scene.sim.inject(Fault::stall_before_response().times(0));
      const auto code_told = [&] {
        GenerateOptions options;
        options.timeout = 100ms;
        if (!stream)
          return code(scene.generate("x", options));
        auto& caller = scene.stream("x", options);
        static_cast<void>(
            caller.record->wait_until([](const Record& seen) { return !seen.answers.empty(); }));
        return caller.record->answers.front();
      }();
      BOOST_TEST(code_told == "first_token_timeout");
      BOOST_TEST(unload_requests(scene) == 1u);
      scene.sim.clear_faults();
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(a_model_that_hangs_is_unloaded_also_where_nothing_is_tried_again) {
  Scene scene{{.adjust = [](LLMClientConfig& config) { config.max_retries = 0; }}};
  BOOST_REQUIRE(scene.generate("load it"));
  scene.sim.inject(Fault::stall_before_response().on("/api/generate"));
  GenerateOptions options;
  options.timeout = 100ms;
  BOOST_TEST(code(scene.generate("x", options)) == "first_token_timeout");
  BOOST_TEST(scene.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.unloads == 1; }, 10s));
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_model_that_is_still_being_loaded_is_not_unloaded) {
  SceneOptions options;
  options.ollama.load_delay = 1h;
  options.adjust = [](LLMClientConfig& config) {
    config.timeout = 100ms;
    config.max_retries = 1;
  };
  Scene scene{std::move(options)};
  BOOST_TEST(code(scene.generate("x")) == "first_token_timeout");
  BOOST_TEST(unload_requests(scene) == 0u);
  BOOST_TEST(scene.stats(overseer).healed == 0u);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_SUITE_END()
