#pragma once

#include <memory>

#include "actors/internal_interfaces.hpp"
#include "config/config_store.hpp"

namespace nexus::llm {

/// Keeps the settings: answers `config_actor` messages from the store and tells the owner of every
/// change. The store may block on a disk, so it runs on a thread of its own. When it dies, its
/// successor reads the store again.
class ConfigActor {
public:
  using Base = config_actor::base;
  static constexpr const char* name = "ConfigActor";

  ConfigActor(config_actor::pointer self, std::shared_ptr<ConfigStore> store, config_owner owner);

  [[nodiscard]] config_actor::behavior_type make_behavior();

private:
  caf::result<LLMClientConfig> publish(Result<LLMClientConfig> config);

  config_actor::pointer self_;
  std::shared_ptr<ConfigStore> store_;
  config_owner owner_;
};

[[nodiscard]] config_actor spawn_config(caf::actor_system& system,
                                        std::shared_ptr<ConfigStore> store, config_owner owner);

} // namespace nexus::llm
