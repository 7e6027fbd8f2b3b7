#pragma once

#include <memory>

#include "nexus_llm/config_store.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/node/remote_llm.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/system_seams.hpp"

namespace nexus::llm::cli {

/// The LLM system for one command: one of this process, or, where the options or the settings name
/// nodes, that of these. While it lives, an interrupt ends it, so that whatever
/// waits for it gets an answer; a command that can do better sets an action of its own.
/// Use from one thread, except where it says so.
class Session {
public:
  /// Starts a system of these options; finds the settings, unless they have a store.
  /// Where the options or the settings name nodes, it connects there, and `options` mean nothing.
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
  /// Whether nodes do the work, and have the settings.
  [[nodiscard]] bool on_nodes() const noexcept { return remote_ != nullptr; }

  /// Asks for the end of a request and does not wait for it. Any thread.
  void cancel(AIRole role, const RequestId& id) const;

  /// Tells of a failure; one that an interrupt brought about is told as that.
  int fail(Output& output, const LLMError& error) const;

private:
  /// What it needs to speak to nodes.
  struct Network {
    std::optional<TlsFiles> tls;
    std::size_t max_message_bytes = default_max_message_bytes;
  };

  Session(const std::optional<Network>& network, Interrupts& interrupts, Output& output);
  /// Takes over whichever of the two there is.
  void use(LLMHandles handles, caf::strong_actor_ptr root);

  Interrupts& interrupts_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<LLMSystem> llm_;    ///< in this process,
  std::unique_ptr<RemoteLLM> remote_; ///< or on a node
  LLMHandles handles_;
  std::unique_ptr<LLMIntegration> integration_;
  std::unique_ptr<Interrupts::Scope> end_on_interrupt_;
};

} // namespace nexus::llm::cli
