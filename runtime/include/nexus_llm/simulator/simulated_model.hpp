// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// One installed model. Plain data; copies are independent.
struct SimulatedModel {
  /// Any valid model name; the tag defaults to `latest`.
  std::string name = {};
  /// Size in bytes, as reported by /api/tags and /api/ps.
  std::uint64_t size_bytes = 2'019'393'189;
  std::string family = "llama";
  /// `completion`, `tools`, `embedding`, `thinking`.
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
  /// Thinking text of a model with the capability `thinking`.
  std::string thinking = "[simulated] Nothing is thought.";
  /// Answer every chat request that offers tools with a call to the first one, unless the last
  /// message is a tool result.
  bool calls_first_tool = false;
  /// Likewise, with a call to each tool that is offered.
  bool calls_every_tool = false;
  /// Calls tools again after each of their results, without end.
  bool calls_tools_endlessly = false;
};

} // namespace nexus::llm::simulator
