// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/job.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// What a generation says and how, fixed when its request arrives.
struct GenerationPlan {
  bool chat = false;
  bool stream = true;
  /// As the client wrote it.
  std::string model;
  std::vector<std::string> tokens;
  std::vector<std::string> thinking;
  /// JSON array, "" when there are none.
  std::string tool_calls;
  unsigned tool_call_tokens = 0;
  bool tool_calls_in_final_line = false;
  /// All text on one line.
  bool hold_back = false;
  unsigned empty_lines = 0;
  std::string done_reason = "stop";
  std::size_t prompt_tokens = 0;
  /// Token numbers for the final line of generate; unset: no such field.
  std::optional<std::vector<std::uint32_t>> context;
  bool logprobs = false;
  int top_logprobs = 0;
  bool repeat_guard = false;
  int error_status = 500;
  /// Fails with this before the first token.
  std::string error;
  std::chrono::steady_clock::time_point received;
};

/// Writes the lines of a generate or chat answer, paced by timers.
class Generation : public Job {
public:
  Generation(std::shared_ptr<Exchange> exchange, Server& server, std::shared_ptr<Ticket> ticket,
             GenerationPlan plan);

protected:
  void run() override;
  [[nodiscard]] bool in_stream() const override { return plan_.stream && position_ > 0; }

private:
  struct Line {
    std::string text;
    std::string thinking;
    std::string tool_calls;
    unsigned tokens = 0;
  };

  void prepare_lines();
  void begin();
  void step();
  void finish_stream();
  void reply_at_once();
  [[nodiscard]] bool guard_tripped();
  [[nodiscard]] std::string render(const Line& line, bool final);
  [[nodiscard]] std::string metrics() const;
  [[nodiscard]] std::string logprobs_json(const Line& line) const;
  [[nodiscard]] Line whole_answer() const;

  GenerationPlan plan_;
  std::vector<Line> lines_;
  std::size_t position_ = 0;
  std::string last_token_;
  unsigned repeats_ = 0;
  std::uint64_t tokens_ = 0;
  std::chrono::steady_clock::time_point ready_at_;
  std::chrono::steady_clock::time_point first_token_at_;
};

} // namespace nexus::llm::simulator
