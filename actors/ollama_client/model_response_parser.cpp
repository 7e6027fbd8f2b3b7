// SPDX-License-Identifier: BSD-3-Clause
// The responses about models and the server, of what `response_parser.hpp` declares.
#include <algorithm>

#include "actors/ollama_client/error_parser.hpp"
#include "actors/ollama_client/response_object.hpp"
#include "actors/ollama_client/response_parser.hpp"
#include "config/utf8.hpp"
#include "messages/wall_time.hpp"

namespace nexus::llm::response_parser {

namespace {

using json::Value;

using error_parser::excerpt;

/// The entries of a list of models, none if it is null; nothing if there is no list.
std::optional<std::vector<const Value*>> find_models(const json::Document& document) {
  const auto* models = json::find(document, "models");
  if (models == nullptr || !(models->IsArray() || models->IsNull()))
    return std::nullopt;
  std::vector<const Value*> entries;
  if (models->IsArray())
    for (const auto& entry : models->GetArray())
      entries.push_back(&entry);
  return entries;
}

/// The name of an entry in a list of models; some servers send only one of the two members.
std::string name_of(const Value& entry) {
  auto name = text_or_empty(entry, "name");
  return name.empty() ? text_or_empty(entry, "model") : name;
}

std::vector<std::string> texts_of(const Value& source, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* list = json::find(source, name); list != nullptr && list->IsArray())
    for (const auto& text : list->GetArray())
      if (text.IsString())
        texts.emplace_back(json::text_of(text));
  return texts;
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

} // namespace

Result<ModelList> parse_tags(std::string_view body, std::uint32_t max_depth) {
  const auto document = parse_object(body, "the list of models", max_depth);
  if (!document)
    return failure(document.error());
  const auto models = find_models(*document);
  if (!models)
    return broken_body("the list of models", "no `models`: " + excerpt(body));
  ModelList list;
  for (const auto* each : *models) {
    const auto& entry = *each;
    ModelStatus status;
    status.name = name_of(entry);
    if (status.name.empty())
      continue;
    status.available = true;
    if (const auto size = json::find_count(entry, "size"); size > 0)
      status.size = size;
    status.modified_at = parse_wall_time(text_or_empty(entry, "modified_at"));
    status.digest = text_or_empty(entry, "digest");
    take_details(entry, status.family, status.parameter_size, status.quantization);
    if (const auto* details = json::find(entry, "details"))
      status.context_length = to_uint32(json::find_count(*details, "context_length"));
    status.capabilities = texts_of(entry, "capabilities");
    status.remote_model = text_or_empty(entry, "remote_model");
    status.remote_host = text_or_empty(entry, "remote_host");
    list.models.push_back(std::move(status));
  }
  return list;
}

Result<RunningModels> parse_ps(std::string_view body, std::uint32_t max_depth) {
  const auto document = parse_object(body, "the list of running models", max_depth);
  if (!document)
    return failure(document.error());
  const auto models = find_models(*document);
  if (!models)
    return broken_body("the list of running models", "no `models`: " + excerpt(body));
  RunningModels running;
  for (const auto* each : *models) {
    const auto& entry = *each;
    RunningModel model;
    model.name = name_of(entry);
    if (model.name.empty())
      continue;
    model.size = json::find_count(entry, "size");
    model.size_vram = json::find_count(entry, "size_vram");
    model.expires_at = parse_wall_time(text_or_empty(entry, "expires_at"));
    model.context_length = to_uint32(json::find_count(entry, "context_length"));
    model.digest = text_or_empty(entry, "digest");
    take_details(entry, model.family, model.parameter_size, model.quantization);
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
  for (const auto& text : texts_of(*document, "license"))
    details.license += (details.license.empty() ? "" : "\n\n") + text;
  details.modified_at = parse_wall_time(text_or_empty(*document, "modified_at"));
  details.capabilities = texts_of(*document, "capabilities");
  details.modelfile = text_or_empty(*document, "modelfile");
  details.requires_version = text_or_empty(*document, "requires");
  details.remote_model = text_or_empty(*document, "remote_model");
  details.remote_host = text_or_empty(*document, "remote_host");
  if (const auto* model_info = json::find(*document, "model_info"); model_info != nullptr) {
    if (model_info->IsObject())
      details.model_info = json::to_text(*model_info);
    const auto architecture = text_or_empty(*model_info, "general.architecture");
    details.context_length =
        to_uint32(json::find_count(*model_info, architecture + ".context_length"));
  }
  return details;
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

Result<PullLine> parse_pull_line(std::string_view line, std::string_view model,
                                 ErrorCode failure_code) {
  const auto document = json::parse(without_byte_order_mark(line));
  if (!document || !document->IsObject())
    return broken_body(model, "not an object: " + excerpt(line));
  if (const auto text = error_parser::find_error(*document)) {
    LLMError error{.code = failure_code, .subject = std::string{model}, .detail = *text};
    error_parser::take_transfer_reason(error, *text);
    return failure(std::move(error));
  }
  return PullLine{.status = text_or_empty(*document, "status"),
                  .digest = text_or_empty(*document, "digest"),
                  .total = json::find_count(*document, "total"),
                  .completed = json::find_count(*document, "completed")};
}

} // namespace nexus::llm::response_parser
