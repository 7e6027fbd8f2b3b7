// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "nexus_llm/llm_integration.hpp"
#include "tests/real/report.hpp"
#include "tests/real/stage.hpp"

namespace nexus::llm::real {

/// The system under test, both roles on the model of the stage.
class Nexus {
public:
  /// `change` may alter the settings, which are the defaults otherwise.
  explicit Nexus(const Stage& stage, const std::function<void(LLMClientConfig&)>& change = {});

  [[nodiscard]] LLMIntegration* operator->() { return api_.get(); }

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<LLMSystem> llm_;
  std::unique_ptr<LLMIntegration> api_;
};

/// Options of a request whose answer repeats.
[[nodiscard]] GenerateOptions repeatable(std::int32_t max_tokens);

/// A request that goes on for long unless it is stopped: counting without a template.
inline constexpr const char* endless_prompt = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,";
[[nodiscard]] GenerateOptions endless();

/// The value, or `CheckFailed` with the error's line for the log.
template <class T> T take(Result<T> result) {
  if (!result)
    throw CheckFailed{log_line(result.error())};
  return std::move(*result);
}
inline void take(const Result<void>& result) {
  if (!result)
    throw CheckFailed{log_line(result.error())};
}

} // namespace nexus::llm::real
