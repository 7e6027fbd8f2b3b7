#include <boost/test/unit_test.hpp>

#include "runtime/harness/script.hpp"
#include "runtime/harness/script_failure.hpp"
#include "tests/reliability/process.hpp"

using namespace nexus::llm;
using namespace nexus::llm::testing;

namespace {

constexpr auto overseer = AIRole::overseer;
constexpr std::uint64_t orders = test::sanitized ? 3 : 12;

/// Plays a script over and over: a component dies when so many messages have been handled, at each
/// moment that there is, in several orders of messages.
std::size_t kill_at_each_moment(const std::string& component,
                                const std::function<void(Script&)>& body) {
  std::size_t runs = 0;
  for (std::uint64_t seed = 0; seed <= orders; ++seed) {
    bool reached = true;
    for (std::size_t moment = 1; reached; ++moment, ++runs) {
      reached = false;
      std::size_t handled = 0;
      Script* playing = nullptr;
      ScriptOptions options{.name = component + " dies at message " + std::to_string(moment),
                            .seed = seed};
      options.trace = [&](const std::string&) {
        if (playing == nullptr || ++handled != moment)
          return;
        reached = true;
        playing->fails_now(component);
      };
      play(options, [&](Script& script) {
        script.settle();
        playing = &script;
        body(script);
        playing = nullptr;
      });
    }
  }
  return runs;
}

void stream_and_answer(Script& script) {
  const auto view = script.subscriber("view", Hears::stream);
  const auto plan = script.prompt(overseer, "Count", view);
  const auto other = script.prompt(overseer, "Count again");
  // A model manager that dies before it has an answer is asked again at once.
  view.sees_stream("one two three");
  plan.is_answered(R"({"response": "one two three"})");
  other.is_answered(R"({"response": "one two three"})");
}

} // namespace

BOOST_AUTO_TEST_SUITE(exploration)

BOOST_AUTO_TEST_CASE(a_component_that_dies_at_any_moment_in_any_order_costs_nobody_an_answer) {
  for (const char* component : {"ConfigActor", "OllamaClientActor", "StreamingActor",
                                "ModelManagerActor", "RoleActor/overseer"}) {
    const auto runs = kill_at_each_moment(component, [](Script& script) {
      script.given_model("llama3.1:8b", "one two three");
      stream_and_answer(script);
    });
    BOOST_TEST_MESSAGE(component << ": " << runs << " deaths");
    BOOST_TEST(runs > 30u * orders);
  }
}

BOOST_AUTO_TEST_CASE(a_request_cancelled_at_any_moment_in_any_order_ends_once) {
  std::size_t cancelled = 0;
  std::size_t answered = 0;
  for (std::uint64_t seed = 0; seed <= orders; ++seed) {
    bool reached = true;
    for (std::size_t moment = 1; reached; ++moment) {
      reached = false;
      std::size_t handled = 0;
      Script* playing = nullptr;
      bool over = false;
      ScriptOptions options{.name = "cancelled at message " + std::to_string(moment), .seed = seed};
      options.trace = [&](const std::string& line) {
        over = over || line.find("RequestActor/plan -> plan: LLMResponse") != std::string::npos;
        if (playing == nullptr || ++handled != moment)
          return;
        reached = true;
        anon_tell(playing->llm().role(overseer), cancel_atom_v, RequestId{"plan"});
      };
      play(options, [&](Script& script) {
        script.given_model("llama3.1:8b", "one two three");
        const auto view = script.subscriber("view", Hears::stream);
        playing = &script;
        const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
        playing = nullptr;
        if (over) {
          ++answered;
          view.sees_stream("one two three");
          plan.is_answered();
        } else {
          ++cancelled;
          view.sees_failure(ErrorCode::cancelled);
          plan.fails(ErrorCode::cancelled);
        }
      });
    }
  }
  BOOST_TEST_MESSAGE(cancelled << " cancelled, " << answered << " answered");
  BOOST_TEST(cancelled > 50u);
  BOOST_TEST(answered > 10u);
}

