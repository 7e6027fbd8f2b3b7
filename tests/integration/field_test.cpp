// SPDX-License-Identifier: BSD-3-Clause
// What the world does to a client, held against the whole system.
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "actors/ollama_client/blob_digest.hpp"
#include "nexus_llm/config_store.hpp"
#include "tests/integration/fixture.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace field_test {

namespace {

std::string code(const Result<LLMResponse>& answer) {
  return answer ? "answered" : std::string{to_string(answer.error().code)};
}

std::size_t requests_to(const World& world, std::string_view target) {
  std::size_t count = 0;
  for (const auto& request : world.sim.requests())
    count += request.target == target ? 1 : 0;
  return count;
}

/// A list with a model that runs elsewhere.
constexpr auto tags_with_remote =
    R"({"models":[{"name":"llama3.1:8b","remote_host":"https://example.com:443",)"
    R"("remote_model":"big:70b"},{"name":"spare:1b"}]})";

} // namespace

BOOST_AUTO_TEST_SUITE(remote_models)

BOOST_AUTO_TEST_CASE(nothing_of_a_prompt_goes_to_a_model_that_runs_elsewhere) {
  World world;
  world.sim.inject(Fault::respond(200, tags_with_remote).on("/api/tags").times(0));
  const auto answer = world.api.generate("secret", overseer);
  BOOST_TEST(code(answer) == "remote_model_refused");
  BOOST_TEST(sentence(answer.error()).find("https://example.com:443") != std::string::npos);
  BOOST_TEST(code(world.api.generate_streaming("secret", overseer, {})) == "remote_model_refused");
  const auto embedding = world.api.embed({.input = {"secret"}}, overseer);
  BOOST_REQUIRE(!embedding);
  BOOST_TEST(to_string(embedding.error().code) == "remote_model_refused");
  BOOST_TEST(requests_to(world, "/api/generate") == 0u);
  BOOST_TEST(requests_to(world, "/api/embed") == 0u);
}

BOOST_AUTO_TEST_CASE(a_name_of_the_cloud_is_refused_whatever_the_list_says) {
  World world;
  GenerateOptions options;
  options.model = "gpt-oss:120b-cloud";
  BOOST_TEST(code(world.api.generate("secret", overseer, options)) == "remote_model_refused");
  BOOST_TEST(requests_to(world, "/api/generate") == 0u);
}

BOOST_AUTO_TEST_CASE(a_local_fallback_answers_in_the_place_of_a_remote_model) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.settings(overseer).fallback_models = {"spare:1b"};
              }};
  world.sim.inject(Fault::respond(200, tags_with_remote).on("/api/tags").times(0));
  const auto answer = world.api.generate("a", overseer);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->model == "spare:1b");
}

BOOST_AUTO_TEST_CASE(the_settings_may_allow_them) {
  World world{default_models(), [](LLMClientConfig& config) { config.allow_remote_models = true; }};
  world.sim.inject(Fault::respond(200, tags_with_remote).on("/api/tags").times(0));
  BOOST_TEST(code(world.api.generate("a", overseer)) == "answered");
}

BOOST_AUTO_TEST_CASE(a_remote_model_is_not_loaded) {
  World world;
  world.sim.inject(Fault::respond(200, tags_with_remote).on("/api/tags").times(0));
  const auto loaded = world.api.load_model("llama3.1:8b");
  BOOST_REQUIRE(!loaded);
  BOOST_TEST(to_string(loaded.error().code) == "remote_model_refused");
  BOOST_TEST(requests_to(world, "/api/generate") == 0u);
  BOOST_TEST(world.api.load_model("spare:1b").has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_loaded_where_the_list_cannot_tell_whether_it_is_remote) {
  World world{default_models(), [](LLMClientConfig& config) { config.max_retries = 0; }};
  world.sim.inject(Fault::respond(500, R"({"error":"no list"})").on("/api/tags").times(0));
  BOOST_TEST(!world.api.load_model("llama3.1:8b").has_value());
  BOOST_TEST(requests_to(world, "/api/generate") == 0u);
}

BOOST_AUTO_TEST_CASE(a_model_that_could_not_be_looked_up_is_not_called_missing) {
  World world{default_models(), [](LLMClientConfig& config) { config.max_retries = 0; }};
  world.sim.inject(Fault::respond(200, R"({"models":[]})").on("/api/tags").times(0));
  world.sim.inject(Fault::respond(401, R"({"error":"unauthorized"})").on("/api/show").times(0));
  const auto answer = world.api.generate("a", overseer);
  BOOST_TEST(code(answer) == "sign_in_required");
}

BOOST_AUTO_TEST_CASE(every_status_of_success_is_one) {
  World world;
  world.sim.inject(Fault::respond(204, "").on("/api/copy"));
  BOOST_TEST(world.api.copy_model("spare:1b", "second:1b").has_value());
  world.sim.inject(Fault::respond(201, R"({"response":"made","done":true})").on("/api/generate"));
  const auto answer = world.api.generate("a", overseer);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->response == "made");
}

