// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>

#include "nexus_llm/config_store.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/node/remote_llm.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/log/request_log.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/system_seams.hpp"

namespace nexus::llm::cli {

/// The LLM integration for one command: in this process, or on nodes if the options or the settings
/// name any. By default, an interrupt terminates it, so that every pending request gets an answer;
/// a command may install another action. Not thread-safe, except where noted.
class Session {
public:
  /// Starts a system with these options; locates the settings unless `options` has a store. If the
  /// command line or the settings name nodes, connects to them instead and ignores `options`.
  /// Errors: those of `find_store`, of `load_config` and of `RemoteLLM::connect`;
  /// `resources_exhausted`.
  [[nodiscard]] static Result<std::unique_ptr<Session>>
  start(const CommonOptions& common, Interrupts& interrupts, Output& output,
        LLMSystemOptions options = {}, SystemSeams seams = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] LLMIntegration& llm() noexcept { return *integration_; }
  [[nodiscard]] Interrupts& interrupts() noexcept { return interrupts_; }
  [[nodiscard]] caf::actor_system& system() noexcept { return *system_; }
  [[nodiscard]] const LLMHandles& handles() const noexcept { return handles_; }
  /// Returns the actor that terminates if the system cannot go on.
  [[nodiscard]] const caf::strong_actor_ptr& root() const noexcept { return root_; }
  /// Whether nodes process the requests and own the settings.
  [[nodiscard]] bool on_nodes() const noexcept { return remote_ != nullptr; }

  /// Cancels a request without waiting for the result. Thread-safe.
  void cancel(AIRole role, const RequestId& id) const;

  /// Adds a request to the log, if the settings of this machine enable it. A failure is a warning,
  /// and only the first one.
  void log(LogEntry entry, Output& output);

  /// Reports a failure; reports one that was caused by an interrupt as such, and names the nearest
  /// model for one that is not installed.
  int fail(Output& output, const LLMError& error) const;

private:
  /// Network options for connecting to nodes.
  struct Network {
    std::optional<TlsFiles> tls;
    std::size_t max_message_bytes = default_max_message_bytes;
  };

  Session(const std::optional<Network>& network, Interrupts& interrupts, Output& output);
  /// Names the installed model that is nearest to one that is not, if any is near.
  void suggest_model(Output& output, const std::string& wanted) const;
  /// Uses the handles of `llm_` or `remote_`.
  void use(LLMHandles handles, caf::strong_actor_ptr root);

  Interrupts& interrupts_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<LLMSystem> llm_;    ///< null if on nodes
  std::unique_ptr<RemoteLLM> remote_; ///< null if in this process
  LLMHandles handles_;
  caf::strong_actor_ptr root_;
  std::unique_ptr<LLMIntegration> integration_;
  std::unique_ptr<Interrupts::Scope> end_on_interrupt_;
  std::optional<RequestLog> log_;
  bool log_failed_ = false;
};

} // namespace nexus::llm::cli
