// SPDX-License-Identifier: BSD-3-Clause
// The sidecar as a process, on its standard streams.
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <chrono>
#include <string>

#include "tests/sidecar/sidecar_fixture.hpp"

namespace nexus::llm::sidecar::test {

namespace sidecar_test {

namespace {

using simulator::Counters;

/// A stream that is under way: its first chunk is there and the second will not come.
struct Streaming : Sidecar {
  Streaming() {
    simulator->inject(Fault::stall_after_lines(1));
    id = front.start("llm_generate_streaming", R"({"prompt":"Hello","role":"overseer"})");
    BOOST_REQUIRE(!front.note("llm/chunk").params.empty());
  }

  /// Whether Ollama was told within a tenth of a second, with room for a busy machine.
  void expect_cancelled_soon(std::chrono::steady_clock::time_point since) const {
    BOOST_TEST(wait_until([](const Counters& now) { return now.cancelled == 1; }));
    const auto left_at = simulator->requests().back().client_left_at;
    BOOST_REQUIRE(left_at.has_value());
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(*left_at - since);
    BOOST_TEST_MESSAGE("cancelled after " << took.count() << " ms");
    BOOST_TEST(took.count() < 1000);
  }

  std::string id;
};

} // namespace

BOOST_AUTO_TEST_SUITE(sidecar)

BOOST_FIXTURE_TEST_CASE(the_eight_commands_answer, Sidecar) {
  simulator->set_reply("llama3.1:8b", "A plan.");
  simulator->set_reply("qwen2.5-coder:7b", "Code.");
  const std::string chat =
      R"({"messages":[{"role":"user","content":"Hi"}],"role":"implementation"})";
  BOOST_TEST(front.call("llm_generate", R"({"prompt":"Hi","role":"overseer"})") == "\"A plan.\"");
  BOOST_TEST(front.call("llm_chat", chat) == "\"Code.\"");
  const auto generated = front.read_stream(
      front.start("llm_generate_streaming", R"({"prompt":"Hi","role":"overseer"})"));
  BOOST_TEST(generated.text == "A plan.");
  BOOST_TEST(json_at(generated.end, "response.response") == "\"A plan.\"");
  BOOST_TEST(json_at(generated.end, "response.doneReason") == "\"stop\"");
  const auto chatted = front.read_stream(front.start("llm_chat_streaming", chat));
  BOOST_TEST(chatted.text == "Code.");
  BOOST_TEST(contains(front.call("llm_list_models"), R"("name":"llama3.1:8b","available":true)"));
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"none"})") == "false");
  BOOST_TEST(front.call("llm_get_model_for_role", R"({"role":"overseer"})") == "\"llama3.1:8b\"");
  BOOST_TEST(front.call("llm_set_model_for_role", R"({"role":"overseer","modelName":"owl"})") ==
             "null");
  BOOST_TEST(front.call("llm_generate", R"({"prompt":"Hi","role":"overseer"})") == "\"Who.\"");
  // It stands in the file.
  BOOST_TEST(run({"role", "get", "overseer"}).out == "owl\n");
  child.close_input();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(child.err() == "");
}

BOOST_FIXTURE_TEST_CASE(a_stream_has_chunks_in_order_and_one_end, Sidecar) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "word" + std::to_string(i) + " \xF0\x9F\xA6\x89\xE2\x80\xA8";
  simulator->set_reply("llama3.1:8b", text);
  const auto first = front.start("llm_generate_streaming",
                                 R"({"prompt":"a","role":"overseer","options":{"id":"mine"}})");
  BOOST_TEST(first == "mine");
  const auto stream = front.read_stream(first);
  BOOST_TEST(stream.text == text);
  BOOST_TEST(stream.notes.back() == "llm/end");
  // Nothing of it follows, and its id is free again.
  BOOST_TEST(front.start("llm_generate_streaming",
                         R"({"prompt":"b","role":"overseer","options":{"id":"mine"}})") == "mine");
  BOOST_TEST(front.read_stream("mine").text == text);
  child.close_input();
  BOOST_TEST(front.any_note().method.empty());
}

