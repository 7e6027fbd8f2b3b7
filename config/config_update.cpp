// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_update.hpp"

#include "config/config_keys.hpp"

namespace nexus::llm {

using json::Allocator;
using json::Value;

namespace {

/// Returns the object that contains the last key of `path`. Creates missing objects.
Value& parent_of(Value& section, std::string_view& path, Allocator& allocator) {
  auto* object = &section;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    const auto name = path.substr(0, dot);
    auto* child = json::find(*object, name);
    if (child == nullptr) {
      object->AddMember(json::make_string(name, allocator), Value{rapidjson::kObjectType},
                        allocator);
      child = &(object->MemberEnd() - 1)->value;
    }
    object = child;
    path.remove_prefix(dot + 1);
  }
  return *object;
}

} // namespace

void set_path(Value& section, std::string_view path, Value value, Allocator& allocator) {
  auto& parent = parent_of(section, path, allocator);
  if (auto* present = json::find(parent, path))
    *present = std::move(value);
  else
    parent.AddMember(json::make_string(path, allocator), std::move(value), allocator);
}

void merge_patch_into(Value& target, const Value& patch, Allocator& allocator) {
  if (!patch.IsObject()) {
    target.CopyFrom(patch, allocator);
    return;
  }
  if (!target.IsObject())
    target.SetObject();
  for (const auto& change : patch.GetObject()) {
    const auto name = json::text_of(change.name);
    auto* present = json::find(target, name);
    if (change.value.IsNull()) {
      // A file may contain duplicate keys.
      while (target.EraseMember(change.name)) {
      }
    } else if (present != nullptr) {
      merge_patch_into(*present, change.value, allocator);
    } else {
      Value fresh;
      merge_patch_into(fresh, change.value, allocator);
      target.AddMember(json::make_string(name, allocator), fresh, allocator);
    }
  }
}

Result<json::Document> parse_update(std::string_view text) {
  auto patch = json::parse(text);
  if (!patch)
    return failure(ErrorCode::invalid_argument,
                   "the update is not valid JSON: " + patch.error().what);
  if (!patch->IsObject())
    return failure(ErrorCode::invalid_argument, "the update must be a JSON object");
  if (const auto unknown = unknown_keys(*patch); !unknown.empty())
    return failure(ErrorCode::invalid_argument, unknown_key_text(unknown.front()));
  return std::move(*patch);
}

Result<LLMClientConfig> apply_update(const LLMClientConfig& config, std::string_view merge_patch) {
  auto patch = parse_update(merge_patch);
  if (!patch)
    return failure(std::move(patch.error()));
  json::Document section{rapidjson::kObjectType};
  for (const auto& key : config_keys())
    set_path(section, key.path, key.get(config, section.GetAllocator()), section.GetAllocator());
  merge_patch_into(section, *patch, section.GetAllocator());
  return apply_section({}, section);
}

} // namespace nexus::llm
