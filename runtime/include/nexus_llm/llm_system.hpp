// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "nexus_llm/config_store.hpp"
#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/llm_handles.hpp"
#include "nexus_llm/log.hpp"

namespace nexus::llm {

struct Handles;
struct SupervisorParts;
struct SystemSeams;

/// Options for `LLMSystem::start`.
struct LLMSystemOptions {
  /// Source of the settings. If null, the system reads `config_file`. If that is not set either, it
  /// reads the file that `find_config` finds.
  std::unique_ptr<ConfigStore> store;
  std::optional<std::filesystem::path> config_file;
  /// Receives a line for each failed attempt, each failed request and each restart of a component.
  /// If null, the system uses the logger of the process (`set_logger`), which by default writes
  /// warnings and errors to stderr.
  std::shared_ptr<spdlog::logger> logger;
  /// Processes requests in this process even if the settings name nodes.
  bool ignore_nodes = false;
  /// Applies changes that other programs make to the configuration file while the system runs.
  /// Uses one thread.
  bool watch_config = true;
};

/// Owns the actors of the LLM integration, spawned in an actor system of the caller. The
/// configuration of that actor system must be prepared with `setup`. Destroy this object before the
/// actor system: its destructor terminates all of its actors and answers every pending request. Not
/// thread-safe, but the handles may be used from any thread.
class LLMSystem {
public:
  /// Loads the settings and spawns the actors.
  /// Blocks on disk I/O; does not contact Ollama.
  /// Errors: those of `find_store` if there is no `store`; `config_unreadable`, `config_malformed`
  /// or `config_value_invalid` for the settings; `not_set_up` if the actor system was not prepared
  /// with `setup`; `config_value_invalid` if the settings name `nodes`, which need `RemoteLLM`,
  /// unless `ignore_nodes` is set. On error, no actor runs.
  [[nodiscard]] static Result<std::unique_ptr<LLMSystem>> start(caf::actor_system& system,
                                                                LLMSystemOptions options = {});
  /// Same as above, with replaced parts, for tests.
  [[nodiscard]] static Result<std::unique_ptr<LLMSystem>>
  start(caf::actor_system& system, LLMSystemOptions options, SystemSeams seams);
  ~LLMSystem();
  LLMSystem(const LLMSystem&) = delete;
  LLMSystem& operator=(const LLMSystem&) = delete;

  /// Returns the handle of a role; stays valid if a component behind it restarts.
  [[nodiscard]] const role_handle& role(AIRole role) const noexcept { return handles_.role(role); }
  /// Returns the handle for model management.
  [[nodiscard]] const models_handle& models() const noexcept { return handles_.models; }
  /// Returns the handle for the settings.
  [[nodiscard]] const settings_handle& config() const noexcept { return handles_.config; }
  /// Returns the handle for the state of the system and its supervision events.
  [[nodiscard]] const health_handle& health() const noexcept { return handles_.health; }
  /// Returns all handles.
  [[nodiscard]] const LLMHandles& handles() const noexcept { return handles_; }

  /// Spawns a new supervisor if the previous one has terminated, either because a component failed
  /// too often or because of a fault of its own. Reloads the settings. The handles stay valid and
  /// serve the next request. Does nothing if the supervisor is still running.
  /// Errors: as `start` for the settings; then no supervisor runs.
  [[nodiscard]] Result<void> restart();

  /// Rejects further requests from other processes with `shutting_down`, so that their clients
  /// choose another node. Requests in progress and requests of this process continue.
  void drain();

  /// Returns the supervisor, for monitoring it. `restart` replaces it.
  [[nodiscard]] const caf::strong_actor_ptr& root() const noexcept { return root_; }

private:
  LLMSystem(caf::actor_system& system, SupervisorParts parts);
  void begin();

  caf::actor_system& system_;
  std::unique_ptr<SupervisorParts> parts_; ///< constructor arguments of each supervisor
  std::unique_ptr<const Handles> fronts_;
  LLMHandles handles_; ///< `fronts_`, as callers see them
  caf::strong_actor_ptr root_;
  std::shared_ptr<std::atomic<bool>> ended_; ///< whether `root_` has terminated
};

/// Whether a configuration file that the caller or NEXUS_OVERSEER_CONFIG names must exist.
enum class NamedFile : std::uint8_t { must_exist, may_be_new };

/// Opens the settings store that the search order of requirement C1 selects. `OLLAMA_HOST`
/// overrides the base URL of the store, and `flags.base_url` overrides both. Writes warnings about
/// incomplete saves to `log`.
/// Errors: `config_unreadable` if the file that `config_file` or NEXUS_OVERSEER_CONFIG names does
/// not exist and `named` is `must_exist`; those of `parse_base_url`.
[[nodiscard]] Result<std::unique_ptr<ConfigStore>>
find_store(const std::optional<std::filesystem::path>& config_file, ConfigOverrides flags = {},
           NamedFile named = NamedFile::must_exist, Log log = {});

} // namespace nexus::llm