BOOST_AUTO_TEST_CASE(a_request_that_dies_at_any_moment_in_any_order_is_answered_once) {
  std::size_t died = 0;
  std::size_t answered = 0;
  for (std::uint64_t seed = 0; seed <= orders; ++seed) {
    bool reached = true;
    for (std::size_t moment = 1; reached; ++moment) {
      reached = false;
      std::size_t handled = 0;
      Script* playing = nullptr;
      bool killed = false;
      bool over = false;
      ScriptOptions options{.name = "dies at message " + std::to_string(moment), .seed = seed};
      options.trace = [&](const std::string& line) {
        over = over || line.find("RequestActor/plan -> plan: LLMResponse") != std::string::npos;
        if (playing == nullptr || ++handled != moment)
          return;
        reached = true;
        killed = playing->fails_now("RequestActor/plan");
      };
      play(options, [&](Script& script) {
        script.given_model("llama3.1:8b", "one two three");
        const auto view = script.subscriber("view", Hears::stream);
        playing = &script;
        const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
        const auto other = script.prompt(overseer, "Count again");
        script.settle();
        playing = nullptr;
        // The caller and its subscriber hear the same end: the answer where it was on its way.
        if (!over) {
          ++died;
          BOOST_TEST(killed);
          view.sees_failure(ErrorCode::component_failed);
          plan.fails(ErrorCode::component_failed);
        } else {
          ++answered;
          view.sees_stream("one two three");
          plan.is_answered(R"({"response": "one two three"})");
        }
        // No other request notices.
        other.is_answered(R"({"response": "one two three"})");
      });
    }
  }
  BOOST_TEST_MESSAGE(died << " died, " << answered << " answered");
  BOOST_TEST(died > 50u);
  BOOST_TEST(answered > 10u);
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_that_dies_at_any_moment_is_answered_once) {
  std::size_t died = 0;
  bool reached = true;
  for (std::size_t moment = 1; reached; ++moment) {
    reached = false;
    std::size_t handled = 0;
    Script* playing = nullptr;
    std::size_t answers = 0;
    bool cancelled = false;
    ScriptOptions options{.name = "cancelled, and dies at message " + std::to_string(moment)};
    options.trace = [&](const std::string& line) {
      auto tells = [&line](const char* what) { return line.find(what) != std::string::npos; };
      answers += tells("-> plan: error") ? 1 : 0;
      cancelled = cancelled || (tells("-> plan: error") && tells("\"cancelled\""));
      if (playing == nullptr || ++handled != moment)
        return;
      reached = playing->fails_now("RequestActor/plan");
      died += reached ? 1 : 0;
    };
    play(options, [&](Script& script) {
      script.given_model("llama3.1:8b");
      const auto view = script.subscriber("view", Hears::stream);
      const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
      script.ollama_is_asked("POST /api/generate").says({"one "});
      playing = &script;
      anon_tell(script.llm().role(overseer), cancel_atom_v, RequestId{"plan"});
      script.settle();
      playing = nullptr;
      const auto code = cancelled ? ErrorCode::cancelled : ErrorCode::component_failed;
      plan.fails(code);
      view.sees_failure(code);
    });
    BOOST_TEST(answers == 1u);
  }
  BOOST_TEST_MESSAGE(died << " deaths");
  BOOST_TEST(died > 5u);
}

BOOST_AUTO_TEST_CASE(the_stream_of_a_request_that_dies_while_nobody_serves_streams_ends) {
  play({.name = "both die"}, [](Script& script) {
    script.given_model("llama3.1:8b");
    const auto view = script.subscriber("view", Hears::stream);
    const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
    static_cast<void>(script.ollama_is_asked("POST /api/generate"));
    script.component_dies("StreamingActor");
    static_cast<void>(script.ollama_is_asked("POST /api/generate"));
    // This time, its successor waits.
    script.component_dies("StreamingActor");
    BOOST_TEST(script.fails_now("RequestActor/plan"));
    script.settle();
    view.sees_failure(ErrorCode::component_failed);
    plan.fails(ErrorCode::component_failed);
  });
}

BOOST_AUTO_TEST_CASE(
    requests_are_admitted_in_the_order_in_which_they_came_in_any_order_of_messages) {
  play_in_orders({.name = "four at once"}, orders, [](Script& script) {
    script.given_config(R"({"limits": {"maxConcurrent": 1}})");
    script.given_model("llama3.1:8b");
    script.settle();
    for (const char* prompt : {"1", "2", "3", "4"})
      anon_tell(script.llm().role(overseer), generate_atom_v, std::string{prompt});
    for (const char* prompt : {"1", "2", "3", "4"})
      script.ollama_is_asked("POST /api/generate", R"({"prompt": ")" + std::string{prompt} + "\"}")
          .answers("x");
  });
}

BOOST_AUTO_TEST_SUITE_END()