BOOST_AUTO_TEST_CASE(a_model_that_is_served_but_not_listed_is_found) {
  World world;
  world.sim.inject(Fault::respond(200, R"({"models":[]})").on("/api/tags").times(0));
  BOOST_TEST(code(world.api.generate("a", overseer)) == "answered");
  BOOST_TEST(world.api.check_model_available("llama3.1:8b").value());
  GenerateOptions options;
  options.model = "nosuch";
  BOOST_TEST(code(world.api.generate("a", overseer, options)) == "model_not_found");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(kept_and_shared_answers)

BOOST_AUTO_TEST_CASE(a_kept_answer_still_says_that_it_was_cut) {
  World world{default_models(), [](LLMClientConfig& config) { config.cache.enabled = true; }};
  GenerateOptions options;
  options.seed = 1;
  options.max_tokens = 2;
  BOOST_TEST(world.api.generate("a", overseer, options)->provenance.cut_by_length);
  const auto kept = world.api.generate("a", overseer, options);
  BOOST_TEST(kept->provenance.cached);
  BOOST_TEST(kept->provenance.cut_by_length);
}

BOOST_AUTO_TEST_CASE(the_answer_of_a_fallback_is_not_kept_for_the_first_choice) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.cache.enabled = true;
                config.settings(overseer).fallback_models = {"spare:1b"};
                config.model_list_ttl = 0s;
              }};
  GenerateOptions options;
  options.seed = 1;
  world.sim.remove_model("llama3.1:8b");
  BOOST_TEST(world.api.generate("a", overseer, options)->model == "spare:1b");
  world.sim.add_model({.name = "llama3.1:8b"});
  const auto answer = world.api.generate("a", overseer, options);
  BOOST_TEST(answer->model == "llama3.1:8b");
  BOOST_TEST(!answer->provenance.cached);
}

BOOST_AUTO_TEST_CASE(identical_requests_in_flight_share_a_call_without_a_cache) {
  World world;
  world.sim.inject(Fault::stall_before_response(300ms));
  GenerateOptions options;
  options.seed = 1;
  auto ask_once = [&] { return world.api.generate("a", overseer, options); };
  auto first = std::async(std::launch::async, ask_once);
  BOOST_REQUIRE(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s));
  const auto second = ask_once();
  BOOST_REQUIRE(first.get());
  BOOST_TEST(second->provenance.shared);
  BOOST_TEST(requests_to(world, "/api/generate") == 1u);
  // Nothing is kept.
  BOOST_TEST(!ask_once()->provenance.cached);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(time_and_repetition)

