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

/// How an `LLMSystem` is made.
struct LLMSystemOptions {
  /// Where the settings come from: this, else `config_file`, else the place that `find_config`
  /// finds.
  std::unique_ptr<ConfigStore> store;
  std::optional<std::filesystem::path> config_file;
  /// Where this system logs: a line for each failed attempt, each failed request and each restart
  /// of a component. Null is the log of the process (`set_logger`), by default warnings and errors
  /// on stderr.
  std::shared_ptr<spdlog::logger> logger;
  /// Do the work in this process although the settings name nodes to do it.
  bool ignore_nodes = false;
  /// Whether what other programs save in the file of the settings is put in force, too, while the
  /// system runs. Needs a thread.
  bool watch_config = true;
};

/// The whole LLM integration, spawned in an actor system of the caller, whose configuration was
/// prepared with `setup`. Destroy it before the actor system: its destructor ends all of its
/// actors and answers every waiting caller. Not copyable; use from one thread, the handles from
/// anywhere.
class LLMSystem {
public:
  /// Reads the settings and starts.
  /// Errors: those of `load_config`, and `config_value_invalid` where the settings name `nodes`,
  /// which `RemoteLLM` connects to; nothing is running then.
  [[nodiscard]] static Result<std::unique_ptr<LLMSystem>> start(caf::actor_system& system,
                                                                LLMSystemOptions options = {});
  /// The same with parts replaced, for tests.
  [[nodiscard]] static Result<std::unique_ptr<LLMSystem>>
  start(caf::actor_system& system, LLMSystemOptions options, SystemSeams seams);
  ~LLMSystem();
  LLMSystem(const LLMSystem&) = delete;
  LLMSystem& operator=(const LLMSystem&) = delete;

  /// The handle of a role; valid across the restart of anything behind it.
  [[nodiscard]] const role_handle& role(AIRole role) const noexcept { return handles_.role(role); }
  [[nodiscard]] const models_handle& models() const noexcept { return handles_.models; }
  [[nodiscard]] const settings_handle& config() const noexcept { return handles_.config; }
  [[nodiscard]] const health_handle& health() const noexcept { return handles_.health; }
  [[nodiscard]] const LLMHandles& handles() const noexcept { return handles_; }

  /// Starts anew where the supervisor has ended, since a component failed too often or for a fault
  /// of its own. The settings are read again; the handles stay good, and serve the next request.
  /// Does nothing where it has not ended. Errors: those of `load_config`; nothing is running then.
  [[nodiscard]] Result<void> restart();

  /// Refuses what other machines ask from now on, with `shutting_down`, which sends them to another
  /// node. What is under way goes on, and so do the requests of this process.
  void drain();

  /// The supervisor itself, to watch its end. Another one after `restart`.
  [[nodiscard]] const caf::strong_actor_ptr& root() const noexcept { return root_; }

private:
  LLMSystem(caf::actor_system& system, SupervisorParts parts);
  void begin();

  caf::actor_system& system_;
  std::unique_ptr<SupervisorParts> parts_; ///< what each supervisor is made from
  std::unique_ptr<const Handles> fronts_;
  LLMHandles handles_; ///< the same, as callers see them
  caf::strong_actor_ptr root_;
  std::shared_ptr<std::atomic<bool>> ended_; ///< whether `root_` has
};

/// Whether a configuration file that is named must be there.
enum class NamedFile : std::uint8_t { must_exist, may_be_new };

/// The settings store that the search order of requirement C1 leads to, with `OLLAMA_HOST` over it.
/// A `base_url` given here (a flag) stands above both. What saving had to do without goes to
/// `log`.
/// Errors: `config_unreadable` where a file that is named is missing; those of `parse_base_url`.
[[nodiscard]] Result<std::unique_ptr<ConfigStore>>
find_store(const std::optional<std::filesystem::path>& config_file, ConfigOverrides flags = {},
           NamedFile named = NamedFile::must_exist, Log log = {});

} // namespace nexus::llm
