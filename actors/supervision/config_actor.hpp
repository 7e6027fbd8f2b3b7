// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "actors/internal_interfaces.hpp"
#include "config/config_watcher.hpp"
#include "nexus_llm/config_store.hpp"

namespace nexus::llm {

/// The ConfigActor, with the message of its file watcher: the file may have changed.
using config_actor = caf::typed_actor<sig<void, tick_atom>>::extend_with<settings_handle>;

/// ConfigActor. Accepts the messages of `settings_handle`, owns the settings in force, and notifies
/// its owner of every change. An update is applied to the settings in force and to the store
/// separately, so that a manual edit of a file that is not watched has no effect before it is
/// reloaded. A change of a watched file is put in force if it is valid; otherwise it is logged and
/// the settings stay as they are. Runs on its own thread, since the store may block on a disk. When
/// it dies, its successor gets the settings in force.
class ConfigActor {
public:
  using Base = config_actor::base;
  static constexpr const char* name = "ConfigActor";

  ConfigActor(config_actor::pointer self, LLMClientConfig config,
              std::shared_ptr<ConfigStore> store, config_owner owner);

  [[nodiscard]] config_actor::behavior_type make_behavior();

private:
  caf::result<LLMClientConfig> publish(Result<LLMClientConfig> config);
  [[nodiscard]] Result<LLMClientConfig> update(const std::string& merge_patch);
  void watch(const std::filesystem::path& file);
  void warn(std::string line);
  /// Another program may have changed the file.
  void reload(const std::filesystem::path& file);

  config_actor::pointer self_;
  LLMClientConfig config_; ///< in force
  std::shared_ptr<ConfigStore> store_;
  config_owner owner_;
  std::unique_ptr<ConfigWatcher> watcher_; ///< destroyed first
};

[[nodiscard]] settings_handle spawn_config(caf::actor_system& system, LLMClientConfig config,
                                           std::shared_ptr<ConfigStore> store, config_owner owner);

} // namespace nexus::llm
