// SPDX-License-Identifier: BSD-3-Clause
#include "config/settings_schema.hpp"

#include <string_view>

#include "config/config_keys.hpp"

namespace nexus::llm {

using json::Value;

namespace {

Value group_schema(json::SchemaParts& parts, bool closed) {
  auto schema = parts.of_type("object");
  parts.add(schema, "properties", Value{rapidjson::kObjectType});
  if (closed)
    parts.add(schema, "additionalProperties", Value{false});
  return schema;
}

} // namespace

Value setting_schema(json::SchemaParts& parts, const Value& example) {
  if (example.IsBool())
    return parts.of_type("boolean");
  if (example.IsNumber())
    return parts.of_type("number");
  if (example.IsArray()) {
    auto schema = parts.of_type("array");
    parts.add(schema, "items", parts.of_type("string"));
    return schema;
  }
  if (example.IsObject())
    return parts.of_type("object");
  return example.IsString() ? parts.of_type("string") : Value{rapidjson::kObjectType};
}

Value settings_schema(json::SchemaParts& parts, bool closed) {
  auto schema = group_schema(parts, closed);
  const LLMClientConfig defaults;
  for (const auto& key : config_keys()) {
    json::Document scratch;
    auto leaf = setting_schema(parts, key.get(defaults, scratch.GetAllocator()));
    parts.add(leaf, "description", parts.text(key.description + " (" + key.type + ")"));
    auto* group = &schema;
    std::string_view path = key.path;
    for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
      auto* properties = json::find(*group, "properties");
      const auto name = path.substr(0, dot);
      if (json::find(*properties, name) == nullptr)
        parts.add(*properties, name, group_schema(parts, closed));
      group = json::find(*properties, name);
      path.remove_prefix(dot + 1);
    }
    parts.add(*json::find(*group, "properties"), path, std::move(leaf));
  }
  return schema;
}

} // namespace nexus::llm