BOOST_FIXTURE_TEST_CASE(a_request_is_cancelled_by_its_id, Streaming) {
  const auto since = std::chrono::steady_clock::now();
  BOOST_TEST(front.call("llm_cancel", R"({"id":")" + id + "\"}") == "true");
  const auto stream = front.read_stream(id);
  BOOST_TEST(stream.notes.back() == "llm/error");
  BOOST_TEST(json_at(stream.end, "error.data.category") == "\"cancelled\"");
  BOOST_TEST(contains(json_at(stream.end, "error.data.partial"), "simulated"));
  expect_cancelled_soon(since);
  BOOST_TEST(front.call("llm_cancel", R"({"id":")" + id + "\"}") == "false");
  // A request without a stream, too.
  simulator->inject(Fault::stall_before_response());
  const auto call =
      front.send("llm_generate", R"({"prompt":"x","role":"overseer","options":{"id":"g"}})");
  BOOST_TEST(wait_until([](const Counters& now) { return now.stalls_begun == 2; }));
  BOOST_TEST(front.call("llm_cancel", R"({"id":"g"})") == "true");
  BOOST_TEST(json_at(front.answer(call), "data.name") == "\"cancelled\"");
}

BOOST_FIXTURE_TEST_CASE(a_cancel_never_misses_what_was_started_before_it, Sidecar) {
  constexpr int rounds = 200;
  simulator->inject(Fault::stall_before_response().times(0));
  for (int i = 0; i < rounds; ++i) {
    // Both lines at once: the cancel must not overtake the request.
    const auto id = "r" + std::to_string(i);
    front.send("llm_generate_streaming",
               R"({"prompt":"x","role":"overseer","options":{"id":")" + id + "\"}}");
    BOOST_TEST(front.call("llm_cancel", R"({"id":")" + id + "\"}") == "true", id);
    BOOST_TEST(front.read_stream(id).notes.back() == "llm/error");
  }
}

BOOST_FIXTURE_TEST_CASE(an_error_is_told_in_a_sentence_and_in_detail_on_request, Sidecar) {
  const std::string none = R"({"prompt":"Hi","role":"overseer","options":{"model":"none"})";
  const auto error = front.call("llm_generate", none + "}");
  BOOST_TEST(json_at(error, "code") == "-32009");
  BOOST_TEST(json_at(error, "data.name") == "\"model_not_found\"");
  BOOST_TEST(contains(json_at(error, "message"), "none"));
  BOOST_TEST(json_at(error, "data.retryable") == "false");
  BOOST_TEST(json_at(error, "data.model") == "\"none\"");
  simulator->inject(Fault::error_line(2, "it broke").for_model("owl"));
  const auto stream = front.read_stream(front.start(
      "llm_generate_streaming", R"({"prompt":"Hi","role":"overseer","options":{"model":"owl"}})"));
  BOOST_TEST(json_at(stream.end, "error.data.name") == "\"stream_failed\"");
  BOOST_TEST(json_at(stream.end, "error.data.model") == "\"owl\"");
  BOOST_TEST(contains(json_at(stream.end, "error.message"), "it broke"));
  BOOST_TEST(json_at(stream.end, "error.data.attempts") == "1");
  simulator->stop();
  BOOST_TEST(json_at(front.call("llm_list_models"), "data.detail") == "");
  const auto told = front.call("llm_list_models", R"({"errorDetail":true})");
  BOOST_TEST(json_at(told, "data.name") == "\"connection_refused\"");
  BOOST_TEST(contains(json_at(told, "data.detail"), "connect"), told);
}