BOOST_AUTO_TEST_CASE(a_complete_answer_that_is_late_is_not_asked_for_again) {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  World world{options, [](LLMClientConfig& config) {
                config.timeout = 300ms;
                config.settings(overseer).fallback_models = {"spare:1b"};
              }};
  world.sim.inject(Fault::stall_after_lines(2).times(0));
  const auto answer = world.api.generate("a", overseer);
  BOOST_TEST(code(answer) == "request_timeout");
  BOOST_TEST(answer.error().partial == "one two");
  BOOST_TEST(answer.error().attempts == 1u);
  BOOST_TEST(requests_to(world, "/api/generate") == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_without_a_byte_is_sent_again_once) {
  World world{default_models(), [](LLMClientConfig& config) { config.timeout = 200ms; }};
  world.sim.inject(Fault::stall_before_response().on("/api/generate").times(0));
  const auto answer = world.api.generate("a", overseer);
  BOOST_TEST(code(answer) == "first_token_timeout");
  BOOST_TEST(answer.error().attempts == 2u);
}

BOOST_AUTO_TEST_CASE(a_model_that_works_for_somebody_else_is_not_unloaded) {
  auto options = default_models();
  options.models[0].reply = "a b c d e f g h i j k l m n o p q r s t u v w x y z";
  options.token_delay = 40ms;
  options.parallel_slots = 1;
  World world{options, [](LLMClientConfig& config) { config.gap_timeout = 10s; }};
  auto first = std::async(std::launch::async,
                          [&] { return world.api.generate_streaming("long", overseer, {}); });
  BOOST_REQUIRE(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.lines_sent > 2; }, 5s));
  GenerateOptions hurried;
  hurried.timeout = 200ms;
  const auto second = world.api.generate("short", overseer, hurried);
  BOOST_TEST(code(second) == "slot_timeout");
  BOOST_TEST(first.get().has_value());
  BOOST_TEST(world.api.stats(overseer)->healed == 0u);
}

BOOST_AUTO_TEST_CASE(a_list_that_hangs_blames_the_server_and_no_model) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.timeout = 200ms;
                config.max_retries = 0;
              }};
  world.sim.inject(Fault::stall_before_response().on("/api/tags").times(0));
  const auto list = world.api.list_available_models();
  BOOST_REQUIRE(!list);
  BOOST_TEST(to_string(list.error().code) == "server_timeout");
  BOOST_TEST(list.error().subject == world.sim.base_url());
}

BOOST_AUTO_TEST_CASE(a_download_that_stands_still_names_the_setting_that_limits_it) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.timeout = 200ms;
                config.max_retries = 0;
              }};
  world.sim.inject(Fault::stall_after_lines(1).on("/api/pull").times(0));
  const auto pulled = world.api.pull_model("fresh:1b");
  BOOST_REQUIRE(!pulled);
  BOOST_TEST(to_string(pulled.error().code) == "download_stalled");
}

BOOST_AUTO_TEST_CASE(a_short_restart_of_ollama_costs_queued_requests_nothing) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.max_retries = 3;
                config.retry_delay = 200ms;
                config.limits.max_concurrent = 2;
                config.circuit.max_failures = 2;
              }};
  // What is under way is cut, what waits is sent to nobody, until the server is back.
  world.sim.inject(Fault::stall_before_response().on("/api/generate").times(2));
  std::vector<std::future<Result<LLMResponse>>> answers;
  for (int i = 0; i < 20; ++i)
    answers.push_back(std::async(std::launch::async, [&world, i] {
      return world.api.generate("prompt " + std::to_string(i), overseer);
    }));
  BOOST_REQUIRE(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == 2; }, 5s));
  world.sim.stop();
  // Long enough for several refusals.
  world.sim.wait_until([](const simulator::Counters&) { return false; }, 500ms);
  world.sim.start();
  for (auto& answer : answers)
    BOOST_TEST(code(answer.get()) == "answered");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(what_is_told)

BOOST_AUTO_TEST_CASE(the_callback_of_a_blocking_stream_can_tell_that_it_started_over) {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  World world{options,
              [](LLMClientConfig& config) { config.stream_recovery = StreamRecovery::restart; }};
  world.sim.inject(Fault::close_after_lines(3));
  std::string text;
  int restarts = 0;
  const auto answer = world.api.generate_streaming("x", overseer, [&](const LLMStreamChunk& chunk) {
    if (chunk.restarted) {
      ++restarts;
      text.clear();
      BOOST_TEST(chunk.seq == 0u);
    }
    text += chunk.response;
    return true;
  });
  BOOST_REQUIRE(answer);
  BOOST_TEST(restarts == 1);
  BOOST_TEST(text == "one two three four five six");
  BOOST_TEST(text == answer->response);
}

