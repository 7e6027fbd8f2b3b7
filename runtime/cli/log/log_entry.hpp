// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/errors.hpp"
#include "nexus_llm/model_status.hpp"

namespace nexus::llm::cli {

/// A prompt and its answer, as `nexus-llm log` shows them.
struct LogEntry {
  std::string id = {};
  WallTime time = {}; ///< of the answer
  AIRole role = AIRole::overseer;
  std::string model = {};  ///< empty if it failed before one was chosen
  std::string prompt = {}; ///< of a conversation, the last message of the user
  std::string answer = {}; ///< if it failed, what had come
  std::optional<ErrorCode> error = {};
  std::chrono::milliseconds duration = {};
  std::uint64_t prompt_tokens = 0;
  std::uint64_t tokens = 0; ///< of the answer

  static constexpr std::string_view type_name = "LogEntry";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"time", self.time}, Field{"role", self.role},
                 Field{"model", self.model}, Field{"prompt", self.prompt},
                 Field{"answer", self.answer}, Field{"error", self.error},
                 Field{"duration", self.duration}, Field{"promptTokens", self.prompt_tokens},
                 Field{"tokens", self.tokens});
  }
  bool operator==(const LogEntry&) const = default;
};

/// Returns an id for a new entry: eight hexadecimal digits at random.
[[nodiscard]] std::string make_log_id();

} // namespace nexus::llm::cli
