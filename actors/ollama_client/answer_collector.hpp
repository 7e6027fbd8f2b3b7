#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/ollama_client/ndjson_reader.hpp"
#include "actors/ollama_client/surrogates.hpp"
#include "actors/ollama_client/transport.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/result.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// What an exchange is about, for the errors that it may end in.
struct ExchangeSubject {
  std::string model; ///< empty where no model is involved
  std::string base_url;
};

/// The error behind a status that is no success.
[[nodiscard]] LLMError status_error(const HttpOutcome& outcome, std::string_view body,
                                    const ExchangeSubject& subject);

/// The error behind an exchange that ended without a whole answer, or nothing. `streaming` makes a
/// cut after the first byte a stream error.
[[nodiscard]] std::optional<LLMError>
transfer_error(const HttpOutcome& outcome, const ExchangeSubject& subject, bool streaming);

/// Turns the bytes of an answer into chunks, and in the end into one response or error
/// (requirement F7). An answer is complete exactly when
/// its status was a success, an object with `done` was read, and none with `error`. One thread.
class AnswerCollector {
public:
  AnswerCollector(const LLMRequest& request, const Limits& limits, ExchangeSubject subject);

  /// Takes bytes of the body. False where nothing that follows matters any more.
  [[nodiscard]] bool on_bytes(int status, std::string_view bytes);

  /// The chunks since the last call.
  [[nodiscard]] std::vector<LLMStreamChunk> take_chunks();

  /// Whether a complete answer was read; what follows it is ignored.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  /// The end of the exchange. Call once.
  [[nodiscard]] Result<LLMResponse> finish(const HttpOutcome& outcome);

private:
  bool on_line(std::string_view text);
  /// What takes part in the bound on the size of an answer.
  [[nodiscard]] bool fits(const LLMStreamChunk& chunk);
  bool fail(LLMError error);

  RequestKind kind_;
  Limits limits_;
  ExchangeSubject subject_;
  NdjsonReader reader_;
  surrogates::Joiner text_joiner_;
  surrogates::Joiner thinking_joiner_;
  LLMResponse response_;
  std::vector<LLMStreamChunk> chunks_;
  std::optional<LLMError> error_;
  std::string error_body_;
  std::uint64_t bytes_ = 0; ///< of text, thinking and tool calls so far
  bool any_line_ = false;
  bool complete_ = false;
};

} // namespace nexus::llm
