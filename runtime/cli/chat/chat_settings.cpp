// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "config/json.hpp"
#include "config/ollama_options.hpp"
#include "config/suggestion.hpp"
#include "config/text.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::string_view unset = "default";

/// Names that are no options of Ollama, but members of a request.
constexpr std::array<std::string_view, 3> request_names{"think", "format", "keep_alive"};

/// Returns the name in Ollama's notation.
std::string normal_name(std::string_view name) {
  std::string normal{name};
  std::replace(normal.begin(), normal.end(), '-', '_');
  return normal == "max_tokens" ? "num_predict" : normal;
}

tl::unexpected<LLMError> wrong(std::string_view name, std::string_view wanted,
                               std::string_view value) {
  return failure(ErrorCode::invalid_option, "`" + std::string{name} + "` must be " +
                                                std::string{wanted} + ", not `" +
                                                std::string{value} + "`");
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  return number_in<std::int64_t>(text);
}

std::string text_of_number(double number) { return json::to_text(json::Value{number}); }

json::Value text_list(const std::vector<std::string>& texts, json::Allocator& allocator) {
  json::Value list{rapidjson::kArrayType};
  for (const auto& text : texts)
    list.PushBack(json::make_string(text, allocator), allocator);
  return list;
}

/// A text, or a JSON list of texts.
std::optional<std::vector<std::string>> texts_in(std::string_view value) {
  const auto list = json::parse(value);
  if (!list || !list->IsArray())
    return std::vector<std::string>{std::string{value}};
  std::vector<std::string> texts;
  for (const auto& element : list->GetArray()) {
    if (!element.IsString())
      return std::nullopt;
    texts.emplace_back(json::text_of(element));
  }
  return texts;
}

json::Document object_in(const std::string& raw_options) {
  if (auto parsed = json::parse(raw_options); parsed && parsed->IsObject())
    return std::move(*parsed);
  return json::Document{rapidjson::kObjectType};
}

Result<void> set_raw(GenerateOptions& options, const std::string& name, std::string_view value) {
  auto object = object_in(options.raw_options);
  auto& allocator = object.GetAllocator();
  const auto parsed = json::parse(value);
  json::Value added;
  // A value that is not JSON is a text.
  if (parsed)
    added.CopyFrom(*parsed, allocator);
  else
    added = json::make_string(value, allocator);
  object.RemoveMember(name.c_str());
  object.AddMember(json::make_string(name, allocator), added, allocator);
  if (const auto problem = check_options(object); !problem.empty())
    return failure(ErrorCode::invalid_option, problem + ", not `" + std::string{value} + "`");
  options.raw_options = json::to_text(object);
  return {};
}

/// `name` is known and normal.
Result<void> apply(GenerateOptions& options, const std::string& name, std::string_view value) {
  if (name == "temperature") {
    const auto number = number_in<double>(value);
    if (!number || !(*number >= 0 && *number <= 2))
      return wrong(name, "a number from 0 to 2", value);
    options.temperature = *number;
  } else if (name == "num_ctx") {
    const auto number = whole_number(value);
    if (!number || *number < 4 || *number > std::int64_t{1} << 24)
      return wrong(name, "a number from 4 to 16777216", value);
    options.num_ctx = static_cast<std::uint32_t>(*number);
  } else if (name == "num_predict") {
    const auto number = whole_number(value);
    if (!number || *number < -2 || *number == 0 || *number > INT32_MAX)
      return wrong(name, "a number from 1 to 2147483647, or -1 or -2 (no limit)", value);
    options.max_tokens = static_cast<std::int32_t>(*number);
  } else if (name == "seed") {
    const auto number = whole_number(value);
    if (!number)
      return wrong(name, "a whole number", value);
    options.seed = *number;
  } else if (name == "stop") {
    auto texts = texts_in(value);
    if (!texts)
      return wrong(name, "a text, or a JSON list of texts", value);
    options.stop = std::move(*texts);
  } else if (name == "think") {
    const auto think = parse_think(value);
    if (!think)
      return wrong(name, "`true`, `false`, `low`, `medium`, `high` or `max`", value);
    options.think = think;
  } else if (name == "format") {
    if (const auto schema = json::parse(value); value != "json" && !(schema && schema->IsObject()))
      return wrong(name, "`json` or a JSON schema", value);
    options.format = {std::string{value}};
  } else if (name == "keep_alive") {
    if (!is_valid_keep_alive(value))
      return wrong(name, "a duration such as `5m`, or a number of seconds", value);
    options.keep_alive = {std::string{value}};
  } else {
    return set_raw(options, name, value);
  }
  return {};
}

