// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/request_body.hpp"

#include "config/json.hpp"
#include "config/ollama_options.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using json::Value;

constexpr std::uint32_t max_depth = 1000;
constexpr std::int64_t default_num_ctx = 4096;

struct Field {
  std::string_view name;
  bool (Value::*has_type)() const;
};

/// A name means the same at every endpoint.
constexpr Field fields[] = {
    {"model", &Value::IsString},       {"name", &Value::IsString},
    {"prompt", &Value::IsString},      {"system", &Value::IsString},
    {"template", &Value::IsString},    {"from", &Value::IsString},
    {"source", &Value::IsString},      {"destination", &Value::IsString},
    {"stream", &Value::IsBool},        {"logprobs", &Value::IsBool},
    {"top_logprobs", &Value::IsInt64}, {"dimensions", &Value::IsInt64},
    {"messages", &Value::IsArray},     {"tools", &Value::IsArray},
    {"images", &Value::IsArray},       {"options", &Value::IsObject},
    {"files", &Value::IsObject},
};

std::optional<std::chrono::nanoseconds> duration_of(const Value& value) {
  const auto seconds = value.IsNumber()   ? std::optional{value.GetDouble()}
                       : value.IsString() ? parse_go_duration(json::text_of(value))
                                          : std::nullopt;
  if (!seconds)
    return std::nullopt;
  constexpr double a_century = 3e9;
  if (*seconds < 0 || *seconds > a_century)
    return std::chrono::nanoseconds{-1};
  return std::chrono::nanoseconds{static_cast<std::int64_t>(*seconds * 1e9)};
}

bool is_text(const Value& value) { return value.IsString(); }

bool is_message(const Value& value) {
  const auto* content = json::find(value, "content");
  return value.IsObject() && (content == nullptr || content->IsNull() || content->IsString());
}

} // namespace

RequestBody::RequestBody(std::string_view text) {
  auto parsed = json::parse(text, max_depth);
  if (!parsed || !parsed->IsObject()) {
    error_ = parsed ? "the body must be a JSON object" : "invalid JSON: " + parsed.error().what;
    return;
  }
  document_ = std::move(*parsed);
  if (const auto* options = find("options"); options != nullptr && options->IsObject())
    error_ = check_options(*options);
  for (const auto& field : fields)
    if (const auto* value = find(field.name); value != nullptr && !(value->*field.has_type)())
      error_ = "invalid type of `" + std::string{field.name} + "`";
  if (const auto* value = find("keep_alive"); value != nullptr && !duration_of(*value))
    error_ = "invalid duration `keep_alive`";
  if (const auto* messages = find_list("messages"))
    if (!std::all_of(messages->Begin(), messages->End(), is_message))
      error_ = "invalid type of a message";
  if (const auto* input = find("input"); input != nullptr && !input->IsString())
    if (!input->IsArray() || !std::all_of(input->Begin(), input->End(), is_text))
      error_ = "invalid type of `input`";
}

const Value* RequestBody::find(std::string_view name) const {
  const auto* value = json::find(document_, name);
  return value == nullptr || value->IsNull() ? nullptr : value;
}

const Value* RequestBody::find_list(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->IsArray() && !value->Empty() ? value : nullptr;
}

std::string RequestBody::text(std::string_view name) const {
  return std::string{json::find_text(document_, name).value_or("")};
}

bool RequestBody::boolean(std::string_view name, bool fallback) const {
  const auto* value = find(name);
  return value != nullptr && value->IsBool() ? value->GetBool() : fallback;
}

std::int64_t RequestBody::number(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : 0;
}

std::optional<std::int64_t> RequestBody::option(std::string_view name) const {
  const auto* options = find("options");
  const auto* value = options == nullptr ? nullptr : json::find(*options, name);
  if (value == nullptr || !value->IsNumber())
    return std::nullopt;
  return value->IsInt64() ? value->GetInt64()
                          : static_cast<std::int64_t>(std::clamp(value->GetDouble(), -9e18, 9e18));
}

LoadOptions RequestBody::load_options(std::uint32_t context_length) const {
  const auto wanted = option("num_ctx").value_or(0);
  LoadOptions load;
  load.num_ctx = std::max<std::int64_t>(
      4, std::min<std::int64_t>(wanted > 0 ? wanted : default_num_ctx, context_length));
  for (const auto* name : {"num_batch", "num_gpu", "main_gpu", "num_thread"})
    if (const auto value = option(name))
      load.others += std::string{name} + "=" + std::to_string(*value) + " ";
  return load;
}

std::optional<std::chrono::nanoseconds> RequestBody::keep_alive() const {
  const auto* value = find("keep_alive");
  return value == nullptr ? std::nullopt : duration_of(*value);
}

std::string RequestBody::model() const {
  auto name = text("model");
  return name.empty() ? text("name") : name;
}

} // namespace nexus::llm::simulator
