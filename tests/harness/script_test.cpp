// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <caf/event_based_actor.hpp>

#include <set>

#include "nexus_llm/testing/script.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "tests/reliability/process.hpp"

using namespace nexus::llm;
using namespace nexus::llm::testing;
using namespace std::chrono_literals;

namespace script_test {

namespace {

constexpr auto overseer = AIRole::overseer;

/// All messages of a script, a line each.
std::vector<std::string> trace_of(std::uint64_t seed, const std::function<void(Script&)>& body) {
  std::vector<std::string> lines;
  play({.seed = seed, .trace = [&lines](const std::string& line) { lines.push_back(line); }}, body);
  return lines;
}

void two_requests(Script& script) {
  script.given_model("llama3.1:8b", "one two three");
  script.given_model("qwen2.5-coder:7b", "int main");
  const auto view = script.subscriber("view", Hears::stream);
  const auto code = script.subscriber("code", Hears::stream);
  const auto plan = script.prompt(overseer, "Plan", view);
  const auto write = script.prompt(AIRole::implementation, "Write", code);
  view.sees_stream("one two three");
  code.sees_stream("int main");
  plan.is_answered(R"({"response": "one two three"})");
  write.is_answered(R"({"response": "int main"})");
}

/// The report of a script that must fail.
std::string failure_of(const std::function<void(Script&)>& body) {
  try {
    play({.name = "the script"}, body);
  } catch (const ScriptFailure& failure) {
    return failure.what();
  }
  return "it did not fail";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scripts)

BOOST_AUTO_TEST_CASE(the_same_script_gives_the_same_messages_every_time) {
  BOOST_TEST(trace_of(0, two_requests) == trace_of(0, two_requests),
             boost::test_tools::per_element());
  BOOST_TEST(trace_of(7, two_requests) == trace_of(7, two_requests),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_seed_is_another_order_of_messages) {
  std::set<std::vector<std::string>> orders;
  for (std::uint64_t seed = 0; seed <= 20; ++seed)
    orders.insert(trace_of(seed, two_requests));
  BOOST_TEST(orders.size() == 21u);
}

BOOST_AUTO_TEST_CASE(other_orders_find_a_race_that_the_natural_order_hides) {
  // Two actors report to a third, whose answer depends on who was first.
  auto racy = [](Script& script) {
    auto& system = script.system();
    const auto judge = system.spawn([] {
      const auto first = std::make_shared<std::string>();
      return caf::behavior{[first](const std::string& who) {
                             if (first->empty())
                               *first = who;
                           },
                           [first](stats_atom) { return *first; }};
    });
    auto runner = [judge](caf::event_based_actor* self) {
      return caf::behavior{[self, judge](const std::string& who) { tell(self, judge, who); }};
    };
    script.name_actor(judge, "judge");
    const std::vector runners{system.spawn(runner), system.spawn(runner)};
    script.name_actor(runners[0], "Ada");
    script.name_actor(runners[1], "Bob");
    anon_tell(runners[0], std::string{"Ada"});
    anon_tell(runners[1], std::string{"Bob"});
    script.settle();
    script.ask_actor(judge, stats_atom_v).is_answered(R"(["Ada"])");
  };
  play({}, racy);
  BOOST_CHECK_THROW(play_in_orders({}, 20, racy), ScriptFailure);
}

BOOST_AUTO_TEST_CASE(ten_thousand_seconds_of_retries_take_less_than_one) {
  const auto begun = std::chrono::steady_clock::now();
  play({}, [](Script& script) {
    script.given_config(
        R"({"maxRetries": 100, "maxRetryDelay": 100000, "circuitBreaker": {"maxFailures": 0}})");
    script.given_model("llama3.1:8b");
    std::uint32_t prompts = 0;
    while (script.now() < 10'000s) {
      const auto plan = script.prompt(overseer, "Count");
      for (int attempt = 0; attempt <= 100; ++attempt)
        script.ollama_is_asked("POST /api/generate", {}, 100s).resets();
      plan.fails(ErrorCode::connection_lost, R"({"attempts": 101})");
      ++prompts;
    }
    BOOST_TEST(prompts == 2u);
  });
  const auto took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST_MESSAGE("took " << std::chrono::duration<double>(took).count() << " s");
  BOOST_TEST((took < (test::sanitized ? 20s : 1s)));
}

BOOST_AUTO_TEST_CASE(time_passes_timer_by_timer_and_not_in_one_leap) {
  // Each wait begins where the one before ended, although all pass in one step.
  play({}, [](Script& script) {
    script.given_config(R"({"retryDelay": 1000, "maxRetryDelay": 1000})");
    script.given_model("llama3.1:8b");
    const auto plan = script.prompt(overseer, "Count");
    script.ollama_is_asked("POST /api/generate").resets();
    script.ollama_stops();
    script.time_passes(10s);
    plan.fails(ErrorCode::connection_refused, R"({"attempts": 4})");
    const auto wire = script.now();
    BOOST_TEST(wire.count() == std::chrono::nanoseconds{10s}.count());
    script.ollama_starts();
  });
}

BOOST_AUTO_TEST_CASE(a_message_can_be_lost) {
  play({}, [](Script& script) {
    script.given_model("llama3.1:8b");
    const auto view = script.subscriber("view", Hears::stream);
    script.drop("StreamingActor", "view", chunk("two "));
    const auto plan = script.prompt(overseer, "Count", view);
    const auto asked = script.ollama_is_asked("POST /api/generate");
    asked.says({"one ", "two ", "three"});
    asked.finishes();
    view.sees({chunk("one "), chunk("three"), ending("one two three")});
    plan.is_answered(R"({"response": "one two three"})");
  });
}

BOOST_AUTO_TEST_CASE(a_message_can_come_later_than_those_behind_it) {
  play({}, [](Script& script) {
    script.given_model("llama3.1:8b");
    const auto view = script.subscriber("view", Hears::stream);
    script.delay("StreamingActor", "view", chunk("one "), 5s);
    const auto plan = script.prompt(overseer, "Count", view);
    const auto asked = script.ollama_is_asked("POST /api/generate");
    asked.says({"one ", "two "});
    asked.finishes();
    view.sees({chunk("two "), ending("one two ")});
    plan.is_answered();
    script.time_passes(4999ms);
    view.sees_nothing_more();
    script.time_passes(1ms);
    view.sees({chunk("one ")});
  });
}

BOOST_AUTO_TEST_CASE(another_message_can_come_in_its_place) {
  play({}, [](Script& script) {
    script.given_model("llama3.1:8b");
    script.given_model("mistral:7b");
    // The request believes what it is told of the model.
    script.replace("RequestActor/requester 1", "OllamaClientActor", "generate",
                   R"(["generate", {"LLMRequest": {"id": "run-1", "model": "mistral:7b",
                       "prompt": "Something else"}}])");
    const auto plan = script.prompt(overseer, "Count");
    script.ollama_is_asked("POST /api/generate", R"({"prompt": "Something else"})").answers("x");
    plan.is_answered(R"({"response": "x"})");
  });
}

