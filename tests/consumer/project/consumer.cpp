// SPDX-License-Identifier: BSD-3-Clause
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <iostream>

#include <nexus_llm/llm_integration.hpp>
#include <nexus_llm/setup.hpp>
#include <nexus_llm/simulator/simulator.hpp>

int main() {
  using namespace nexus::llm;
  simulator::SimulatorOptions simulated;
  simulated.models = {{.name = "llama3.1:8b"}};
  simulator::Simulator ollama{simulated};
  caf::actor_system_config config;
  setup(config);
  caf::actor_system system{config};
  LLMSystemOptions options;
  LLMClientConfig settings;
  settings.base_url = ollama.base_url();
  options.store = make_memory_store(settings);
  auto llm = LLMSystem::start(system, std::move(options));
  if (!llm)
    return 1;
  const auto answer = LLMIntegration{system, **llm}.generate("Hello", AIRole::overseer);
  std::cout << (answer ? answer->response : sentence(answer.error())) << '\n';
  return answer ? 0 : 1;
}
