#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ollama_client/transport.hpp"
#include "runtime/harness/ollama_stage.hpp"

/// What Ollama writes, as a script plays it. Times and counts are always the same.
namespace nexus::llm::testing::wire {

struct Body {
  int status = 200;
  std::string text;
};

[[nodiscard]] std::string_view method_text(HttpRequest::Method method);
/// The path of an URL, with its query.
[[nodiscard]] std::string target_of(std::string_view url);
/// Whether a model has to run for it.
[[nodiscard]] bool is_inference(std::string_view target);

/// The answer to a question about models; nothing for other requests.
[[nodiscard]] std::optional<Body>
model_answer(const StagedExchange& exchange, const std::vector<simulator::SimulatedModel>& models);

/// One line of a stream in the form of the request's endpoint.
[[nodiscard]] std::string line(const StagedExchange& exchange, std::string_view text);
/// The last line of a stream of so many lines.
[[nodiscard]] std::string last_line(const StagedExchange& exchange, std::size_t lines,
                                    std::string_view done_reason);
/// A whole answer to a request that is not streamed.
[[nodiscard]] std::string whole(const StagedExchange& exchange, std::string_view text,
                                std::string_view done_reason);
/// `{"error": text}`
[[nodiscard]] std::string error(std::string_view text);
/// Whether the request asks for a stream.
[[nodiscard]] bool wants_stream(const StagedExchange& exchange);
/// A complete answer: the lines of a stream, or one body.
[[nodiscard]] std::vector<std::string> reply_lines(const StagedExchange& exchange,
                                                   std::string_view text);

} // namespace nexus::llm::testing::wire