BOOST_AUTO_TEST_CASE(any_actor_can_be_driven_by_itself) {
  play({}, [](Script& script) {
    const auto view = script.subscriber("view");
    const auto owner = script.subscriber("owner");
    script.tell("StreamingActor", R"(["open", "stream", 1, "owner"])");
    script.ask("StreamingActor", R"(["subscribe", "stream", "mine", "view"])").is_answered();
    script.tell(
        "StreamingActor",
        R"([{"StreamBatch": {"id": "stream", "attempt": 1, "chunks": [{"response": "a"}]}}])");
    script.tell("StreamingActor",
                R"(["finish", "stream", {"LLMResponse": {"response": "a", "done": true}}])");
    view.sees({progress(Phase::first_token), chunk("a"), progress(Phase::done), ending("a")});
    owner.sees({R"(["seen", "stream", 1])", R"(["release", "stream", "mine", "view"])",
                R"(["release", "stream"])"});
  });
}

BOOST_AUTO_TEST_CASE(a_stand_in_that_dies_has_a_successor_which_is_asked_again) {
  play({}, [](Script& script) {
    const auto manager = script.replaces("ModelManagerActor");
    const auto plan = script.prompt(overseer, "Count");
    static_cast<void>(manager.gets(R"(["resolve", "overseer", "", [], false])"));
    manager.dies();
    manager.gets("resolve").answers(R"({"name": "llama3.1:8b"})");
    script.ollama_is_asked("POST /api/generate", R"({"model": "llama3.1:8b"})").answers("one");
    plan.is_answered(R"({"response": "one"})");
  });
}

