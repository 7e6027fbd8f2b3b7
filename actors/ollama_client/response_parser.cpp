#include "actors/ollama_client/response_parser.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "config/json.hpp"
#include "messages/wall_time.hpp"

namespace nexus::llm::response_parser {

namespace {

using json::Value;

constexpr std::size_t excerpt_bytes = 300;

std::string excerpt(std::string_view text) {
  if (text.size() <= excerpt_bytes)
    return std::string{text};
  return std::string{text.substr(0, excerpt_bytes)} + "...";
}

std::string text_or_empty(const Value& object, std::string_view name) {
  return std::string{json::find_text(object, name).value_or("")};
}

std::chrono::nanoseconds find_nanoseconds(const Value& object, std::string_view name) {
  constexpr std::uint64_t longest = std::uint64_t{1} << 62;
  return std::chrono::nanoseconds{
      static_cast<std::int64_t>(std::min(json::find_count(object, name), longest))};
}

/// The text of the `error` member, where there is one. Old servers also send objects.
std::optional<std::string> find_error(const Value& object) {
  const auto* error = json::find(object, "error");
  if (error == nullptr || error->IsNull())
    return std::nullopt;
  if (error->IsString())
    return std::string{json::text_of(*error)};
  return json::to_text(*error);
}

std::vector<ToolCall> parse_tool_calls(const Value& message) {
  std::vector<ToolCall> calls;
  const auto* list = json::find(message, "tool_calls");
  if (list == nullptr || !list->IsArray())
    return calls;
  for (const auto& entry : list->GetArray()) {
    const auto* function = json::find(entry, "function");
    if (function == nullptr || !function->IsObject())
      continue;
    const auto* arguments = json::find(*function, "arguments");
    calls.push_back({.id = text_or_empty(entry, "id"),
                     .name = text_or_empty(*function, "name"),
                     .arguments = arguments != nullptr && arguments->IsObject()
                                      ? json::to_text(*arguments)
                                      : "{}"});
  }
  return calls;
}

GenerateStats parse_stats(const Value& object) {
  return {.total_duration = find_nanoseconds(object, "total_duration"),
          .load_duration = find_nanoseconds(object, "load_duration"),
          .prompt_eval_count = json::find_count(object, "prompt_eval_count"),
          .prompt_eval_duration = find_nanoseconds(object, "prompt_eval_duration"),
          .eval_count = json::find_count(object, "eval_count"),
          .eval_duration = find_nanoseconds(object, "eval_duration")};
}

/// Whether a member is there with another type than a text.
bool is_no_text(const Value& object, std::string_view name) {
  const auto* value = json::find(object, name);
  return value != nullptr && !value->IsString() && !value->IsNull();
}

struct Failure {
  bool reported; ///< by the server, in an `error` member
  std::string detail;
};

tl::expected<Piece, Failure> parse_piece(std::string_view text, RequestKind kind,
                                         std::uint32_t max_depth) {
  auto broken = [text](std::string why) {
    return tl::unexpected{Failure{false, std::move(why) + ": " + excerpt(text)}};
  };
  // What follows an object, on its line or behind the whole answer, has no meaning.
  const auto document = json::parse_first(text, max_depth);
  if (!document)
    return broken(document.error().what);
  if (!document->IsObject())
    return broken("not an object");
  const Value& object = *document;
  if (auto error = find_error(object))
    return tl::unexpected{Failure{true, std::move(*error)}};

  Piece piece;
  const auto* source = &object;
  auto text_name = std::string_view{"response"};
  if (kind == RequestKind::chat) {
    source = json::find(object, "message");
    text_name = "content";
  }
  const auto* done = json::find(object, "done");
  if (done == nullptr || !done->IsBool())
    return broken("no `done`");
  piece.done = done->GetBool();
  if (source != nullptr && source->IsObject()) {
    if (is_no_text(*source, text_name) || is_no_text(*source, "thinking"))
      return broken("text of a wrong type");
    piece.text = text_or_empty(*source, text_name);
    piece.thinking = text_or_empty(*source, "thinking");
    piece.tool_calls = parse_tool_calls(*source);
  } else if (!piece.done || (source != nullptr && !source->IsNull())) {
    return broken("no message");
  }
  piece.model = text_or_empty(object, "model");
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

tl::unexpected<LLMError> broken_body(std::string_view subject, std::string detail) {
  return failure(ErrorCode::bad_response, std::string{subject}, std::move(detail));
}

/// An object without an `error`.
Result<json::Document> parse_object(std::string_view body, std::string_view subject,
                                    std::uint32_t max_depth = json::default_depth) {
  auto document = json::parse(body, max_depth);
  if (!document)
    return broken_body(subject, document.error().what + ": " + excerpt(body));
  if (!document->IsObject())
    return broken_body(subject, "not an object: " + excerpt(body));
  if (auto error = find_error(*document)) {
    LLMError reported{
        .code = ErrorCode::server_error, .subject = std::string{subject}, .detail = *error};
    refine(reported, *error);
    return failure(std::move(reported));
  }
  return std::move(*document);
}

const Value* find_models(const json::Document& document) {
  const auto* models = json::find(document, "models");
  return models != nullptr && models->IsArray() ? models : nullptr;
}

void take_details(const Value& source, std::string& family, std::string& parameter_size,
                  std::string& quantization) {
  const auto* details = json::find(source, "details");
  if (details == nullptr)
    return;
  family = text_or_empty(*details, "family");
  parameter_size = text_or_empty(*details, "parameter_size");
  quantization = text_or_empty(*details, "quantization_level");
}

std::uint32_t to_uint32(std::uint64_t number) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, UINT32_MAX));
}

