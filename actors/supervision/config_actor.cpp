// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/config_actor.hpp"

#include <system_error>

#include "config/config_update.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

ConfigActor::ConfigActor(config_actor::pointer self, LLMClientConfig config,
                         std::shared_ptr<ConfigStore> store, config_owner owner)
    : self_{self}, config_{std::move(config)}, store_{std::move(store)}, owner_{std::move(owner)} {
  if (const auto file = store_->watched_file())
    watch(*file);
}

config_actor::behavior_type ConfigActor::make_behavior() {
  return {
      [this](get_config_atom) { return config_; },
      [this](save_config_atom, const LLMClientConfig& config) {
        return publish(store_->save(config));
      },
      [this](update_config_atom, const std::string& merge_patch) {
        return publish(update(merge_patch));
      },
      [this](reload_config_atom) { return publish(store_->load()); },
      [this](tick_atom) {
        if (const auto file = store_->watched_file())
          reload(*file);
      },
  };
}

caf::result<LLMClientConfig> ConfigActor::publish(Result<LLMClientConfig> config) {
  if (!config)
    return to_caf_error(std::move(config.error()));
  config_ = std::move(*config);
  tell(self_, owner_, update_config_atom_v, config_);
  return config_;
}

Result<LLMClientConfig> ConfigActor::update(const std::string& merge_patch) {
  auto stored = store_->update(merge_patch);
  if (!stored)
    return stored;
  auto changed = apply_update(config_, merge_patch);
  // The stored settings are valid, even if the update does not fit those in force.
  return changed ? store_->with_overrides(std::move(*changed)) : std::move(stored);
}

void ConfigActor::watch(const std::filesystem::path& file) {
  // The watcher must not keep its owner alive.
  auto look = [weak = caf::actor_cast<caf::weak_actor_ptr>(self_)] {
    if (const auto strong = weak.lock())
      anon_tell(caf::actor_cast<config_actor>(strong), tick_atom_v);
  };
  try {
    watcher_ = std::make_unique<ConfigWatcher>(file, look);
  } catch (const std::system_error& error) {
    warn("changes of " + file.string() + " by other programs are not noticed: " + error.what());
  }
  // The file may have changed since it was read.
  look();
}

void ConfigActor::reload(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return;
  auto config = store_->load();
  if (!config)
    return warn("the settings stay as they were: " + log_line(config.error()));
  config_ = std::move(*config);
  tell(self_, owner_, update_config_atom_v, config_);
}

void ConfigActor::warn(std::string line) {
  tell(self_, owner_, update_config_atom_v, std::move(line));
}

settings_handle spawn_config(caf::actor_system& system, LLMClientConfig config,
                             std::shared_ptr<ConfigStore> store, config_owner owner) {
  return spawn_detached<ConfigActor>(system, std::move(config), std::move(store), std::move(owner));
}

} // namespace nexus::llm
