// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// A tool call that a simulated model returns.
struct SimulatedToolCall {
  std::string name = {};
  /// A JSON object; anything else is replaced by `{}`.
  std::string arguments = "{}";
};

/// One installed model. Plain data; copies are independent.
struct SimulatedModel {
  /// Any valid model name; the tag defaults to `latest`.
  std::string name = {};
  /// Size in bytes, as reported by /api/tags and /api/ps.
  std::uint64_t size_bytes = 2'019'393'189;
  std::string family = "llama";
  /// `completion`, `tools`, `insert`, `vision`, `embedding`, `thinking`.
  std::vector<std::string> capabilities = {"completion", "tools"};
  /// Training context length in tokens; upper limit of `num_ctx`.
  std::uint32_t context_length = 131'072;
  /// Length of an embedding vector.
  std::uint32_t embedding_length = 64;
  std::string parameter_size = "3.2B";
  std::string quantization_level = "Q4_K_M";
  /// System prompt of the model; shown by /api/show.
  std::string system = {};
  /// Licence text; shown by /api/show.
  std::string license = {};
  /// Fixed reply, sent unchanged. Empty: the reply is generated from the prompt.
  std::string reply = {};
  /// Thinking text of a model with the capability `thinking`. Empty: a short generated text.
  std::string thinking = {};
  /// If set, every inference fails with this text before its first token (status 500).
  std::string run_error = {};
  /// If set, every load of the model fails with this text (status 500).
  std::string load_error = {};
  /// Calls sent instead of text if a chat request offers a tool of that name.
  std::vector<SimulatedToolCall> tool_calls = {};
  /// Send tool calls inside the final line instead of on a line of their own.
  bool tool_calls_in_final_line = false;
  /// Answer every chat request that offers tools with a call to the first one, unless `tool_calls`
  /// applies or the last message is a tool result.
  bool calls_first_tool = false;
  /// Number of lines with an empty text before the first token.
  unsigned empty_lines = 0;
  /// Report null as the list of families, as for models without that field.
  bool null_families = false;
};

} // namespace nexus::llm::simulator
