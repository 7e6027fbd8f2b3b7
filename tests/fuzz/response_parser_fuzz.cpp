// SPDX-License-Identifier: BSD-3-Clause
// Whatever a server answers is understood or refused, and never passed on broken.
#include <string>

#include "actors/ollama_client/answer_collector.hpp"
#include "actors/ollama_client/error_parser.hpp"
#include "actors/ollama_client/plain_line.hpp"
#include "actors/ollama_client/response_parser.hpp"
#include "actors/ollama_client/surrogates.hpp"
#include "config/utf8.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;

namespace {

constexpr std::uint32_t depth = 32;

LLMRequest request(RequestKind kind) {
  LLMRequest made;
  made.id = {"r"};
  made.kind = kind;
  made.model = "m";
  made.prompt = "p";
  made.stream = true;
  return made;
}

void check_text(std::string_view text) {
  must(is_valid_utf8(text), "a text from the wire is valid UTF-8");
}

void check_error(const LLMError& error) {
  must(error.code >= ErrorCode::connection_refused && error.code <= error_table.back().code,
       "an error has a code");
  must(!sentence(error).empty(), "an error has a sentence");
  check_text(error.reason);
}

template <class T, class Check> void check(const Result<T>& result, Check on_value) {
  if (result)
    on_value(*result);
  else
    check_error(result.error());
}

void check_response(const LLMResponse& response) {
  must(response.done, "an answer without an error is complete");
  check_text(response.response);
  check_text(response.thinking);
}

/// What is recognised without a parser means the same to the parser.
void check_plain(std::string_view line, RequestKind kind) {
  const auto plain = find_plain_line(line, kind);
  if (!plain)
    return;
  std::string text;
  append_unescaped(text, plain->text);
  const auto piece = response_parser::parse_chunk(line, kind, depth);
  must(piece.has_value(), "a plain line is a line");
  must(piece->text == text && piece->model == plain->model, "both read the same");
  must(!piece->done && !piece->marked && piece->thinking.empty() && piece->tool_calls.empty() &&
           piece->logprobs.empty() && piece->remote_host.empty(),
       "a plain line holds nothing but text");
}

/// Feeds a collector the whole, and piece by piece: both come to the same end.
void collect(std::string_view bytes, std::size_t piece, RequestKind kind, int status) {
  Limits limits;
  limits.max_line_bytes = 1024;
  limits.max_response_bytes = 4096;
  limits.max_json_depth = depth;
  const auto run = [&](std::size_t size) {
    AnswerCollector collector{request(kind), limits, {.model = "m", .base_url = "u"}};
    std::string text;
    HttpOutcome outcome{.status = status, .answer_began = !bytes.empty()};
    for (auto rest = bytes; !rest.empty(); rest.remove_prefix(std::min(size, rest.size())))
      if (!collector.on_bytes(status, rest.substr(0, size))) {
        outcome.failure = HttpOutcome::Failure::stopped;
        break;
      }
    for (const auto& chunk : collector.take_chunks())
      text += chunk.response;
    auto result = collector.finish(outcome);
    for (const auto& chunk : collector.take_chunks())
      text += chunk.response;
    check(result, check_response);
    must(text == (result ? result->response : result.error().partial),
         "the chunks are the answer, or its beginning");
    return result ? std::string{"answered"} : std::string{to_string(result.error().code)};
  };
  must(run(bytes.size() + 1) == run(piece), "the end does not depend on the pieces");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace parser = response_parser;
  Input input{data, size};
  const auto choice = input.take_byte();
  const std::size_t piece = 1 + input.take_byte();
  const auto kind = choice % 2 == 0 ? RequestKind::generate : RequestKind::chat;
  const auto text = input.rest();
  switch (choice / 2 % 8) {
  case 0:
    check_plain(text, kind);
    check(parser::parse_chunk(text, kind, depth), [](const parser::Piece& read) {
      check_text(read.text);
      check_text(read.thinking);
    });
    break;
  case 1:
    check_text(error_parser::one_line(text));
    if (is_valid_utf8(text))
      check_text(surrogates::mark_halves(text));
    break;
  case 2:
    check_error(error_parser::parse_error(
        {.status = 300 + static_cast<int>(piece), .body = text, .location = text}, "m", "u"));
    break;
  case 3:
    check(parser::parse_tags(text, depth), [](const ModelList& list) {
      for (const auto& model : list.models)
        check_text(model.name);
    });
    check(parser::parse_ps(text, depth), [](const RunningModels&) {});
    break;
  case 4:
    check(parser::parse_show(text, "m", depth), [](const ModelDetails&) {});
    check(parser::parse_version(text), [](const std::string& version) { check_text(version); });
    if (const auto acknowledged = parser::parse_acknowledgement(text, "m"); !acknowledged)
      check_error(acknowledged.error());
    break;
  case 5: {
    const EmbedRequest embed{.model = "m", .input = {"a", "b"}};
    check(parser::parse_embed(text, embed, depth), [](const EmbedResponse& response) {
      must(response.embeddings.size() == 2, "there is a vector for each text");
    });
    break;
  }
  case 6:
    check(parser::parse_pull_line(text, "m", ErrorCode::registry_failed),
          [](const parser::PullLine& line) { check_text(line.status); });
    break;
  default:
    collect(text, piece, kind, choice >= 128 ? 500 : 200);
  }
  return 0;
}
