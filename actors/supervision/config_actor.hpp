#pragma once

#include <memory>

#include "actors/internal_interfaces.hpp"
#include "config/config_watcher.hpp"
#include "nexus_llm/config_store.hpp"

namespace nexus::llm {

/// The ConfigActor, with what the watcher of its file sends to it: the file may have changed.
using config_actor = caf::typed_actor<sig<void, tick_atom>>::extend_with<settings_handle>;

/// Keeps the settings in force: answers `settings_handle` messages and tells the owner of every
/// change. A change is made to what is in force and to the store alike, so that what somebody edits
/// by hand has no effect before it is read on purpose. What others save in a file that is watched
/// is put in force where it is valid; where it is not, the log tells, and the settings stay as they
/// were. The store may block on a disk, so it runs on a thread of its own. When it dies, its
/// successor is given what is in force.
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
  /// Others may have changed the file.
  void reload(const std::filesystem::path& file);

  config_actor::pointer self_;
  LLMClientConfig config_; ///< in force
  std::shared_ptr<ConfigStore> store_;
  config_owner owner_;
  std::unique_ptr<ConfigWatcher> watcher_; ///< ends before the rest
};

[[nodiscard]] settings_handle spawn_config(caf::actor_system& system, LLMClientConfig config,
                                           std::shared_ptr<ConfigStore> store, config_owner owner);

} // namespace nexus::llm
