#pragma once

#include <memory>

#include "actors/internal_interfaces.hpp"
#include "config/config_store.hpp"
#include "config/config_watcher.hpp"

namespace nexus::llm {

/// The ConfigActor, with what the watcher of its file sends to it: the file may have changed.
using config_internal = caf::typed_actor<sig<void, tick_atom>>::extend_with<config_actor>;

/// Keeps the settings: answers `config_actor` messages from the store and tells the owner of every
/// change. What others save in the file of the store is put in force, too, where it is valid; where
/// it is not, the log tells, and the settings stay as they were. The store may block on a disk, so
/// it runs on a thread of its own. When it dies, its successor reads the store again.
class ConfigActor {
public:
  using Base = config_internal::base;
  static constexpr const char* name = "ConfigActor";

  ConfigActor(config_internal::pointer self, std::shared_ptr<ConfigStore> store,
              config_owner owner);

  [[nodiscard]] config_internal::behavior_type make_behavior();

private:
  caf::result<LLMClientConfig> publish(Result<LLMClientConfig> config);
  void watch(const std::filesystem::path& file);
  void warn(std::string line);
  /// Others may have changed the file.
  void reload(const std::filesystem::path& file);

  config_internal::pointer self_;
  std::shared_ptr<ConfigStore> store_;
  config_owner owner_;
  std::unique_ptr<ConfigWatcher> watcher_; ///< ends before the rest
};

[[nodiscard]] config_actor spawn_config(caf::actor_system& system,
                                        std::shared_ptr<ConfigStore> store, config_owner owner);

} // namespace nexus::llm
