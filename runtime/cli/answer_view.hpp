#pragma once

#include <string>

#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Shows how one request fares and what it brings: the answer on stdout, thinking, warnings and
/// statistics on stderr. Use from one thread.
class AnswerView {
public:
  explicit AnswerView(Output& output) : output_{output} {}

  /// Shows a piece of a stream. False once stdout takes no more.
  bool chunk(const LLMStreamChunk& chunk);
  void progress(const RequestProgress& progress);
  /// Shows a whole answer that was not streamed.
  void whole(const LLMResponse& response);
  /// What follows a complete answer: the end of its line, warnings, statistics.
  void finish(const LLMResponse& response);

  /// The text that was shown.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  void retrying(const std::string& reason);
  void show_statistics(const LLMResponse& response);

  Output& output_;
  std::string text_;
  bool retry_told_ = false;
};

} // namespace nexus::llm::cli
