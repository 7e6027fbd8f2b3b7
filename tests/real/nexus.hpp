#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <memory>
#include <string>

#include "messages/wall_time.hpp"
#include "runtime/llm_integration.hpp"
#include "tests/real/own_server.hpp"
#include "tests/real/plain_client.hpp"
#include "tests/real/report.hpp"

namespace nexus::llm::real {

/// What the checks run against.
struct Stage {
  std::string base_url;
  std::string model;
  PlainClient other;                ///< another client of the same server
  OwnServer* own = nullptr;         ///< where the server is ours to stop and start
  std::vector<std::string> able_to; ///< the capabilities of the model
  std::filesystem::path directory;  ///< for files of the checks

  /// The server, where it is ours; otherwise the check is skipped.
  [[nodiscard]] OwnServer& server() const;
  /// Skips the check where the model cannot do this.
  void needs(std::string_view capability) const;
};

/// The system under test, both roles on the model of the stage.
class Nexus {
public:
  /// `change` may alter the settings, which are the defaults otherwise.
  explicit Nexus(const Stage& stage, const std::function<void(LLMClientConfig&)>& change = {});

  [[nodiscard]] LLMIntegration& api() { return *api_; }
  [[nodiscard]] LLMIntegration* operator->() { return api_.get(); }

private:
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  std::unique_ptr<LLMSystem> llm_;
  std::unique_ptr<LLMIntegration> api_;
};

/// Options of a request whose answer repeats.
[[nodiscard]] GenerateOptions repeatable(std::uint32_t max_tokens);

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

/// A model in memory as `/api/ps` tells, asked for by the other client.
struct Loaded {
  bool there = false;
  std::uint64_t context_length = 0;
  std::chrono::seconds stays{};
};
[[nodiscard]] Loaded loaded(const Stage& stage);

/// How long a check took, such as `1.25 s`.
class Stopwatch {
public:
  [[nodiscard]] std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin_);
  }
  [[nodiscard]] std::string text() const;

private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Seconds with two digits, such as `1.25 s`.
[[nodiscard]] std::string seconds_text(std::chrono::nanoseconds time);

} // namespace nexus::llm::real
