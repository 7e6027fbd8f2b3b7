// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/response_parser.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "actors/ollama_client/error_parser.hpp"
#include "actors/ollama_client/response_object.hpp"
#include "actors/ollama_client/surrogates.hpp"
#include "config/json.hpp"
#include "config/utf8.hpp"

namespace nexus::llm::response_parser {

namespace {

using json::Value;

using error_parser::excerpt;
using error_parser::find_error;

std::chrono::nanoseconds find_nanoseconds(const Value& object, std::string_view name) {
  // Longer than any real duration, and small enough to be summed.
  constexpr std::chrono::nanoseconds longest = std::chrono::hours{24 * 30};
  const auto told = json::find_count(object, name);
  return std::chrono::nanoseconds{
      static_cast<std::int64_t>(std::min(told, static_cast<std::uint64_t>(longest.count())))};
}

/// The arguments of a tool call as the JSON text of an object. Some servers send a string.
std::optional<std::string> parse_arguments(const Value* arguments, std::uint32_t max_depth) {
  if (arguments == nullptr || arguments->IsNull())
    return "{}";
  if (arguments->IsObject())
    return json::to_text(*arguments);
  if (!arguments->IsString())
    return std::nullopt;
  const auto text = json::text_of(*arguments);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return "{}";
  const auto parsed = json::parse(text, max_depth);
  return parsed && parsed->IsObject() ? std::optional{json::to_text(*parsed)} : std::nullopt;
}

/// The tool calls of a message, or what is wrong with them.
tl::expected<std::vector<ToolCall>, std::string> parse_tool_calls(const Value& message,
                                                                  std::uint32_t max_depth) {
  std::vector<ToolCall> calls;
  const auto* found = json::find(message, "tool_calls");
  std::vector<const Value*> list;
  if (found != nullptr && found->IsArray())
    for (const auto& entry : found->GetArray())
      list.push_back(&entry);
  else if (found != nullptr && found->IsObject())
    list.push_back(found); // a single call without a list
  for (const auto* each : list) {
    const auto& entry = *each;
    // Some servers leave out the object around name and arguments.
    const auto* function = json::find(entry, "function");
    if (function == nullptr)
      function = &entry;
    if (!function->IsObject() || json::find(*function, "name") == nullptr)
      continue;
    auto arguments = parse_arguments(json::find(*function, "arguments"), max_depth);
    if (!arguments)
      return tl::unexpected{std::string{"arguments of a tool call that are no object"}};
    ToolCall call{.id = text_or_empty(entry, "id"),
                  .name = text_or_empty(*function, "name"),
                  .arguments = std::move(*arguments)};
    const auto* index = json::find(*function, "index");
    if (index == nullptr)
      index = json::find(entry, "index");
    if (index != nullptr && index->IsUint())
      call.index = index->GetUint();
    calls.push_back(std::move(call));
  }
  return calls;
}

std::vector<std::uint8_t> parse_bytes(const Value& source) {
  std::vector<std::uint8_t> bytes;
  if (const auto* list = json::find(source, "bytes"); list != nullptr && list->IsArray())
    for (const auto& byte : list->GetArray())
      if (byte.IsUint() && byte.GetUint() <= 255)
        bytes.push_back(static_cast<std::uint8_t>(byte.GetUint()));
  return bytes;
}

double parse_logprob(const Value& source) {
  const auto* number = json::find(source, "logprob");
  return number != nullptr && number->IsNumber() ? number->GetDouble() : 0.0;
}

std::vector<TokenLogprob> parse_logprobs(const Value& object) {
  std::vector<TokenLogprob> tokens;
  const auto* list = json::find(object, "logprobs");
  if (list == nullptr || !list->IsArray())
    return tokens;
  for (const auto& entry : list->GetArray()) {
    if (!entry.IsObject())
      continue;
    auto& token = tokens.emplace_back();
    token.token = text_or_empty(entry, "token");
    token.logprob = parse_logprob(entry);
    token.bytes = parse_bytes(entry);
    if (const auto* top = json::find(entry, "top_logprobs"); top != nullptr && top->IsArray())
      for (const auto& other : top->GetArray())
        if (other.IsObject())
          token.top_logprobs.push_back({.token = text_or_empty(other, "token"),
                                        .logprob = parse_logprob(other),
                                        .bytes = parse_bytes(other)});
  }
  return tokens;
}

GenerateStats parse_stats(const Value& object) {
  return {.total_duration = find_nanoseconds(object, "total_duration"),
          .load_duration = find_nanoseconds(object, "load_duration"),
          .prompt_eval_count = json::find_count(object, "prompt_eval_count"),
          .prompt_eval_duration = find_nanoseconds(object, "prompt_eval_duration"),
          .eval_count = json::find_count(object, "eval_count"),
          .eval_duration = find_nanoseconds(object, "eval_duration")};
}

/// A text member: empty if it is missing or null, nothing if it has another type. For a list of
/// parts, as in other APIs, the concatenated texts.
std::optional<std::string> parse_text(const Value& object, std::string_view name) {
  const auto* value = json::find(object, name);
  if (value == nullptr || value->IsNull())
    return std::string{};
  if (value->IsString())
    return std::string{json::text_of(*value)};
  if (!value->IsArray() || value->Empty())
    return std::nullopt;
  std::string text;
  for (const auto& part : value->GetArray()) {
    const auto piece = json::find_text(part, "text");
    if (!piece)
      return std::nullopt;
    text += *piece;
  }
  return text;
}

/// Whether an object is the last one; nothing if `done` cannot be interpreted.
std::optional<bool> parse_done(const Value& object) {
  const auto* done = json::find(object, "done");
  if (done != nullptr && done->IsBool())
    return done->GetBool();
  if (done != nullptr && !done->IsNull()) {
    const auto text = json::to_text(*done);
    if (text == "1" || text == R"("true")")
      return true;
    return text == "0" || text == R"("false")" ? std::optional{false} : std::nullopt;
  }
  // Some servers omit it, and only send a reason at the end.
  return !json::find_text(object, "done_reason").value_or("").empty();
}

/// The object that holds the text of a response, and the name of the member. Null if there is none.
struct TextPlace {
  const Value* source;
  std::string_view name;
};

/// Some servers respond to one kind of request in the form of the other.
TextPlace find_text_place(const Value& object, RequestKind kind) {
  const auto* message = json::find(object, "message");
  const auto* response = json::find(object, "response");
  const bool in_response = response != nullptr && response->IsString();
  const bool in_message = message != nullptr && message->IsObject();
  const bool use_message =
      kind == RequestKind::chat ? in_message || !in_response : in_message && !in_response;
  return use_message ? TextPlace{message, "content"} : TextPlace{&object, "response"};
}

struct Failure {
  bool reported; ///< by the server, in an `error` member
  std::string detail;
};

/// Parses the object at the beginning of a text. Marks halves of characters if there are any.
tl::expected<json::Document, json::ParseError>
parse_object_of(std::string_view text, std::uint32_t max_depth, bool& marked) {
  // Text after the object, on its line or after the whole response, has no meaning.
  auto document = json::parse_first(text, max_depth);
  if (document)
    return document;
  // Halves of characters may be all that is wrong.
  marked = true;
  return json::parse_first(surrogates::mark_halves(text), max_depth);
}

/// A marked text that is complete in itself, with halves of characters joined.
std::string whole(std::string_view text) {
  surrogates::Joiner joiner;
  auto joined = joiner.take(text, true);
  return joined + joiner.finish();
}

void replace_halves(ToolCall& call) {
  for (auto* text : {&call.id, &call.name, &call.arguments})
    *text = whole(*text);
}

void replace_halves(TokenLogprob& token) {
  token.token = whole(token.token);
  for (auto& other : token.top_logprobs)
    other.token = whole(other.token);
}

tl::expected<Piece, Failure> parse_piece(std::string_view text, RequestKind kind,
                                         std::uint32_t max_depth) {
  auto broken = [text](std::string why) {
    return tl::unexpected{Failure{false, std::move(why) + ": " + excerpt(text)}};
  };
  Piece piece;
  const auto document = parse_object_of(without_byte_order_mark(text), max_depth, piece.marked);
  if (!document)
    return broken(document.error().what);
  if (!document->IsObject())
    return broken("not an object");
  const Value& object = *document;
  if (auto error = find_error(object))
    return tl::unexpected{Failure{true, piece.marked ? whole(*error) : std::move(*error)}};

  const auto [source, text_name] = find_text_place(object, kind);
  const auto done = parse_done(object);
  if (!done)
    return broken("`done` of a wrong type");
  piece.done = *done;
  const bool has_end = piece.done || json::find(object, "done") != nullptr;
  if (source != nullptr && source->IsObject()) {
    auto content = parse_text(*source, text_name);
    auto thinking = parse_text(*source, "thinking");
    if (!content || !thinking)
      return broken("text of a wrong type");
    piece.text = std::move(*content);
    piece.thinking = std::move(*thinking);
    auto calls = parse_tool_calls(*source, max_depth);
    if (!calls)
      return broken(std::move(calls.error()));
    piece.tool_calls = std::move(*calls);
    if (piece.marked)
      for (auto& call : piece.tool_calls)
        replace_halves(call);
    if (!has_end && json::find(*source, text_name) == nullptr &&
        json::find(*source, "thinking") == nullptr && piece.tool_calls.empty())
      return broken("nothing of an answer");
  } else if (!piece.done || (source != nullptr && !source->IsNull())) {
    return broken("no message");
  }
  piece.model = text_or_empty(object, "model");
  piece.remote_model = text_or_empty(object, "remote_model");
  piece.remote_host = text_or_empty(object, "remote_host");
  piece.logprobs = parse_logprobs(object);
  if (piece.marked)
    for (auto& token : piece.logprobs)
      replace_halves(token);
  if (!piece.done)
    return piece;
  piece.done_reason = text_or_empty(object, "done_reason");
  piece.stats = parse_stats(object);
  if (const auto* tokens = json::find(object, "context"); tokens != nullptr && tokens->IsArray()) {
    auto& context = piece.context.emplace();
    context.reserve(tokens->Size());
    for (const auto& token : tokens->GetArray())
      if (token.IsUint())
        context.push_back(token.GetUint());
  }
  return piece;
}

} // namespace

Result<Piece> parse_chunk(std::string_view line, RequestKind kind, std::uint32_t max_depth) {
  auto piece = parse_piece(line, kind, max_depth);
  if (piece)
    return std::move(*piece);
  LLMError error{.code = piece.error().reported ? ErrorCode::stream_failed
                                                : ErrorCode::stream_malformed,
                 .detail = std::move(piece.error().detail)};
  return failure(std::move(error));
}

Result<EmbedResponse> parse_embed(std::string_view body, const EmbedRequest& request,
                                  std::uint32_t max_depth) {
  const auto document = parse_object(body, request.model, max_depth);
  if (!document)
    return failure(document.error());
  std::vector<const Value*> vectors;
  if (const auto* list = json::find(*document, "embeddings"); list != nullptr && list->IsArray())
    for (const auto& vector : list->GetArray())
      vectors.push_back(&vector);
  else if (const auto* single = json::find(*document, "embedding"); single != nullptr)
    vectors.push_back(single); // the form of the older endpoint
  if (vectors.size() != request.input.size())
    return broken_body(request.model, "not one embedding per text");
  EmbedResponse response;
  response.model = text_or_empty(*document, "model");
  for (const auto* each : vectors) {
    const auto& vector = *each;
    if (!vector.IsArray())
      return broken_body(request.model, "an embedding is no list");
    auto& embedding = response.embeddings.emplace_back();
    embedding.reserve(vector.Size());
    for (const auto& number : vector.GetArray()) {
      if (!number.IsNumber() || std::abs(number.GetDouble()) > std::numeric_limits<float>::max())
        return broken_body(request.model, "an embedding holds something else than numbers");
      embedding.push_back(static_cast<float>(number.GetDouble()));
    }
  }
  response.total_duration = find_nanoseconds(*document, "total_duration");
  response.load_duration = find_nanoseconds(*document, "load_duration");
  response.prompt_eval_count = json::find_count(*document, "prompt_eval_count");
  return response;
}

} // namespace nexus::llm::response_parser
