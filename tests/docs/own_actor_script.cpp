// SPDX-License-Identifier: BSD-3-Clause
#include <caf/event_based_actor.hpp>

#include <iostream>

#include <nexus_llm/testing/script.hpp>
#include <nexus_llm/testing/script_failure.hpp>

using namespace nexus::llm;
using namespace nexus::llm::testing;

/// An actor of your own: asks the overseer for a plan and answers its first line.
caf::behavior planner(caf::event_based_actor* self, role_handle overseer) {
  return {[self, overseer](const std::string& job) -> caf::result<std::string> {
    auto promise = self->make_response_promise<std::string>();
    ask(self, overseer, std::chrono::minutes{10}, generate_atom_v, "Plan: " + job)
        .then(
            [promise](const LLMResponse& plan) mutable {
              promise.deliver(plan.response.substr(0, plan.response.find('\n')));
            },
            [promise](const caf::error& error) mutable { promise.deliver(error); });
    return promise;
  }};
}

int main() {
  try {
    play({.name = "the planner answers the first line"}, [](Script& script) {
      script.given_model("llama3.1:8b");
      const auto actor = script.system().spawn(planner, script.llm().role(AIRole::overseer));
      script.name_actor(actor, "planner");
      const auto wire = script.observe("planner", "overseer");

      const auto job = script.ask_actor(actor, std::string{"tea"});
      script.ollama_is_asked("POST /api/generate", R"({"prompt": "Plan: tea"})")
          .answers("Boil water.\nPour it.");

      wire.carries({R"(["generate", "Plan: tea"])"});
      job.is_answered(R"(["Boil water."])");
    });
  } catch (const ScriptFailure& failure) {
    std::cerr << failure.what();
    return 1;
  }
  return 0;
}