BOOST_AUTO_TEST_CASE(the_reason_of_the_server_follows_the_sentence) {
  World world;
  world.sim.inject(
      Fault::respond(500, R"x({"error":"model requires more system memory (11.1 GiB) than is )x"
                          R"x(available (8.5 GiB)"})x")
          .on("/api/generate")
          .times(0));
  const auto answer = world.api.generate("a", overseer);
  BOOST_TEST(code(answer) == "out_of_memory");
  BOOST_TEST(sentence(answer.error())
                 .ends_with("Reason: model requires more system memory (11.1 GiB) than is "
                            "available (8.5 GiB)"));
}

BOOST_AUTO_TEST_CASE(whoever_asks_after_the_system_gave_up_is_told_so) {
  World world{default_models(), [](LLMClientConfig& config) { config.restarts.max_restarts = 0; }};
  const auto role = world.llm().role(overseer);
  world.kill("ModelManagerActor");
  caf::scoped_actor self{world.system()};
  self->monitor(caf::actor_cast<caf::actor_addr>(world.llm().root()));
  self->receive([](const caf::down_msg&) {});
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(code(world.api.generate("a", overseer)) == "restart_budget_exhausted");
  const auto list = world.api.list_available_models();
  BOOST_REQUIRE(!list);
  BOOST_TEST(to_string(list.error().code) == "restart_budget_exhausted");
  const auto config = world.api.load_config();
  BOOST_REQUIRE(!config);
  BOOST_TEST(to_string(config.error().code) == "restart_budget_exhausted");
}

BOOST_AUTO_TEST_CASE(settings_that_name_nodes_are_refused_unless_the_work_is_to_be_done_here) {
  World world;
  auto config = quick(world.sim);
  config.nodes.addresses = {"127.0.0.1:11435"};
  LLMSystemOptions options;
  options.store = make_memory_store(config);
  const auto refused = LLMSystem::start(world.system(), std::move(options));
  BOOST_REQUIRE(!refused);
  BOOST_TEST(to_string(refused.error().code) == "config_value_invalid");
  LLMSystemOptions here;
  here.store = make_memory_store(config);
  here.ignore_nodes = true;
  const auto started = LLMSystem::start(world.system(), std::move(here));
  BOOST_TEST(started.has_value());
}

