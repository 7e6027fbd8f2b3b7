#include "tests/real/nexus.hpp"

#include <algorithm>
#include <cstdio>

#include "runtime/setup.hpp"

namespace nexus::llm::real {

OwnServer& Stage::server() const {
  if (own == nullptr)
    throw CheckSkipped{"needs a server of its own: an `ollama` on the PATH"};
  return *own;
}

void Stage::needs(std::string_view capability) const {
  if (std::find(able_to.begin(), able_to.end(), capability) == able_to.end())
    throw CheckSkipped{"the model has no capability " + std::string{capability}};
}

Nexus::Nexus(const Stage& stage, const std::function<void(LLMClientConfig&)>& change) {
  setup(config_);
  recommend(config_);
  system_ = std::make_unique<caf::actor_system>(config_);
  LLMClientConfig settings;
  settings.base_url = stage.base_url;
  settings.overseer_model = stage.model;
  settings.implementation_model = stage.model;
  if (change)
    change(settings);
  LLMSystemOptions options;
  options.store = make_memory_store(settings);
  llm_ = take(LLMSystem::start(*system_, std::move(options)));
  api_ = std::make_unique<LLMIntegration>(*system_, *llm_);
}

GenerateOptions repeatable(std::uint32_t max_tokens) {
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

Loaded loaded(const Stage& stage) {
  Loaded result;
  const auto document = stage.other.get("/api/ps").document();
  const auto* models = json::find(document, "models");
  if (models == nullptr || !models->IsArray())
    return result;
  for (const auto& model : models->GetArray()) {
    if (json::find_text(model, "name") != stage.model)
      continue;
    result.there = true;
    result.context_length = json::find_count(model, "context_length");
    if (const auto until = parse_wall_time(json::find_text(model, "expires_at").value_or("")))
      result.stays = std::chrono::duration_cast<std::chrono::seconds>(
          *until - std::chrono::system_clock::now());
  }
  return result;
}

std::string seconds_text(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>(time).count());
  return text;
}

std::string Stopwatch::text() const { return seconds_text(elapsed()); }

} // namespace nexus::llm::real