BOOST_AUTO_TEST_CASE(a_script_that_is_over_leaves_no_actor_behind) {
  // Streams, requests and timers that are under way when it ends do not keep it from ending.
  play({}, [](Script& script) {
    script.given_model("llama3.1:8b");
    const auto view = script.subscriber("view", Hears::stream);
    const auto plan = script.prompt(overseer, "Count", view);
    const auto asked = script.ollama_is_asked("POST /api/generate");
    asked.says({"one "});
    view.sees({chunk("one ")});
    plan.waits();
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(script_failures)

BOOST_AUTO_TEST_CASE(a_failure_shows_expected_beside_actual_with_line_fields_and_time) {
  const auto report = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    const auto view = script.subscriber("view", Hears::stream);
    static_cast<void>(script.prompt(overseer, "Count", view));
    const auto asked = script.ollama_is_asked("POST /api/generate");
    script.time_passes(1500ms);
    asked.says({"one ", "two "});
    view.sees({chunk("one "), chunk("zwei "), chunk("three")});
  });
  BOOST_TEST(contains(report, "script_test.cpp:"));
  BOOST_TEST(contains(report, "`the script`: the subscriber view got something else than number 2: "
                              ".LLMStreamChunk.response is \"two \", not \"zwei \""));
  BOOST_TEST(contains(report, "[virtual time +1.500 s]"));
  BOOST_TEST(contains(report, "expected of the subscriber view"));
  BOOST_TEST(contains(report, "LLMStreamChunk {\"response\":\"zwei \"}"));
  BOOST_TEST(contains(report, "+1.500 s LLMStreamChunk"));
  BOOST_TEST(contains(report, "\n = "));
  BOOST_TEST(contains(report, "\n ! "));
  BOOST_TEST(contains(report, "\n - "));
  BOOST_TEST(contains(report, "StreamingActor -> view"));
}

BOOST_AUTO_TEST_CASE(a_failure_names_the_line_of_its_step) {
  std::size_t line = 0;
  const auto report = failure_of([&line](Script& script) {
    script.given_model("llama3.1:8b");
    static_cast<void>(script.prompt(overseer, "Count"));
    line = __LINE__ + 1;
    static_cast<void>(script.ollama_is_asked("POST /api/chat"));
  });
  BOOST_TEST(report.starts_with(std::string{__FILE__} + ":" + std::to_string(line) + ":"));
}

BOOST_AUTO_TEST_CASE(what_happens_beyond_the_script_is_a_failure) {
  const auto unseen = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    static_cast<void>(script.prompt(overseer, "Count"));
  });
  BOOST_TEST(contains(unseen, "Ollama got more than the script expects"));
  const auto unheard = failure_of([](Script& script) {
    script.given_model("llama3.1:8b", "one");
    static_cast<void>(script.prompt(overseer, "Count"));
  });
  BOOST_TEST(contains(unheard, "the requester requester 1 got more than the script expects"));
}

BOOST_AUTO_TEST_CASE(an_interception_that_met_no_message_is_a_failure) {
  const auto report = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    script.drop("RetrySupervisor", "StreamingActor", "open");
  });
  BOOST_TEST(contains(report, "no message \"open\" went from RetrySupervisor to StreamingActor"));
}

BOOST_AUTO_TEST_CASE(an_error_is_not_taken_for_an_answer) {
  const auto report = failure_of([](Script& script) {
    const auto plan = script.prompt(overseer, "Count");
    plan.is_answered();
  });
  BOOST_TEST(contains(report, "has an error, not an answer"));
  BOOST_TEST(contains(report, "model_not_found"));
}

BOOST_AUTO_TEST_CASE(a_missing_answer_is_a_failure) {
  const auto report = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    const auto plan = script.prompt(overseer, "Count");
    static_cast<void>(script.ollama_is_asked("POST /api/generate"));
    plan.is_answered();
  });
  BOOST_TEST(contains(report, "the requester requester 1 did not get what it expects"));
}

