#include "actors/supervision/config_actor.hpp"

namespace nexus::llm {

ConfigActor::ConfigActor(config_actor::pointer self, std::shared_ptr<ConfigStore> store,
                         config_owner owner)
    : self_{self}, store_{std::move(store)}, owner_{std::move(owner)} {}

config_actor::behavior_type ConfigActor::make_behavior() {
  return {
      [this](get_config_atom) -> caf::result<LLMClientConfig> {
        auto config = store_->load();
        if (!config)
          return to_caf_error(std::move(config.error()));
        return std::move(*config);
      },
      [this](save_config_atom, const LLMClientConfig& config) {
        return publish(store_->save(config));
      },
      [this](update_config_atom, const std::string& merge_patch) {
        return publish(store_->update(merge_patch));
      },
  };
}

caf::result<LLMClientConfig> ConfigActor::publish(Result<LLMClientConfig> config) {
  if (!config)
    return to_caf_error(std::move(config.error()));
  tell(self_, owner_, update_config_atom_v, *config);
  return std::move(*config);
}

config_actor spawn_config(caf::actor_system& system, std::shared_ptr<ConfigStore> store,
                          config_owner owner) {
  return spawn_state<ConfigActor, caf::detached>(system, std::move(store), std::move(owner));
}

} // namespace nexus::llm