struct Hint {
  std::string_view text;
  ErrorCode code;
};

constexpr std::array hints{
    Hint{"raw mode does not support", ErrorCode::bad_request},
    Hint{"does not support", ErrorCode::model_capability_missing},
    Hint{"process has terminated", ErrorCode::model_load_failed},
    Hint{"unable to load model", ErrorCode::model_load_failed},
    Hint{"requires more system memory", ErrorCode::model_load_failed},
    Hint{"out-of-memory", ErrorCode::model_load_failed},
    Hint{"timed out waiting for llama", ErrorCode::model_load_failed},
    Hint{"runner has unexpectedly stopped", ErrorCode::model_failed},
    Hint{"error was encountered while running the model", ErrorCode::model_failed},
    Hint{"file does not exist", ErrorCode::model_not_found},
};

} // namespace

void refine(LLMError& error, std::string_view text) {
  for (const auto& hint : hints)
    if (text.find(hint.text) != std::string_view::npos) {
      error.code = hint.code;
      return;
    }
}

Result<Piece> parse_chunk(std::string_view line, RequestKind kind, std::uint32_t max_depth) {
  auto piece = parse_piece(line, kind, max_depth);
  if (!piece)
    return failure(piece.error().reported ? ErrorCode::stream_failed : ErrorCode::stream_malformed,
                   "", std::move(piece.error().detail));
  return std::move(*piece);
}

Result<LLMResponse> parse_answer(std::string_view body, const LLMRequest& request,
                                 std::uint32_t max_depth) {
  auto piece = parse_piece(body, request.kind, max_depth);
  if (!piece) {
    LLMError error{.code =
                       piece.error().reported ? ErrorCode::server_error : ErrorCode::bad_response,
                   .subject = request.model,
                   .detail = std::move(piece.error().detail)};
    if (piece.error().reported)
      refine(error, error.detail);
    return failure(std::move(error));
  }
  if (!piece->done) {
    LLMError error{.code = ErrorCode::stream_incomplete,
                   .subject = request.model,
                   .detail = "the answer says that it is not done",
                   .partial = std::move(piece->text)};
    return failure(std::move(error));
  }
  LLMResponse response;
  response.id = request.id;
  response.model = piece->model.empty() ? request.model : piece->model;
  response.response = std::move(piece->text);
  response.done = true;
  response.context = std::move(piece->context);
  response.thinking = std::move(piece->thinking);
  response.tool_calls = std::move(piece->tool_calls);
  response.done_reason = std::move(piece->done_reason);
  response.stats = piece->stats;
  return response;
}

LLMError parse_error(int status, std::string_view body, std::string_view model,
                     std::string_view base_url) {
  LLMError error;
  error.http_status = static_cast<std::uint16_t>(std::clamp(status, 0, 65535));
  error.detail = excerpt(body);
  const auto document = json::parse(body);
  std::optional<std::string> text;
  if (document && document->IsObject())
    text = find_error(*document);
  const bool about_model = text.has_value() && !model.empty();
  switch (status) {
  case 400:
    error.code = ErrorCode::bad_request;
    break;
  case 401:
  case 403:
    error.code = ErrorCode::forbidden;
    break;
  case 404:
    error.code = about_model ? ErrorCode::model_not_found : ErrorCode::unexpected_status;
    break;
  case 429:
  case 503:
    error.code = ErrorCode::server_busy;
    break;
  default:
    error.code = status >= 500 ? ErrorCode::server_error : ErrorCode::unexpected_status;
  }
  if (text && (status == 400 || status == 500))
    refine(error, *text);
  const bool names_server = error.code == ErrorCode::forbidden ||
                            error.code == ErrorCode::server_busy ||
                            error.code == ErrorCode::unexpected_status;
  error.subject = std::string{names_server || model.empty() ? base_url : model};
  return error;
}