BOOST_AUTO_TEST_CASE(steps_that_make_no_sense_say_why) {
  BOOST_TEST(contains(failure_of([](Script& script) { script.given_config(R"({"timeuot": 1})"); }),
                      "this step cannot be played: the settings are not valid: `llm.timeuot`"));
  BOOST_TEST(contains(failure_of([](Script& script) {
                        script.settle();
                        script.tell("StreamingActor", R"(["opne", "x", 1])");
                      }),
                      "`StreamingActor` is not told"));
  BOOST_TEST(
      contains(failure_of([](Script& script) {
                 script.tell("StreamingActor", R"(["open", "x", "1", "overseer"])");
               }),
               "it does not fit [\"open\", a request id, a number, an actor]: element 2 must be a "
               "whole number"));
  BOOST_TEST(contains(failure_of([](Script& script) { script.component_dies("Nobody"); }),
                      "there is no actor `Nobody`; there are "));
  BOOST_TEST(contains(
      failure_of([](Script& script) { static_cast<void>(script.replaces("RoleActor/poet")); }),
      "there is no component `RoleActor/poet`"));
  BOOST_TEST(contains(failure_of([](Script& script) {
                        static_cast<void>(script.subscriber("a"));
                        static_cast<void>(script.subscriber("a"));
                      }),
                      "there is a `a` already"));
  BOOST_TEST(contains(
      failure_of([](Script& script) { static_cast<void>(script.ollama_is_asked("x", "{")); }),
      "A pattern is not JSON"));
}

BOOST_AUTO_TEST_CASE(a_requester_without_an_answer_is_a_failure_unless_it_is_said) {
  const auto report = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    static_cast<void>(script.prompt(overseer, "Count"));
    static_cast<void>(script.ollama_is_asked("POST /api/generate"));
  });
  BOOST_TEST(contains(report, "the requester requester 1 still waits for its answer"));
}

BOOST_AUTO_TEST_CASE(what_is_said_after_the_end_of_an_answer_is_an_error) {
  auto after_end = [](const std::function<void(const Asked&)>& more) {
    return failure_of([&more](Script& script) {
      script.given_model("llama3.1:8b");
      static_cast<void>(script.prompt(overseer, "Count"));
      const auto asked = script.ollama_is_asked("POST /api/generate");
      asked.answers("one");
      more(asked);
    });
  };
  const auto words = "the answer to POST /api/generate has ended already";
  BOOST_TEST(contains(after_end([](const Asked& asked) { asked.answers("two"); }), words));
  BOOST_TEST(contains(after_end([](const Asked& asked) { asked.resets(); }), words));
  BOOST_TEST(contains(after_end([](const Asked& asked) { asked.refuses(500, "no"); }), words));
  const auto begun = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    const auto view = script.subscriber("view");
    static_cast<void>(script.prompt(overseer, "Count", view));
    const auto asked = script.ollama_is_asked("POST /api/generate");
    asked.says({"one"});
    asked.refuses(503, "busy");
  });
  BOOST_TEST(contains(begun, "the answer has begun already"));
  const auto whole = failure_of([](Script& script) {
    script.given_model("llama3.1:8b");
    static_cast<void>(script.ask("overseer", R"(["embed", {"EmbedRequest": {"input": ["a"]}}])"));
    script.ollama_is_asked("POST /api/embed").says({"one"});
  });
  BOOST_TEST(contains(whole, "the request does not ask for a stream"));
}

BOOST_AUTO_TEST_CASE(a_reply_of_a_dead_stand_in_is_an_error_and_so_is_a_second_one) {
  const auto dead = failure_of([](Script& script) {
    const auto manager = script.replaces("ModelManagerActor");
    static_cast<void>(script.prompt(overseer, "Count"));
    const auto first = manager.gets("resolve");
    manager.dies();
    first.answers(R"({"name": "llama3.1:8b"})");
  });
  BOOST_TEST(contains(dead, "the `ModelManagerActor` that got this message is dead"));
  const auto twice = failure_of([](Script& script) {
    const auto manager = script.replaces("ModelManagerActor");
    static_cast<void>(script.prompt(overseer, "Count"));
    const auto first = manager.gets("resolve");
    first.answers(R"({"name": "llama3.1:8b"})");
    first.answers(R"({"name": "llama3.1:8b"})");
  });
  BOOST_TEST(contains(twice, "this message has its answer already"));
}

