// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/wire.hpp"

#include <algorithm>

#include "config/json.hpp"
#include "config/model_name.hpp"
#include "runtime/simulator/text_generator.hpp"

namespace nexus::llm::testing::wire {

using json::Allocator;
using json::Document;
using json::Value;

namespace {

constexpr std::string_view some_time = "2026-01-01T00:00:00Z";
/// Nanoseconds per token.
constexpr std::uint64_t token_duration = 20'000'000;

Document request_of(const StagedExchange& exchange) {
  auto body = json::parse(exchange.body);
  Document document;
  if (body && body->IsObject())
    return std::move(*body);
  document.SetObject();
  return document;
}

void add(Value& object, std::string_view name, std::string_view text, Allocator& allocator) {
  object.AddMember(json::make_string(name, allocator), json::make_string(text, allocator),
                   allocator);
}

void add_text(Value& object, const StagedExchange& exchange, std::string_view text,
              Allocator& allocator) {
  if (exchange.target != "/api/chat")
    return add(object, "response", text, allocator);
  Value message{rapidjson::kObjectType};
  add(message, "role", "assistant", allocator);
  add(message, "content", text, allocator);
  object.AddMember("message", std::move(message), allocator);
}

Document beginning(const StagedExchange& exchange) {
  const auto request = request_of(exchange);
  Document document;
  document.SetObject();
  add(document, "model", json::find_text(request, "model").value_or("?"), document.GetAllocator());
  add(document, "created_at", some_time, document.GetAllocator());
  return document;
}

void add_end(Document& document, std::size_t tokens, std::string_view done_reason) {
  auto& allocator = document.GetAllocator();
  document.AddMember("done", true, allocator);
  add(document, "done_reason", done_reason, allocator);
  const auto generating = static_cast<std::uint64_t>(tokens) * token_duration;
  document.AddMember("total_duration", generating + 2 * token_duration, allocator);
  document.AddMember("load_duration", token_duration, allocator);
  document.AddMember("prompt_eval_count", 8u, allocator);
  document.AddMember("prompt_eval_duration", token_duration, allocator);
  document.AddMember("eval_count", static_cast<std::uint64_t>(tokens), allocator);
  document.AddMember("eval_duration", generating, allocator);
}

Value details_of(const simulator::SimulatedModel& model, Allocator& allocator) {
  Value details{rapidjson::kObjectType};
  add(details, "format", "gguf", allocator);
  add(details, "family", model.family, allocator);
  add(details, "parameter_size", model.parameter_size, allocator);
  add(details, "quantization_level", model.quantization_level, allocator);
  return details;
}

std::string tags(const std::vector<simulator::SimulatedModel>& models) {
  Document document;
  auto& allocator = document.GetAllocator();
  Value list{rapidjson::kArrayType};
  for (const auto& model : models) {
    Value entry{rapidjson::kObjectType};
    add(entry, "name", model.name, allocator);
    add(entry, "model", model.name, allocator);
    add(entry, "modified_at", some_time, allocator);
    entry.AddMember("size", model.size_bytes, allocator);
    add(entry, "digest", "0123456789abcdef", allocator);
    entry.AddMember("details", details_of(model, allocator), allocator);
    list.PushBack(std::move(entry), allocator);
  }
  document.SetObject();
  document.AddMember("models", std::move(list), allocator);
  return json::to_text(document);
}

Body show(const StagedExchange& exchange, const std::vector<simulator::SimulatedModel>& models) {
  const auto request = request_of(exchange);
  const auto name = json::find_text(request, "model").value_or("");
  const auto model = std::ranges::find_if(
      models, [name](const auto& each) { return same_model(each.name, name); });
  if (model == models.end())
    return {.status = 404, .text = error("model '" + std::string{name} + "' not found")};
  Document document;
  auto& allocator = document.GetAllocator();
  document.SetObject();
  add(document, "license", model->license, allocator);
  document.AddMember("details", details_of(*model, allocator), allocator);
  Value info{rapidjson::kObjectType};
  add(info, "general.architecture", model->family, allocator);
  info.AddMember(json::make_string(model->family + ".context_length", allocator),
                 Value{model->context_length}, allocator);
  document.AddMember("model_info", std::move(info), allocator);
  Value capabilities{rapidjson::kArrayType};
  for (const auto& capability : model->capabilities)
    capabilities.PushBack(json::make_string(capability, allocator), allocator);
  document.AddMember("capabilities", std::move(capabilities), allocator);
  add(document, "modified_at", some_time, allocator);
  return {.status = 200, .text = json::to_text(document)};
}

} // namespace

std::string_view method_text(HttpRequest::Method method) {
  constexpr std::string_view names[] = {"GET", "POST", "DELETE"};
  return names[static_cast<std::size_t>(method)];
}

std::string target_of(std::string_view url) {
  const auto host = url.find("//");
  const auto path = url.find('/', host == std::string_view::npos ? 0 : host + 2);
  return path == std::string_view::npos ? "/" : std::string{url.substr(path)};
}

bool is_inference(std::string_view target) {
  return target == "/api/generate" || target == "/api/chat";
}

std::optional<Body> model_answer(const StagedExchange& exchange,
                                 const std::vector<simulator::SimulatedModel>& models) {
  if (exchange.target == "/api/tags")
    return Body{.text = tags(models)};
  if (exchange.target == "/api/version")
    return Body{.text = R"({"version":"0.32.15"})"};
  if (exchange.target == "/api/ps")
    return Body{.text = R"({"models":[]})"};
  if (exchange.target == "/api/show")
    return show(exchange, models);
  return std::nullopt;
}

std::string line(const StagedExchange& exchange, std::string_view text) {
  auto document = beginning(exchange);
  add_text(document, exchange, text, document.GetAllocator());
  document.AddMember("done", false, document.GetAllocator());
  return json::to_text(document) + "\n";
}

std::string last_line(const StagedExchange& exchange, std::size_t lines,
                      std::string_view done_reason) {
  auto document = beginning(exchange);
  add_text(document, exchange, "", document.GetAllocator());
  add_end(document, lines, done_reason);
  return json::to_text(document) + "\n";
}

std::string whole(const StagedExchange& exchange, std::string_view text,
                  std::string_view done_reason) {
  auto document = beginning(exchange);
  add_text(document, exchange, text, document.GetAllocator());
  add_end(document, simulator::count_tokens(text), done_reason);
  return json::to_text(document);
}

std::string error(std::string_view text) {
  Document document;
  document.SetObject();
  add(document, "error", text, document.GetAllocator());
  return json::to_text(document);
}

bool wants_stream(const StagedExchange& exchange) {
  const auto request = request_of(exchange);
  const auto* stream = json::find(request, "stream");
  return stream == nullptr || !stream->IsBool() || stream->GetBool();
}

std::vector<std::string> reply_lines(const StagedExchange& exchange, std::string_view text) {
  if (!wants_stream(exchange))
    return {whole(exchange, text, "stop")};
  std::vector<std::string> lines;
  for (const auto& token : simulator::tokenize(text))
    lines.push_back(line(exchange, token));
  lines.push_back(last_line(exchange, lines.size(), "stop"));
  return lines;
}

} // namespace nexus::llm::testing::wire
