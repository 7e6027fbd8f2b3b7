#pragma once

#include <memory>

#include "config/config_store.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/llm_integration.hpp"

namespace nexus::llm::cli {

/// A running LLM system for one command. While it lives, an interrupt ends it, so that whatever
/// waits for it gets an answer; a command that can do better sets an action of its own.
/// Use from one thread, except where it says so.
class Session {
public:
  /// Starts a system of these options; finds the settings, unless they have a store.
  /// Errors: those of `find_store` and of `load_config`.
  [[nodiscard]] static Result<std::unique_ptr<Session>> start(const CommonOptions& common,
                                                              Interrupts& interrupts,
                                                              Output& output,
                                                              LLMSystemOptions options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] LLMIntegration& llm() noexcept { return *integration_; }
  [[nodiscard]] Interrupts& interrupts() noexcept { return interrupts_; }

  /// Asks for the end of a request and does not wait for it. Any thread.
  void cancel(AIRole role, const RequestId& id) const;

  /// Tells of a failure; one that an interrupt brought about is told as that.
  int fail(Output& output, const LLMError& error) const;

private:
  Session(Interrupts& interrupts, Output& output);

  Interrupts& interrupts_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<LLMSystem> llm_;
  std::unique_ptr<LLMIntegration> integration_;
  std::unique_ptr<Interrupts::Scope> end_on_interrupt_;
};

} // namespace nexus::llm::cli
