// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/ollama_client/ndjson_reader.hpp"
#include "actors/ollama_client/plain_line.hpp"
#include "actors/ollama_client/surrogates.hpp"
#include "actors/ollama_client/transport.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/result.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// The subject of an exchange, for its errors.
struct ExchangeSubject {
  std::string model; ///< empty if no model is involved
  std::string base_url;
};

/// The error of a response whose status is not a success.
[[nodiscard]] LLMError status_error(const HttpOutcome& outcome, std::string_view body,
                                    const ExchangeSubject& subject);

/// The error of an exchange that ended without a complete response, or nothing. With `streaming`, a
/// connection cut after the first byte is a stream error.
[[nodiscard]] std::optional<LLMError>
transfer_error(const HttpOutcome& outcome, const ExchangeSubject& subject, bool streaming);

/// Parses the body of a response into chunks, and finally into one response or error (requirement
/// F7). A response is complete exactly when its status was a success, an object with `done` was
/// read, and none with `error`. Not thread-safe.
class AnswerCollector {
public:
  AnswerCollector(const LLMRequest& request, const Limits& limits, ExchangeSubject subject);

  /// Takes bytes of the body. Returns false if the rest of the body is not needed.
  [[nodiscard]] bool on_bytes(int status, std::string_view bytes);

  /// The chunks since the last call: one per line. Of many lines, the later ones share a chunk, so
  /// that a fast server costs few messages.
  [[nodiscard]] std::vector<LLMStreamChunk> take_chunks();

  /// Whether a complete response was read; what follows it is ignored.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  /// Ends the exchange and returns its outcome. Call once, and again with `no_memory` if its result
  /// was lost for a lack of memory.
  [[nodiscard]] Result<LLMResponse> finish(const HttpOutcome& outcome);

private:
  bool on_line(std::string_view text);
  bool on_plain_line(const PlainLine& line);
  void add(LLMStreamChunk chunk);
  /// Adds the size of a chunk; false if the response exceeds its limit.
  [[nodiscard]] bool fits(const LLMStreamChunk& chunk);
  bool fail_too_large();
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