BOOST_AUTO_TEST_CASE(an_interception_that_happened_too_seldom_is_a_failure) {
  const auto report = failure_of([](Script& script) {
    script.given_model("llama3.1:8b", "one");
    const auto view = script.subscriber("view", Hears::stream);
    script.drop("StreamingActor", "view", R"({"LLMStreamChunk": {}})", 50);
    const auto plan = script.prompt(overseer, "Count", view);
    plan.is_answered();
  });
  BOOST_TEST(contains(report, "was met 2 times, not 50"));
}

BOOST_AUTO_TEST_CASE(names_of_nobody_are_errors) {
  BOOST_TEST(contains(failure_of([](Script& script) {
                        static_cast<void>(script.observe("Typo", "StreamingActor"));
                      }),
                      "there is no actor `Typo`"));
  BOOST_TEST(
      contains(failure_of([](Script& script) { script.drop("StreamingActor", "NoSuch", "*"); }),
               "there is no actor `NoSuch`"));
  BOOST_TEST(contains(
      failure_of([](Script& script) { script.name_actor(script.llm().models(), "overseer"); }),
      "there is a `overseer` already"));
}

BOOST_AUTO_TEST_CASE(patterns_that_check_nothing_are_errors) {
  const auto report = failure_of([](Script& script) {
    const auto plan = script.prompt(overseer, "Count");
    plan.fails(ErrorCode::model_not_found, "anything");
  });
  BOOST_TEST(contains(report, "what an error is like is said by an object"));
}

BOOST_AUTO_TEST_CASE(a_stream_whose_end_has_another_text_is_a_failure) {
  const auto report = failure_of([](Script& script) {
    const auto view = script.subscriber("view");
    script.tell("view", R"([{"LLMStreamChunk": {"response": "a", "done": true,
                             "final": {"response": "b"}}}])");
    view.sees_stream("a");
  });
  BOOST_TEST(contains(report, "ends with another text: `b`"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(script_ends)

BOOST_AUTO_TEST_CASE(what_is_intercepted_does_not_hold_up_the_end_of_a_script) {
  const auto begun = std::chrono::steady_clock::now();
  try {
    play({}, [](Script& script) { script.drop("", "RetrySupervisor", "*", 9); });
  } catch (const ScriptFailure&) { // it was not met nine times
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 5s));
}

BOOST_AUTO_TEST_CASE(a_delayed_message_to_somebody_who_died_meanwhile_goes_nowhere) {
  play({}, [](Script& script) {
    const auto late = script.subscriber("late");
    const auto other = script.subscriber("other");
    const char* news = R"([{"RequestProgress": {"id": "x"}}])";
    script.delay("", "late", R"({"RequestProgress": {}})", 1s);
    script.drop("", "other", R"({"RequestProgress": {}})");
    script.tell("late", news);
    late.dies();
    script.time_passes(1s);
    script.tell("other", news);
    other.sees_nothing_more();
  });
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_refused_is_not_taken_for_the_next_one_over_http) {
  for (const auto over : {Over::memory, Over::http})
    play({.over = over}, [](Script& script) {
      script.given_model("llama3.1:8b");
      const auto plan = script.prompt(overseer, "Count");
      const auto first = script.ollama_is_asked("POST /api/generate");
      script.ollama_stops();
      script.time_passes(1s);
      script.ollama_starts();
      script.ollama_is_asked("POST /api/generate", {}, 60s).answers("one");
      plan.is_answered(R"({"provenance": {"attempts": 3}})");
    });
}

BOOST_AUTO_TEST_CASE(an_exchange_that_came_to_its_end_was_not_abandoned) {
  for (const auto over : {Over::memory, Over::http}) {
    std::string report;
    try {
      play({.over = over}, [](Script& script) {
        script.given_model("llama3.1:8b");
        const auto plan = script.prompt(overseer, "Count");
        const auto asked = script.ollama_is_asked("POST /api/generate");
        asked.answers("one");
        plan.is_answered();
        asked.is_abandoned();
      });
    } catch (const ScriptFailure& failure) {
      report = failure.what();
    }
    BOOST_TEST(contains(report, "nobody has broken off POST /api/generate"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace script_test