std::optional<std::string> value_of(const GenerateOptions& options, const std::string& name) {
  // A member of the request wins over an entry of `raw_options`.
  if (name == "temperature" && options.temperature)
    return text_of_number(*options.temperature);
  if (name == "num_ctx" && options.num_ctx)
    return std::to_string(*options.num_ctx);
  if (name == "num_predict" && options.max_tokens)
    return std::to_string(*options.max_tokens);
  if (name == "seed" && options.seed)
    return std::to_string(*options.seed);
  if (name == "stop" && !options.stop.empty()) {
    json::Document document;
    return json::to_text(text_list(options.stop, document.GetAllocator()));
  }
  if (name == "think" && options.think)
    return std::string{to_string(*options.think)};
  if (name == "format" && !options.format.is_free_text())
    return options.format.value;
  if (name == "keep_alive" && options.keep_alive.is_set())
    return options.keep_alive.value;
  const auto object = object_in(options.raw_options);
  if (const auto* value = json::find(object, name))
    return json::to_text(*value);
  return std::nullopt;
}

Result<std::string> known_name(std::string_view name) {
  auto normal = normal_name(name);
  const auto names = ChatSettings::names();
  if (std::find(names.begin(), names.end(), normal) != names.end())
    return normal;
  std::string hint = "/set lists them";
  if (const auto meant = nearest(normal, std::vector<std::string>(names.begin(), names.end()));
      !meant.empty())
    hint = "`" + meant + "` is the nearest";
  return failure(ErrorCode::invalid_option,
                 "there is none of the name `" + std::string{name} + "`; " + hint);
}

} // namespace

std::vector<std::string_view> ChatSettings::names() {
  auto names = option_names();
  names.insert(names.end(), request_names.begin(), request_names.end());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> ChatSettings::set(std::string_view name, std::string_view value) {
  const auto known = known_name(name);
  if (!known)
    return failure(known.error());
  auto changed = changed_;
  std::erase_if(changed, [&known](const auto& option) { return option.name == *known; });
  if (value != unset)
    changed.push_back({*known, std::string{value}});
  return replace(changed);
}

Result<std::string> ChatSettings::value(std::string_view name) const {
  const auto known = known_name(name);
  if (!known)
    return failure(known.error());
  return value_of(options_, *known).value_or(std::string{unset});
}

std::vector<ChatOption> ChatSettings::in_force() const {
  std::vector<ChatOption> options;
  for (const auto name : names())
    if (auto value = value_of(options_, std::string{name}))
      options.push_back({std::string{name}, std::move(*value)});
  return options;
}

Result<void> ChatSettings::replace(const std::vector<ChatOption>& changed) {
  auto options = base_;
  // These are not set by name.
  options.model = options_.model;
  options.system = options_.system;
  for (const auto& option : changed) {
    const auto known = known_name(option.name);
    if (!known)
      return failure(known.error());
    if (auto applied = apply(options, *known, option.value); !applied)
      return applied;
  }
  options_ = std::move(options);
  changed_ = changed;
  return {};
}

std::uint64_t ChatSettings::window() const {
  const auto text = value_of(options_, "num_ctx");
  return text ? number_in<std::uint64_t>(*text).value_or(0) : 0;
}

} // namespace nexus::llm::cli