BOOST_FIXTURE_TEST_CASE(bad_lines_get_their_error_and_end_nothing, Streaming) {
  const auto code_of = [this](std::string_view line) {
    front.write(std::string{line} + "\n");
    return json_at(front.line(), "error.code");
  };
  BOOST_TEST(code_of("garbage") == "-32700");
  BOOST_TEST(code_of("[1]") == "-32600");
  BOOST_TEST(code_of(R"({"jsonrpc":"2.0","id":"x","method":"rm -rf"})") == "-32601");
  BOOST_TEST(code_of(R"({"jsonrpc":"2.0","id":"x","method":"llm_cancel"})") == "-32602");
  BOOST_TEST(code_of(R"({"jsonrpc":"2.0","id":"x","method":"llm_health","params":)"
                     R"({"errorDetail":"yes"}})") == "-32602");
  // An id of a call that is under way, and an id of a request that is under way.
  simulator->inject(Fault::stall_before_response());
  front.write(R"({"jsonrpc":"2.0","id":"x","method":"llm_generate","params":)"
              R"({"prompt":"x","role":"overseer"}})"
              "\n");
  BOOST_TEST(wait_until([](const Counters& now) { return now.stalls_begun == 2; }));
  BOOST_TEST(code_of(R"({"jsonrpc":"2.0","id":"x","method":"llm_version"})") == "-32600");
  BOOST_TEST(json_at(front.call("llm_generate", R"({"prompt":"x","role":"overseer","options":)"
                                                R"({"id":")" +
                                                    id + "\"}}"),
                     "code") == "-32602");
  // A line that no machine should hold, and a call behind it.
  const std::string mebibyte(1u << 20, 'x');
  for (int i = 0; i < 70; ++i)
    child.write(mebibyte);
  BOOST_TEST(code_of("") == "-32600");
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  // The stream has outlived all of it.
  BOOST_TEST(front.call("llm_cancel", R"({"id":")" + id + "\"}") == "true");
  BOOST_TEST(front.read_stream(id).notes.back() == "llm/error");
}

BOOST_FIXTURE_TEST_CASE(a_notification_is_done_and_not_answered, Streaming) {
  front.write(R"({"jsonrpc":"2.0","method":"llm_cancel","params":{"id":")" + id + "\"}}\n");
  front.write(R"({"jsonrpc":"2.0","method":"llm_check_model"})"
              "\n");
  BOOST_TEST(front.read_stream(id).notes.back() == "llm/error");
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  for (const auto& line : front.seen())
    BOOST_TEST(!contains(line, "\"id\":null"), line);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_costs_few_chunks_and_loses_no_text) {
  cli::test::Fixture setup;
  constexpr int words = 4000;
  std::string text;
  for (int i = 0; i < words; ++i)
    text += " word";
  setup.simulator->set_reply("llama3.1:8b", text);
  // Each word comes by itself, so that a reader that keeps up gets each as a chunk.
  setup.simulator->set_delays({}, {}, std::chrono::milliseconds{1});
  Child child{setup.child_options({"sidecar"})};
  auto front = front_of(child);
  const auto id = front.start("llm_generate_streaming", R"({"prompt":"a","role":"overseer"})");
  // Ollama is read to the end while nobody reads here.
  BOOST_TEST(setup.wait_until([](const Counters& now) { return now.answered >= 2; }));
  const auto stream = front.read_stream(id);
  BOOST_TEST((stream.text == text));
  // What fits the pipe, and the window.
  BOOST_TEST_MESSAGE(stream.notes.size() << " notifications");
  BOOST_TEST(stream.notes.size() < 1000u);
  BOOST_TEST(json_at(stream.end, "response.stats.evalCount") == std::to_string(words));
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_stops_is_not_read_from, Sidecar) {
  const std::string license(1u << 20, 'x');
  simulator->add_model({.name = "wordy", .license = license});
  // More than may wait.
  constexpr int calls = 8;
  for (int i = 0; i < calls; ++i)
    front.send("llm_show_model", R"({"modelName":"wordy"})");
  BOOST_TEST(child.wait_until_full());
  for (int i = 0; i < calls; ++i)
    BOOST_TEST(json_at(front.answer(i), "license").size() == license.size() + 2);
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
}

BOOST_FIXTURE_TEST_CASE(the_end_of_the_input_cancels_and_ends, Streaming) {
  const auto since = std::chrono::steady_clock::now();
  child.close_input();
  const auto stream = front.read_stream(id);
  BOOST_TEST(stream.notes.back() == "llm/error");
  BOOST_TEST(json_at(stream.end, "error.data.category") == "\"cancelled\"");
  BOOST_TEST(child.wait() == 0);
  expect_cancelled_soon(since);
}

BOOST_FIXTURE_TEST_CASE(the_end_of_the_input_answers_every_call, Sidecar) {
  simulator->inject(Fault::stall_before_response().on("/api/show"));
  const auto show = front.send("llm_show_model", R"({"modelName":"owl"})");
  BOOST_TEST(wait_until([](const Counters& now) { return now.stalls_begun == 1; }));
  child.close_input();
  BOOST_TEST(json_at(front.answer(show), "data.name") == "\"cancelled\"");
  BOOST_TEST(child.wait() == 0);
}

