// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/model_status.hpp"
#include "nexus_llm/result.hpp"
#include "nexus_llm/stream_messages.hpp"

/// Parses the responses of Ollama. Pure functions; text from the network is untrusted.
namespace nexus::llm::response_parser {

/// One object of `/api/generate` or `/api/chat`: a chunk of a stream, or a complete response. The
/// forms of other servers are accepted if they are unambiguous.
struct Piece {
  std::string model;
  std::string text;
  std::string thinking;
  bool marked = false; ///< text and thinking may hold halves of characters (`surrogates::Joiner`)
  std::vector<ToolCall> tool_calls;
  std::vector<TokenLogprob> logprobs;
  std::string remote_model;
  std::string remote_host;
  bool done = false;
  std::string done_reason;
  std::optional<std::vector<std::uint32_t>> context;
  GenerateStats stats;
};

/// Parses one line of a stream (requirement F7).
/// Errors: `stream_failed` if the line reports a failure, `stream_malformed` if it cannot be
/// parsed; `detail` tells more.
[[nodiscard]] Result<Piece> parse_chunk(std::string_view line, RequestKind kind,
                                        std::uint32_t max_depth);

[[nodiscard]] Result<ModelList> parse_tags(std::string_view body, std::uint32_t max_depth);
[[nodiscard]] Result<RunningModels> parse_ps(std::string_view body, std::uint32_t max_depth);
[[nodiscard]] Result<ModelDetails> parse_show(std::string_view body, std::string_view name,
                                              std::uint32_t max_depth);
[[nodiscard]] Result<EmbedResponse> parse_embed(std::string_view body, const EmbedRequest& request,
                                                std::uint32_t max_depth);
[[nodiscard]] Result<std::string> parse_version(std::string_view body);
/// Checks that a body, such as that of a load, holds no `error`.
[[nodiscard]] Result<void> parse_acknowledgement(std::string_view body, std::string_view model);

/// One line of `/api/pull`, `/api/push` or `/api/create`.
struct PullLine {
  std::string status;
  std::string digest;
  std::uint64_t total = 0;
  std::uint64_t completed = 0;
};
/// `failure_code` is the code of a failure with an unknown text.
[[nodiscard]] Result<PullLine> parse_pull_line(std::string_view line, std::string_view model,
                                               ErrorCode failure_code);

} // namespace nexus::llm::response_parser
