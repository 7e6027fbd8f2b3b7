// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ollama_client/transport.hpp"
#include "runtime/harness/ollama_stage.hpp"

/// The wire format of Ollama for scripts. Times and counts are constant.
namespace nexus::llm::testing::wire {

struct Body {
  int status = 200;
  std::string text;
};

[[nodiscard]] std::string_view method_text(HttpRequest::Method method);
/// Returns the path of a URL, including the query.
[[nodiscard]] std::string target_of(std::string_view url);
/// Whether the request needs a running model.
[[nodiscard]] bool is_inference(std::string_view target);

/// Returns the response to a request about models; `nullopt` for other requests.
[[nodiscard]] std::optional<Body>
model_answer(const StagedExchange& exchange, const std::vector<simulator::SimulatedModel>& models);

/// Returns one line of a stream in the format of the request's endpoint.
[[nodiscard]] std::string line(const StagedExchange& exchange, std::string_view text);
/// Returns the last line of a stream after this many lines.
[[nodiscard]] std::string last_line(const StagedExchange& exchange, std::size_t lines,
                                    std::string_view done_reason);
/// Returns the complete response to a request without streaming.
[[nodiscard]] std::string whole(const StagedExchange& exchange, std::string_view text,
                                std::string_view done_reason);
/// Returns `{"error": text}`.
[[nodiscard]] std::string error(std::string_view text);
/// Whether the request asks for a stream.
[[nodiscard]] bool wants_stream(const StagedExchange& exchange);
/// Returns a complete response: the lines of a stream, or one body.
[[nodiscard]] std::vector<std::string> reply_lines(const StagedExchange& exchange,
                                                   std::string_view text);

} // namespace nexus::llm::testing::wire