BOOST_FIXTURE_TEST_CASE(sigterm_cancels_and_ends, Streaming) {
  const auto since = std::chrono::steady_clock::now();
  child.signal(SIGTERM);
  BOOST_TEST(front.read_stream(id).notes.back() == "llm/error");
  BOOST_TEST(child.wait() == 0);
  expect_cancelled_soon(since);
}

BOOST_FIXTURE_TEST_CASE(sigterm_ends_it_though_nobody_reads, Sidecar) {
  simulator->add_model({.name = "wordy", .license = std::string(6u << 20, 'x')});
  // The last calls stay behind what nobody reads.
  for (int i = 0; i < 20; ++i)
    front.send("llm_show_model", R"({"modelName":"wordy"})");
  BOOST_TEST(child.wait_until_full());
  child.signal(SIGTERM);
  BOOST_TEST(child.wait_unread() == 0);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_parent_cancels_and_ends) {
  cli::test::Fixture setup;
  setup.simulator->inject(Fault::stall_after_lines(1));
  auto options = setup.child_options({"sidecar"});
  // The shell keeps stdin open for the sidecar, so that only the end of the shell is noticed.
  options.wrapper = {"/bin/sh", "-c", "exec 3<&0; \"$@\" <&3 & wait", "sh"};
  Child parent{options};
  auto front = front_of(parent);
  const auto id = front.start("llm_generate_streaming", R"({"prompt":"a","role":"overseer"})");
  BOOST_TEST(!front.note("llm/chunk").params.empty());
  parent.signal(SIGKILL);
  BOOST_TEST(setup.wait_until([](const Counters& now) { return now.cancelled == 1; }));
  BOOST_TEST(parent.wait() == 1000 + SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(changes_of_the_settings_are_told_whoever_makes_them, Sidecar) {
  BOOST_TEST(json_at(front.call("llm_get_config"), "models.overseer") == "\"llama3.1:8b\"");
  BOOST_TEST(json_at(front.call("llm_update_config", R"({"updates":{"maxRetries":2}})"),
                     "maxRetries") == "2");
  BOOST_TEST(json_at(front.note("llm/config").params, "config.maxRetries") == "2");
  BOOST_TEST(json_at(run({"config", "show", "--json"}).out, "maxRetries") == "2");
  // Another program.
  BOOST_TEST(run({"config", "set", "maxRetries", "4"}).code == 0);
  BOOST_TEST(json_at(front.note("llm/config").params, "config.maxRetries") == "4");
  const auto refused = front.call("llm_update_config", R"({"updates":{"maxRetries":-1}})");
  BOOST_TEST(json_at(refused, "data.category") == "\"configuration\"");
  BOOST_TEST(contains(json_at(refused, "message"), "maxRetries"));
}

BOOST_FIXTURE_TEST_CASE(supervision_is_told, Sidecar) {
  BOOST_TEST(
      front.call("llm_update_config", R"({"updates":{"circuitBreaker":{"maxFailures":1}}})") != "");
  simulator->stop();
  front.send("llm_generate", R"({"prompt":"x","role":"overseer"})");
  const auto note = front.note("llm/supervision");
  BOOST_TEST(json_at(note.params, "kind") == "\"circuit_opened\"");
  BOOST_TEST(json_at(front.call("llm_health"), "circuit.state") == "\"open\"");
}

BOOST_FIXTURE_TEST_CASE(the_version_does_not_wait_for_ollama, Sidecar) {
  BOOST_TEST(json_at(front.call("llm_version"), "ollama") != "");
  BOOST_TEST(
      front.call("llm_update_config", R"({"updates":{"maxRetries":3,"retryDelay":60000}})") != "");
  simulator->stop();
  const auto tries_again = front.send("llm_list_models");
  const auto versions = front.call("llm_version");
  BOOST_TEST(json_at(versions, "ollama") == "");
  BOOST_TEST(json_at(versions, "protocol") == "1");
  for (const auto& line : front.seen())
    BOOST_TEST(!contains(line, "\"id\":" + std::to_string(tries_again) + ","), line);
}

BOOST_FIXTURE_TEST_CASE(a_download_reports_and_can_be_cancelled, Sidecar) {
  const auto pull = front.send("llm_pull_model", R"({"modelName":"kite","id":"p"})");
  BOOST_TEST(front.answer(pull) == "null");
  auto note = front.note("llm/pull");
  BOOST_TEST(json_at(note.params, "id") == "\"p\"");
  BOOST_TEST(json_at(note.params, "model") == "\"kite\"");
  while (json_at(note.params, "status") != "\"success\"") {
    note = front.note("llm/pull");
    BOOST_REQUIRE(!note.method.empty());
  }
  BOOST_TEST(json_at(note.params, "completed") == json_at(note.params, "total"));
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"kite"})") == "true");
  simulator->inject(Fault::stall_after_lines(1).on("/api/pull"));
  const auto second = front.send("llm_pull_model", R"({"modelName":"crow","id":"p"})");
  BOOST_TEST(json_at(front.note("llm/pull").params, "model") == "\"crow\"");
  BOOST_TEST(front.call("llm_cancel", R"({"id":"p"})") == "true");
  BOOST_TEST(json_at(front.answer(second), "data.category") == "\"cancelled\"");
}