Result<ModelList> parse_tags(std::string_view body, std::uint32_t max_depth) {
  const auto document = parse_object(body, "the list of models", max_depth);
  if (!document)
    return failure(document.error());
  const auto* models = find_models(*document);
  if (models == nullptr)
    return broken_body("the list of models", "no `models`: " + excerpt(body));
  ModelList list;
  for (const auto& entry : models->GetArray()) {
    ModelStatus status;
    status.name = text_or_empty(entry, "name");
    if (status.name.empty())
      status.name = text_or_empty(entry, "model");
    if (status.name.empty())
      continue;
    status.available = true;
    if (const auto size = json::find_count(entry, "size"); size > 0)
      status.size = size;
    status.modified_at = parse_wall_time(text_or_empty(entry, "modified_at"));
    status.digest = text_or_empty(entry, "digest");
    take_details(entry, status.family, status.parameter_size, status.quantization);
    list.models.push_back(std::move(status));
  }
  return list;
}

Result<RunningModels> parse_ps(std::string_view body, std::uint32_t max_depth) {
  const auto document = parse_object(body, "the list of running models", max_depth);
  if (!document)
    return failure(document.error());
  const auto* models = find_models(*document);
  if (models == nullptr)
    return broken_body("the list of running models", "no `models`: " + excerpt(body));
  RunningModels running;
  for (const auto& entry : models->GetArray()) {
    RunningModel model;
    model.name = text_or_empty(entry, "name");
    if (model.name.empty())
      continue;
    model.size = json::find_count(entry, "size");
    model.size_vram = json::find_count(entry, "size_vram");
    model.expires_at = parse_wall_time(text_or_empty(entry, "expires_at"));
    model.context_length = to_uint32(json::find_count(entry, "context_length"));
    running.models.push_back(std::move(model));
  }
  return running;
}

Result<ModelDetails> parse_show(std::string_view body, std::string_view name,
                                std::uint32_t max_depth) {
  const auto document = parse_object(body, name, max_depth);
  if (!document)
    return failure(document.error());
  ModelDetails details;
  details.name = std::string{name};
  take_details(*document, details.family, details.parameter_size, details.quantization);
  details.parameters = text_or_empty(*document, "parameters");
  details.system = text_or_empty(*document, "system");
  details.prompt_template = text_or_empty(*document, "template");
  details.license = text_or_empty(*document, "license");
  details.modified_at = parse_wall_time(text_or_empty(*document, "modified_at"));
  if (const auto* list = json::find(*document, "capabilities"); list != nullptr && list->IsArray())
    for (const auto& capability : list->GetArray())
      if (capability.IsString())
        details.capabilities.emplace_back(json::text_of(capability));
  if (const auto* model_info = json::find(*document, "model_info"); model_info != nullptr) {
    const auto architecture = text_or_empty(*model_info, "general.architecture");
    details.context_length =
        to_uint32(json::find_count(*model_info, architecture + ".context_length"));
  }
  return details;
}

Result<EmbedResponse> parse_embed(std::string_view body, const EmbedRequest& request,
                                  std::uint32_t max_depth) {
  const auto document = parse_object(body, request.model, max_depth);
  if (!document)
    return failure(document.error());
  const auto* vectors = json::find(*document, "embeddings");
  if (vectors == nullptr || !vectors->IsArray() || vectors->Size() != request.input.size())
    return broken_body(request.model, "not one embedding per text");
  EmbedResponse response;
  response.model = text_or_empty(*document, "model");
  for (const auto& vector : vectors->GetArray()) {
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

Result<std::string> parse_version(std::string_view body) {
  const auto document = parse_object(body, "the server");
  if (!document)
    return failure(document.error());
  if (const auto version = json::find_text(*document, "version"))
    return std::string{*version};
  return broken_body("the server", "no `version`: " + excerpt(body));
}

Result<void> parse_acknowledgement(std::string_view body, std::string_view model) {
  if (body.empty())
    return {};
  if (auto document = parse_object(body, model); !document)
    return failure(std::move(document.error()));
  return {};
}

Result<PullLine> parse_pull_line(std::string_view line, std::string_view model) {
  const auto document = parse_object(line, model);
  if (!document)
    return failure(document.error());
  return PullLine{.status = text_or_empty(*document, "status"),
                  .digest = text_or_empty(*document, "digest"),
                  .total = json::find_count(*document, "total"),
                  .completed = json::find_count(*document, "completed")};
}

} // namespace nexus::llm::response_parser
