// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Shows the progress and the answer of a request: the answer on stdout; thinking, warnings and
/// statistics on stderr. Not thread-safe.
class AnswerView {
public:
  explicit AnswerView(Output& output) : output_{output} {}

  /// Shows a chunk of a stream. Returns false if stdout is no longer writable.
  bool chunk(const LLMStreamChunk& chunk);
  void progress(const RequestProgress& progress);
  /// Shows a complete answer that was not streamed.
  void whole(const LLMResponse& response);
  /// Completes an answer: ends its line and shows warnings and statistics.
  void finish(const LLMResponse& response);

  /// Returns the shown text.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  void retrying(const std::string& reason);
  void show_statistics(const LLMResponse& response);

  Output& output_;
  std::string text_;
  bool retry_told_ = false;
};

} // namespace nexus::llm::cli
