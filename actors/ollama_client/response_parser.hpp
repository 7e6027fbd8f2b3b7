#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/llm_request.hpp"
#include "messages/llm_response.hpp"
#include "messages/model_status.hpp"
#include "messages/result.hpp"
#include "messages/stream_messages.hpp"

/// Reads what Ollama answers. Pure functions; every text from the network is untrusted.
namespace nexus::llm::response_parser {

/// One object of `/api/generate` or `/api/chat`: a piece of a stream, or a whole answer.
struct Piece {
  std::string model;
  std::string text;
  std::string thinking;
  std::vector<ToolCall> tool_calls;
  bool done = false;
  std::string done_reason;
  std::optional<std::vector<std::uint32_t>> context;
  GenerateStats stats;
};

/// One line of a stream (specification, `parse_chunk`). Errors: `stream_failed` where the line
/// reports a failure, `stream_malformed` where it is not understood; `detail` tells more.
[[nodiscard]] Result<Piece> parse_chunk(std::string_view line, RequestKind kind,
                                        std::uint32_t max_depth);

/// The body of an answer with status 200 that was not streamed. Success means `done` and no error.
/// Errors: `server_error`, `bad_response`, `stream_incomplete`.
[[nodiscard]] Result<LLMResponse> parse_answer(std::string_view body, const LLMRequest& request,
                                               std::uint32_t max_depth);

/// The failure behind a status other than 200. `model` may be empty where none is involved.
[[nodiscard]] LLMError parse_error(int status, std::string_view body, std::string_view model,
                                   std::string_view base_url);

[[nodiscard]] Result<ModelList> parse_tags(std::string_view body, std::uint32_t max_depth);
[[nodiscard]] Result<RunningModels> parse_ps(std::string_view body, std::uint32_t max_depth);
[[nodiscard]] Result<ModelDetails> parse_show(std::string_view body, std::string_view name,
                                              std::uint32_t max_depth);
[[nodiscard]] Result<EmbedResponse> parse_embed(std::string_view body, const EmbedRequest& request,
                                                std::uint32_t max_depth);
[[nodiscard]] Result<std::string> parse_version(std::string_view body);
/// A body that only has to be free of an `error`, such as that of a load.
[[nodiscard]] Result<void> parse_acknowledgement(std::string_view body, std::string_view model);

/// One line of `/api/pull`.
struct PullLine {
  std::string status;
  std::string digest;
  std::uint64_t total = 0;
  std::uint64_t completed = 0;
};
[[nodiscard]] Result<PullLine> parse_pull_line(std::string_view line, std::string_view model);

/// Replaces the code of an error where its text tells more: Ollama has no error codes, so known
/// texts serve as hints. A text that is not known changes nothing.
void refine(LLMError& error, std::string_view text);

} // namespace nexus::llm::response_parser
