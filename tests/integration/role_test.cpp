// SPDX-License-Identifier: BSD-3-Clause
#include <future>

#include "tests/integration/fixture.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(roles)

BOOST_AUTO_TEST_CASE(checks_of_several_requests_share_one_list) {
  World world;
  std::vector<std::future<Result<bool>>> checks;
  for (int i = 0; i < 8; ++i)
    checks.push_back(std::async(
        std::launch::async, [&world] { return world.api.check_model_available("LLAMA3.1:8B"); }));
  for (auto& check : checks)
    BOOST_TEST(check.get().value());
  BOOST_TEST(!world.api.check_model_available("llama3.1").value());
  std::size_t lists = 0;
  for (const auto& request : world.sim.requests())
    lists += request.target == "/api/tags" ? 1 : 0;
  BOOST_TEST(lists <= 3u);
}

BOOST_AUTO_TEST_CASE(nothing_is_loaded_unasked) {
  World world;
  BOOST_REQUIRE(world.api.list_available_models());
  BOOST_REQUIRE(world.api.check_model_available("llama3.1:8b"));
  BOOST_TEST(world.sim.counters().loads_started == 0u);
}

BOOST_AUTO_TEST_CASE(every_request_carries_the_context_window_and_keep_alive_of_its_role) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.settings(overseer).num_ctx = 1234;
                config.settings(overseer).keep_alive = {"7m"};
                config.settings(overseer).system = "Be brief.";
              }};
  BOOST_REQUIRE(world.api.generate("a", overseer));
  const auto body = world.sim.requests().back().body;
  BOOST_TEST(body.find("\"num_ctx\":1234") != std::string::npos);
  BOOST_TEST(body.find("\"keep_alive\":\"7m\"") != std::string::npos);
  BOOST_TEST(body.find("\"system\":\"Be brief.\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(changed_settings_take_effect_without_a_restart) {
  World world;
  BOOST_REQUIRE(world.api.update_config(R"({"roles":{"overseer":{"numCtx":4321}}})"));
  BOOST_REQUIRE(world.api.generate("a", overseer));
  BOOST_TEST(world.sim.requests().back().body.find("\"num_ctx\":4321") != std::string::npos);
  const auto wrong = world.api.update_config(R"({"timeout":"long"})");
  BOOST_REQUIRE(!wrong);
  BOOST_TEST(sentence(wrong.error()).find("llm.timeout") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_list_of_models_is_read_anew_at_a_new_address) {
  World world{default_models(), [](LLMClientConfig& config) { config.model_list_ttl = 24h; }};
  simulator::Simulator other{default_models()};
  BOOST_REQUIRE(world.api.generate("a", overseer));
  BOOST_REQUIRE(world.api.update_config(R"({"baseUrl":")" + other.base_url() + R"("})"));
  BOOST_REQUIRE(world.api.generate("a", overseer));
  const auto asked = other.requests();
  BOOST_REQUIRE(!asked.empty());
  BOOST_TEST(asked.front().target == "/api/tags");
}

BOOST_AUTO_TEST_CASE(a_batch_larger_than_the_queue_does_not_overload_it) {
  World world{default_models(), [](LLMClientConfig& config) { config.limits.queue_length = 1; }};
  const auto batch = world.api.batch(std::vector<std::string>(50, "again"), overseer);
  BOOST_REQUIRE(batch);
  for (const auto& item : batch->items)
    BOOST_TEST(item.response.has_value());
}

BOOST_AUTO_TEST_CASE(repeatable_answers_are_kept_and_others_are_not) {
  World world{default_models(), [](LLMClientConfig& config) { config.cache.enabled = true; }};
  GenerateOptions repeatable;
  repeatable.temperature = 0;
  const auto first = world.api.generate("a", overseer, repeatable);
  const auto second = world.api.generate("a", overseer, repeatable);
  BOOST_REQUIRE(first);
  BOOST_REQUIRE(second);
  BOOST_TEST(!first->provenance.cached);
  BOOST_TEST(second->provenance.cached);
  BOOST_TEST(second->provenance.attempts == 0u);
  BOOST_TEST(first->response == second->response);
  auto bypass = repeatable;
  bypass.bypass_cache = true;
  BOOST_TEST(!world.api.generate("a", overseer, bypass)->provenance.cached);
  BOOST_REQUIRE(world.api.generate("b", overseer));
  BOOST_TEST(!world.api.generate("b", overseer)->provenance.cached);
  BOOST_TEST(world.api.stats(overseer)->cache_hits == 1u);
}

BOOST_AUTO_TEST_CASE(identical_streams_in_flight_share_one_call_from_its_start) {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  World world{options, [](LLMClientConfig& config) { config.cache.enabled = true; }};
  world.sim.inject(Fault::stall_after_lines(3, 300ms));
  GenerateOptions repeatable;
  repeatable.seed = 7;
  caf::scoped_actor self{world.system()};
  Probe first{world.system()};
  Probe second{world.system()};
  auto begin = [&](Probe& probe) {
    return ask(self, world.llm().role(overseer), deadline, generate_streaming_atom_v,
               std::string{"x"}, repeatable, probe.handle());
  };
  [[maybe_unused]] auto one = begin(first);
  first.wait_until([](const Heard& heard) { return heard.chunks.size() == 3; });
  [[maybe_unused]] auto two = begin(second);
  const auto heard_first = first.wait_for_end();
  const auto heard_second = second.wait_for_end();
  heard_first.check_order();
  heard_second.check_order();
  BOOST_TEST(heard_first.text() == "one two three four five six");
  BOOST_TEST(heard_second.text() == heard_first.text());
  BOOST_TEST(!heard_first.chunks.back().final->provenance.shared);
  BOOST_TEST(heard_second.chunks.back().final->provenance.shared);
  std::size_t calls = 0;
  for (const auto& request : world.sim.requests())
    calls += request.target == "/api/generate" ? 1 : 0;
  BOOST_TEST(calls == 1u);
}

BOOST_AUTO_TEST_CASE(tools_thinking_and_formats_reach_the_model_and_come_back) {
  auto options = default_models();
  options.models[0].calls_first_tool = true;
  options.models[2].capabilities = {"completion", "thinking"};
  World world{options};
  GenerateOptions with_tool;
  with_tool.tools = {
      {.name = "get_weather",
       .description = "Weather of a city",
       .parameters = R"({"type":"object","properties":{"city":{"type":"string"}}})"}};
  const auto call =
      world.api.chat({{.role = ChatRole::user, .content = "Weather?"}}, overseer, with_tool);
  BOOST_REQUIRE(call);
  BOOST_REQUIRE(call->tool_calls.size() == 1u);
  BOOST_TEST(call->tool_calls[0].name == "get_weather");
  GenerateOptions thinking;
  thinking.model = "spare:1b";
  thinking.think = Think::on;
  const auto thought =
      world.api.chat({{.role = ChatRole::user, .content = "Why?"}}, overseer, thinking);
  BOOST_REQUIRE(thought);
  BOOST_TEST(!thought->thinking.empty());
  GenerateOptions json;
  json.format = Format::json();
  BOOST_TEST(world.api.generate("an object", overseer, json)->response.starts_with("{"));
}

BOOST_AUTO_TEST_CASE(a_long_prompt_and_a_short_answer_are_flagged) {
  World world;
  GenerateOptions options;
  options.num_ctx = 16;
  options.max_tokens = 3;
  std::string prompt;
  for (int i = 0; i < 200; ++i)
    prompt += "word ";
  const auto answer = world.api.generate(prompt, overseer, options);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->provenance.prompt_truncated);
  BOOST_TEST(answer->provenance.cut_by_length);
}

BOOST_AUTO_TEST_CASE(models_are_managed_from_pull_to_delete) {
  World world;
  std::vector<PullProgress> progress;
  BOOST_REQUIRE(world.api.pull_model(
      "fresh:1b", [&progress](const PullProgress& report) { progress.push_back(report); }));
  BOOST_TEST(!progress.empty());
  BOOST_TEST(world.api.check_model_available("fresh:1b").value());
  BOOST_REQUIRE(world.api.load_model("fresh:1b", {"10m"}));
  BOOST_TEST(world.api.running_models()->models.size() == 1u);
  BOOST_REQUIRE(world.api.unload_model("fresh:1b"));
  BOOST_REQUIRE(world.api.copy_model("fresh:1b", "second:1b"));
  BOOST_TEST(world.api.show_model("second:1b")->context_length > 0u);
  BOOST_REQUIRE(world.api.delete_model("second:1b"));
  BOOST_TEST(!world.api.check_model_available("second:1b").value());
  const auto missing = world.api.show_model("second:1b");
  BOOST_REQUIRE(!missing);
  BOOST_TEST(to_string(missing.error().code) == "model_not_found");
}

BOOST_AUTO_TEST_CASE(embeddings_come_one_for_each_text) {
  World world;
  [[maybe_unused]] auto one = world.api.embed({.input = {"a", "b"}}, overseer);
  BOOST_REQUIRE(one);
  BOOST_TEST(one->embeddings.size() == 2u);
  const auto none = world.api.embed({.input = {}}, overseer);
  BOOST_REQUIRE(!none);
  BOOST_TEST(to_string(none.error().code) == "invalid_prompt");
}

BOOST_AUTO_TEST_CASE(the_old_server_is_understood_too) {
  auto options = default_models();
  options.personality = simulator::Personality::v0_5_4;
  World world{options};
  BOOST_TEST(world.api.generate("a", overseer).has_value());
  BOOST_TEST(world.api.chat({{.role = ChatRole::user, .content = "a"}}, overseer).has_value());
  BOOST_TEST(world.api.generate_streaming("a", overseer, {}).has_value());
  // It reports failures as status 200 with an error line.
  world.sim.inject(Fault::error_line(0, "llama runner process has terminated").times(0));
  const auto failed = world.api.generate_streaming("a", overseer, {});
  BOOST_REQUIRE(!failed);
  BOOST_TEST(to_string(failed.error().code) == "model_load_failed");
}

BOOST_AUTO_TEST_CASE(requests_that_are_not_answered_are_told_with_phase_and_model) {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  World world{options, [](LLMClientConfig& config) { config.limits.max_concurrent = 1; }};
  BOOST_TEST(world.api.running_requests(overseer).value().total == 0u);
  world.sim.inject(Fault::stall_after_lines(3));
  caf::scoped_actor self{world.system()};
  Probe probe{world.system()};
  [[maybe_unused]] auto one =
      ask(self, world.llm().role(overseer), deadline, generate_streaming_atom_v, std::string{"x"},
          GenerateOptions{.id = {"one"}}, probe.handle());
  probe.wait_until([](const Heard& heard) { return heard.chunks.size() == 3; });
  [[maybe_unused]] auto two =
      ask(self, world.llm().role(overseer), deadline, chat_atom_v,
          std::vector<ChatMessage>{{.content = "x"}}, GenerateOptions{.id = {"two"}});
  const auto running = world.api.running_requests(overseer).value();
  BOOST_TEST(running.total == 2u);
  BOOST_REQUIRE(running.requests.size() == 2u);
  const auto& first = running.requests[0];
  BOOST_TEST(first.id.value == "one");
  BOOST_TEST(to_string(first.task) == "generate");
  BOOST_TEST(to_string(first.phase) == "first_token");
  BOOST_TEST(first.model == "llama3.1:8b");
  BOOST_TEST(first.attempts == 1u);
  BOOST_TEST(first.age.count() >= 0);
  const auto& second = running.requests[1];
  BOOST_TEST(second.id.value == "two");
  BOOST_TEST(to_string(second.task) == "chat");
  BOOST_TEST(to_string(second.phase) == "queued");
  BOOST_TEST(second.attempts == 0u);
  BOOST_TEST(world.api.running_requests(AIRole::implementation).value().total == 0u);
  BOOST_TEST(world.api.cancel(overseer, {"two"}).value());
  BOOST_TEST(world.api.running_requests(overseer).value().total == 1u);
  BOOST_TEST(world.api.cancel(overseer, {"one"}).value());
  BOOST_TEST(world.api.running_requests(overseer).value().total == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
