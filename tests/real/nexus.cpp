// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/nexus.hpp"

#include "nexus_llm/setup.hpp"

namespace nexus::llm::real {

Nexus::Nexus(const Stage& stage, const std::function<void(LLMClientConfig&)>& change) {
  setup(config_);
  recommend(config_);
  system_ = std::make_unique<caf::actor_system>(config_);
  LLMClientConfig settings;
  settings.base_url = stage.base_url;
  settings.model(AIRole::overseer) = stage.model;
  settings.model(AIRole::implementation) = stage.model;
  if (change)
    change(settings);
  LLMSystemOptions options;
  options.store = make_memory_store(settings);
  llm_ = take(LLMSystem::start(*system_, std::move(options)));
  api_ = std::make_unique<LLMIntegration>(*system_, *llm_);
}

GenerateOptions repeatable(std::int32_t max_tokens) {
  GenerateOptions options;
  options.temperature = 0;
  options.seed = 7;
  options.max_tokens = max_tokens;
  return options;
}

GenerateOptions endless() {
  auto options = repeatable(1500);
  options.raw = true;
  return options;
}

} // namespace nexus::llm::real