BOOST_AUTO_TEST_CASE(a_system_logs_to_its_own_logger_a_line_for_each_failed_attempt) {
  World world;
  std::ostringstream text;
  {
    LLMSystemOptions options;
    auto config = quick(world.sim);
    config.max_retries = 1;
    options.store = make_memory_store(config);
    options.logger = std::make_shared<spdlog::logger>(
        "own", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
    const auto system = LLMSystem::start(world.system(), std::move(options));
    BOOST_REQUIRE(system);
    LLMIntegration api{world.system(), **system};
    world.sim.inject(Fault::respond(500, R"({"error":"boom"})").on("/api/generate").times(0));
    GenerateOptions request;
    request.id = {"the-request"};
    BOOST_TEST(code(api.generate("a", overseer, request)) == "server_error");
  }
  const auto log = text.str();
  BOOST_TEST_CONTEXT(log) {
    BOOST_TEST(log.find("request the-request, attempt 1 with llama3.1:8b: server_error") !=
               std::string::npos);
    BOOST_TEST(log.find("[HTTP 500]") != std::string::npos);
    BOOST_TEST(log.find("trying again in") != std::string::npos);
    BOOST_TEST(log.find("request the-request failed") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_prompt_that_was_cut_is_flagged_by_the_window_in_force) {
  auto models = default_models();
  models.models[0].context_length = 512;
  World world{models};
  std::string prompt;
  for (int i = 0; i < 2000; ++i)
    prompt += "word ";
  // The model's own limit is below the window that is asked for.
  GenerateOptions options;
  options.num_ctx = 32'768;
  BOOST_TEST(world.api.generate(prompt, overseer, options)->provenance.prompt_truncated);
  BOOST_TEST(!world.api.generate("short", overseer, options)->provenance.prompt_truncated);
  BOOST_TEST(requests_to(world, "/api/ps") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_whole_api)

BOOST_AUTO_TEST_CASE(a_model_is_made_from_a_file_and_sent_to_its_registry) {
  World world;
  const auto file =
      (std::filesystem::temp_directory_path() / ("nexus-blob-" + std::to_string(::getpid())))
          .string();
  std::ofstream{file, std::ios::binary} << std::string(200'000, 'x');
  const auto digest = world.api.upload_blob(file);
  BOOST_REQUIRE(digest);
  BOOST_TEST(digest->starts_with("sha256:"));
  // The second time Ollama has it already.
  BOOST_TEST(world.api.upload_blob(file).value() == *digest);
  std::filesystem::remove(file);
  std::vector<std::string> states;
  const auto made = world.api.create_model(
      {.model = "mine:1b", .files = {{"weights.gguf", *digest}}, .system = "Be kind."},
      [&states](const PullProgress& progress) { states.push_back(progress.status); });
  BOOST_REQUIRE_MESSAGE(made, log_line(made.error()));
  BOOST_TEST(!states.empty());
  BOOST_TEST(world.api.check_model_available("mine:1b").value());
  BOOST_TEST(world.api.push_model({.model = "mine:1b"}).has_value());
  const auto nothing = world.api.create_model({.model = "mine:1b"});
  BOOST_REQUIRE(!nothing);
  BOOST_TEST(to_string(nothing.error().code) == "invalid_argument");
  const auto missing = world.api.upload_blob(file);
  BOOST_REQUIRE(!missing);
  BOOST_TEST(to_string(missing.error().code) == "invalid_argument");
}

BOOST_AUTO_TEST_CASE(a_server_that_hangs_does_not_hold_a_file_for_ever) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.timeout = 500ms;
                config.max_retries = 0;
              }};
  const auto file =
      (std::filesystem::temp_directory_path() / ("nexus-hung-" + std::to_string(::getpid())))
          .string();
  std::ofstream{file, std::ios::binary} << "some bytes";
  const auto answered = [&] {
    const auto digest = world.api.upload_blob(file);
    return digest ? "answered" : std::string{to_string(digest.error().code)};
  };
  const auto path = "/api/blobs/" + blob_digest(file).value();
  world.sim.inject(Fault::stall_before_response().on(path));
  BOOST_TEST(answered() == "server_timeout");
  world.sim.inject(Fault::stall_before_response().on(path).after(1));
  BOOST_TEST(answered() == "download_stalled");
  BOOST_TEST(answered() == "answered");
  std::filesystem::remove(file);
}

BOOST_AUTO_TEST_CASE(log_probabilities_come_with_the_answer_and_with_its_chunks) {
  World world;
  GenerateOptions options;
  options.logprobs = true;
  options.top_logprobs = 2;
  std::size_t streamed = 0;
  const auto answer = world.api.generate_streaming(
      "a", overseer,
      [&streamed](const LLMStreamChunk& chunk) {
        streamed += chunk.logprobs.size();
        return true;
      },
      options);
  BOOST_REQUIRE(answer);
  BOOST_TEST(!answer->logprobs.empty());
  BOOST_TEST(streamed == answer->logprobs.size());
  BOOST_TEST(answer->logprobs[0].top_logprobs.size() == 2u);
  BOOST_TEST(world.api.generate("b", overseer, options)->logprobs.size() > 0u);
}

BOOST_AUTO_TEST_CASE(loads_prompts_and_embeddings_of_a_model_do_not_make_it_reload) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.settings(overseer).num_ctx = 2048;
                config.settings(overseer).options = R"({"num_thread":2})";
                config.model(AIRole::implementation) = config.model(AIRole::overseer);
              }};
  BOOST_REQUIRE(world.api.load_model("llama3.1:8b"));
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE(world.api.generate("a", overseer));
    BOOST_REQUIRE(world.api.embed({.input = {"a"}}, overseer));
    BOOST_REQUIRE(world.api.chat({{.role = ChatRole::user, .content = "a"}}, implementation));
  }
  BOOST_TEST(world.sim.counters().loads_started == 1u);
  BOOST_TEST(world.sim.counters().reloads == 0u);
}

BOOST_AUTO_TEST_CASE(what_the_server_decides_is_left_to_it) {
  World world;
  BOOST_REQUIRE(world.api.load_model("llama3.1:8b"));
  BOOST_REQUIRE(world.api.generate("a", overseer));
  for (const auto& request : world.sim.requests()) {
    BOOST_TEST(request.body.find("num_ctx") == std::string::npos);
    BOOST_TEST(request.body.find("keep_alive") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace field_test
