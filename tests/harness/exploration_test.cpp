// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "nexus_llm/testing/script.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "tests/reliability/process.hpp"

using namespace nexus::llm;
using namespace nexus::llm::testing;

BOOST_AUTO_TEST_SUITE(exploration)

namespace {

constexpr auto overseer = AIRole::overseer;
constexpr std::uint64_t orders = test::sanitized ? 3 : 12;

/// Whether there was anything to do it to.
using Act = std::function<bool(Script&)>;

/// One play in which something is done at a chosen message, between `begin` and `end`.
class Exploring {
public:
  Exploring(std::size_t moment, Act act) : moment_{moment}, act_{std::move(act)} {}

  void begin(Script& script) { script_ = &script; }
  void end() { script_ = nullptr; }
  void on_handled(const std::string& line) {
    lines_.push_back(line);
    if (script_ == nullptr || ++handled_ != moment_)
      return;
    reached_ = true;
    acted_ = act_(*script_);
  }

  [[nodiscard]] bool reached() const { return reached_; }
  [[nodiscard]] bool acted() const { return acted_; }
  /// How many messages were handled whose line in the trace holds this text.
  [[nodiscard]] std::size_t count(std::string_view text) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_, [text](const auto& line) { return line.find(text) != std::string::npos; }));
  }

private:
  std::size_t moment_;
  Act act_;
  Script* script_ = nullptr;
  std::size_t handled_ = 0;
  bool reached_ = false;
  bool acted_ = false;
  std::vector<std::string> lines_;
};

/// Plays a script over and over: something is done at each moment that there is, in several orders
/// of messages. How often it was played.
std::size_t explore(const std::string& what, const Act& act,
                    const std::function<void(Script&, Exploring&)>& body) {
  std::size_t plays = 0;
  for (std::uint64_t seed = 0; seed <= orders; ++seed) {
    bool reached = true;
    for (std::size_t moment = 1; reached; ++moment, ++plays) {
      Exploring exploring{moment, act};
      ScriptOptions options{.name = what + " at message " + std::to_string(moment), .seed = seed};
      options.trace = [&exploring](const std::string& line) { exploring.on_handled(line); };
      play(options, [&](Script& script) { body(script, exploring); });
      reached = exploring.reached();
    }
  }
  return plays;
}

Act kill(const std::string& name) {
  return [name](Script& script) { return script.fails_now(name); };
}

constexpr auto answer_to_plan = "RequestActor/plan -> plan: LLMResponse";

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

BOOST_AUTO_TEST_CASE(a_component_that_dies_at_any_moment_in_any_order_costs_nobody_an_answer) {
  for (const char* component : {"ConfigActor", "OllamaClientActor", "StreamingActor",
                                "ModelManagerActor", "RoleActor/overseer"}) {
    const auto runs = explore(std::string{component} + " dies", kill(component),
                              [](Script& script, Exploring& exploring) {
                                script.given_model("llama3.1:8b", "one two three");
                                script.settle();
                                exploring.begin(script);
                                stream_and_answer(script);
                                exploring.end();
                              });
    BOOST_TEST_MESSAGE(component << ": " << runs << " deaths");
    BOOST_TEST(runs > 30u * orders);
  }
}

BOOST_AUTO_TEST_CASE(a_request_cancelled_at_any_moment_in_any_order_ends_once) {
  std::size_t cancelled = 0;
  std::size_t answered = 0;
  const auto cancel = [](Script& script) {
    anon_tell(script.llm().role(overseer), cancel_atom_v, RequestId{"plan"});
    return true;
  };
  explore("cancelled", cancel, [&](Script& script, Exploring& exploring) {
    script.given_model("llama3.1:8b", "one two three");
    const auto view = script.subscriber("view", Hears::stream);
    exploring.begin(script);
    const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
    exploring.end();
    if (exploring.count(answer_to_plan) > 0) {
      ++answered;
      view.sees_stream("one two three");
      plan.is_answered();
    } else {
      ++cancelled;
      view.sees_failure(ErrorCode::cancelled);
      plan.fails(ErrorCode::cancelled);
    }
  });
  BOOST_TEST_MESSAGE(cancelled << " cancelled, " << answered << " answered");
  BOOST_TEST(cancelled > 50u);
  BOOST_TEST(answered > 10u);
}

BOOST_AUTO_TEST_CASE(a_request_that_dies_at_any_moment_in_any_order_is_answered_once) {
  std::size_t died = 0;
  std::size_t answered = 0;
  explore("dies", kill("RequestActor/plan"), [&](Script& script, Exploring& exploring) {
    script.given_model("llama3.1:8b", "one two three");
    const auto view = script.subscriber("view", Hears::stream);
    exploring.begin(script);
    const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
    const auto other = script.prompt(overseer, "Count again");
    script.settle();
    exploring.end();
    // The caller and its subscriber hear the same end: the answer where it was on its way.
    if (exploring.count(answer_to_plan) == 0) {
      ++died;
      BOOST_TEST(exploring.acted());
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
  BOOST_TEST_MESSAGE(died << " died, " << answered << " answered");
  BOOST_TEST(died > 50u);
  BOOST_TEST(answered > 10u);
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_that_dies_at_any_moment_in_any_order_is_answered_once) {
  std::size_t died = 0;
  explore("cancelled, and dies", kill("RequestActor/plan"),
          [&](Script& script, Exploring& exploring) {
            script.given_model("llama3.1:8b");
            const auto view = script.subscriber("view", Hears::stream);
            const auto plan = script.prompt(overseer, "Count", {.listener = &view, .name = "plan"});
            script.ollama_is_asked("POST /api/generate").says({"one "});
            exploring.begin(script);
            anon_tell(script.llm().role(overseer), cancel_atom_v, RequestId{"plan"});
            script.settle();
            exploring.end();
            died += exploring.acted() ? 1 : 0;
            const auto code = exploring.count(R"(-> plan: error {"code":"cancelled")") > 0
                                  ? ErrorCode::cancelled
                                  : ErrorCode::component_failed;
            plan.fails(code);
            view.sees_failure(code);
            BOOST_TEST(exploring.count("-> plan: error") == 1u);
          });
  BOOST_TEST_MESSAGE(died << " deaths");
  BOOST_TEST(died > 5u * orders);
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
