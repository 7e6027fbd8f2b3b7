// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>
#include <iostream>

#include <nexus_llm/testing/script.hpp>
#include <nexus_llm/testing/script_failure.hpp>

using namespace nexus::llm;
using namespace nexus::llm::testing;
using namespace std::chrono_literals;

void a_broken_connection_is_repeated(Script& script) {
  // Given these settings, this model, and a subscriber of streams.
  script.given_config(R"({"retryDelay": 1000})");
  script.given_model("llama3.1:8b");
  const auto view = script.subscriber("view", Hears::stream);

  // When the overseer role gets a prompt, Ollama is asked for it, and breaks the connection.
  const auto plan = script.prompt(AIRole::overseer, "Count to three", view);
  const auto first = script.ollama_is_asked("POST /api/generate", R"({"stream": true})");
  first.resets();
  script.ollama_is_not_asked();

  // After a second it is asked again.
  script.time_passes(1s);
  const auto second = script.ollama_is_asked("POST /api/generate");
  second.says({"one ", "two ", "three"});
  second.finishes();

  // The subscriber sees exactly this, and the requester gets the whole answer.
  view.sees({chunk("one "), chunk("two "), chunk("three"), ending("one two three")});
  plan.is_answered(R"({"response": "one two three", "provenance": {"attempts": 2}})");
}

int main() {
  try {
    play({.name = "a broken connection is repeated"}, a_broken_connection_is_repeated);
    play({.name = "over real HTTP", .over = Over::http}, a_broken_connection_is_repeated);
    play_in_orders({.name = "in other orders"}, 20, a_broken_connection_is_repeated);
  } catch (const ScriptFailure& failure) {
    std::cerr << failure.what();
    return 1;
  }
  return 0;
}
