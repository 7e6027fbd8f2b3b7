// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/terminal/markdown_view.hpp"

namespace nexus::llm::cli {

/// Shows the progress and the answer of a request: the answer on stdout; thinking, warnings and
/// statistics on stderr. Not thread-safe.
class AnswerView {
public:
  /// Without `markdown`, the answer is shown as it is, such as one whose form was asked for.
  explicit AnswerView(Output& output, bool markdown = true);

  /// Shows a chunk of a stream. Returns false if stdout is no longer writable.
  bool chunk(const LLMStreamChunk& chunk);
  void progress(const RequestProgress& progress);
  /// Shows a complete answer that was not streamed.
  void whole(const LLMResponse& response);
  /// Shows what is held back of a text that has ended, also by a failure.
  void end_text();
  /// Completes an answer: ends its line and shows warnings and statistics.
  void finish(const LLMResponse& response);

  /// Returns the shown text.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  bool write(std::string_view text);
  void retrying(const std::string& reason);
  void show_statistics(const LLMResponse& response);

  Output& output_;
  std::string text_;
  std::optional<MarkdownView> markdown_; ///< on a terminal
  bool retry_told_ = false;
};

} // namespace nexus::llm::cli
