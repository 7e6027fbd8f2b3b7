// SPDX-License-Identifier: BSD-3-Clause
#include "actors/role/model_settings.hpp"

#include <algorithm>
#include <array>

#include "config/config_update.hpp"
#include "config/json.hpp"
#include "config/model_name.hpp"

namespace nexus::llm {

namespace {

using json::Document;
using json::Value;

constexpr std::string_view nothing = "{}";
constexpr std::string_view window_name = "num_ctx";
/// Other options whose change makes Ollama reload a model.
constexpr std::array<std::string_view, 6> names_of_load_options{
    "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict"};

bool names(const LLMClientConfig& config, AIRole role, std::string_view model) {
  const auto& fallbacks = config.settings(role).fallback_models;
  return same_model(config.model(role), model) ||
         std::ranges::any_of(fallbacks,
                             [model](const auto& other) { return same_model(other, model); });
}

std::optional<std::uint32_t> window_of(const RoleSettings& role, const Value& options) {
  if (role.num_ctx)
    return role.num_ctx;
  const auto* window = json::find(options, window_name);
  return window != nullptr && window->IsUint() ? std::optional{window->GetUint()} : std::nullopt;
}

/// The options of a role, or `nullopt` if they are no object.
std::optional<Document> options_of(const RoleSettings& role) {
  // Most roles have none, and this is part of every request.
  if (role.options == nothing)
    return Document{rapidjson::kObjectType};
  auto options = json::parse(role.options);
  if (!options || !options->IsObject())
    return std::nullopt;
  return std::move(*options);
}

/// All options of a model as JSON text; empty if there are none.
std::string all_options(const ModelSettings& settings) {
  auto options = json::parse(settings.load_options);
  if (settings.num_ctx)
    options->AddMember("num_ctx", Value{*settings.num_ctx}, options->GetAllocator());
  return options->ObjectEmpty() ? std::string{} : json::to_text(*options);
}

} // namespace

ModelSettings settings_of_model(const LLMClientConfig& config, std::string_view model) {
  ModelSettings settings;
  Document found{rapidjson::kObjectType};
  auto& allocator = found.GetAllocator();
  for (const auto role : all_roles()) {
    if (!names(config, role, model))
      continue;
    const auto& of_role = config.settings(role);
    if (!settings.keep_alive.is_set())
      settings.keep_alive = of_role.keep_alive;
    const auto options = options_of(of_role);
    if (!options)
      continue;
    if (const auto window = window_of(of_role, *options))
      settings.num_ctx = std::max(settings.num_ctx.value_or(0), *window);
    for (const auto name : names_of_load_options) {
      const auto* value = json::find(*options, name);
      if (value == nullptr || value->IsNull() || json::find(found, name) != nullptr)
        continue;
      Value copy;
      copy.CopyFrom(*value, allocator);
      found.AddMember(json::make_string(name, allocator), copy, allocator);
    }
  }
  if (!found.ObjectEmpty())
    settings.load_options = json::to_text(found);
  return settings;
}

std::string merged_options(const std::string& defaults, const std::string& patch) {
  if (defaults == nothing)
    return patch;
  auto options = json::parse(defaults);
  if (!options || !options->IsObject() || options->ObjectEmpty())
    return patch;
  if (patch.empty())
    return defaults;
  const auto wanted = json::parse(patch);
  if (!wanted || !wanted->IsObject())
    return patch;
  merge_patch_into(*options, *wanted, options->GetAllocator());
  return json::to_text(*options);
}

EmbedRequest with_model_settings(EmbedRequest request, const LLMClientConfig& config) {
  const auto settings = settings_of_model(config, request.model);
  request.raw_options = merged_options(all_options(settings), request.raw_options);
  if (!request.keep_alive.is_set())
    request.keep_alive = settings.keep_alive;
  return request;
}

LoadRequest load_request(std::string_view model, const KeepAlive& keep_alive,
                         const LLMClientConfig& config) {
  const auto settings = settings_of_model(config, model);
  return {.model = std::string{model},
          .keep_alive = keep_alive.is_set() ? keep_alive : settings.keep_alive,
          .raw_options = all_options(settings)};
}

} // namespace nexus::llm
