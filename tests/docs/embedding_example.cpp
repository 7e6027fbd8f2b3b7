// SPDX-License-Identifier: BSD-3-Clause
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <iostream>

#include <nexus_llm/llm_integration.hpp>
#include <nexus_llm/setup.hpp>

using namespace nexus::llm;

int main() {
  caf::actor_system_config config;
  setup(config);     // makes CAF know the message types
  recommend(config); // scheduler options that suit this library
  caf::actor_system system{config};
  auto llm = LLMSystem::start(system);
  if (!llm)
    return std::cerr << sentence(llm.error()) << '\n', 1;
  LLMIntegration api{system, **llm};
  auto answer = api.generate_streaming("Plan a release.", AIRole::overseer, [](const auto& chunk) {
    if (chunk.restarted) // the stream broke and starts over: what came before is void
      std::cout << "\n(from the start)\n";
    std::cout << chunk.response << std::flush;
    return true;
  });
  std::cerr << '\n' << (answer ? answer->model : sentence(answer.error())) << '\n';
  return answer ? 0 : exit_code(category(answer.error().code));
}