BOOST_FIXTURE_TEST_CASE(tools_go_both_ways_as_objects, Sidecar) {
  simulator->add_model({.name = "tool", .calls_first_tool = true});
  const std::string tool = R"({"name":"weather","description":"","parameters":{"type":"object",)"
                           R"("properties":{"city":{"type":"string"}},"required":["city"]}})";
  const auto id = front.start("llm_chat_streaming",
                              R"({"role":"overseer","messages":[{"role":"user","content":"?"}],)"
                              R"("options":{"model":"tool","tools":[)" +
                                  tool + "]}}");
  const auto stream = front.read_stream(id);
  const auto end = json::parse(stream.end);
  const auto& calls = *json::find(*json::find(*end, "response"), "toolCalls");
  BOOST_REQUIRE(calls.Size() == 1);
  BOOST_TEST((json::find_text(calls[0], "name") == "weather"));
  BOOST_TEST(calls[0]["arguments"].HasMember("city"));
  BOOST_TEST(contains(last_body("/api/chat"), R"("required":["city"])"));
}

BOOST_AUTO_TEST_CASE(what_keeps_it_from_starting_is_a_line_and_an_exit_code) {
  cli::test::Fixture setup;
  setup.write(setup.config_path(), R"({"llm": {"timeout": "soon"}})");
  const auto outcome = setup.run({"sidecar"});
  BOOST_TEST(outcome.code == 8);
  BOOST_TEST(json_at(outcome.out, "method") == "\"llm/fatal\"");
  BOOST_TEST(json_at(outcome.out, "params.error.data.name") == "\"config_value_invalid\"");
  BOOST_TEST(contains(outcome.err, "llm.timeout"));
}

BOOST_AUTO_TEST_CASE(an_option_that_would_be_ignored_is_refused) {
  const cli::test::Fixture setup;
  const auto outcome = setup.run({"sidecar", "--no-exit-with-stdin"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "always ends with stdin"), outcome.err);
}

BOOST_AUTO_TEST_CASE(it_speaks_to_a_node) {
  cli::test::Fixture setup;
  setup.simulator->set_reply("llama3.1:8b", "From afar.");
  Child node{setup.child_options({"serve", "--listen", "127.0.0.1:0"})};
  BOOST_REQUIRE(node.read_until("\n"));
  const auto address = node.out().substr(0, node.out().find('\n'));
  Child child{setup.child_options({"--connect", address, "sidecar"})};
  auto front = front_of(child);
  const auto stream = front.read_stream(
      front.start("llm_generate_streaming", R"({"prompt":"Hi","role":"overseer"})"));
  BOOST_TEST(stream.text == "From afar.");
  BOOST_TEST(front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  node.signal(SIGKILL);
  node.wait();
  BOOST_TEST(json_at(front.note("llm/supervision").params, "kind") == "\"component_failed\"");
}

BOOST_AUTO_TEST_CASE(answers_can_be_read_from_a_file_of_calls) {
  cli::test::Fixture setup;
  setup.write(setup.home / "calls",
              R"({"jsonrpc":"2.0","id":1,"method":"llm_check_model","params":)"
              R"({"modelName":"owl"}})");
  auto options = setup.child_options({"sidecar"});
  options.wrapper = {"/bin/sh", "-c", "exec \"$@\" <" + (setup.home / "calls").string(), "sh"};
  Child child{options};
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(child.out() == "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":true}\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace sidecar_test

} // namespace nexus::llm::sidecar::test
