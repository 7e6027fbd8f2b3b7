// SPDX-License-Identifier: BSD-3-Clause
#include "config/json_schema.hpp"

namespace nexus::llm::json {

Value SchemaParts::of_type(std::string_view type) {
  Value schema{rapidjson::kObjectType};
  add(schema, "type", text(type));
  return schema;
}

Value SchemaParts::any_of(std::vector<Value> schemas) {
  Value choices{rapidjson::kArrayType};
  for (auto& each : schemas)
    choices.PushBack(std::move(each), allocator());
  Value schema{rapidjson::kObjectType};
  add(schema, "anyOf", std::move(choices));
  return schema;
}

Value SchemaParts::constant(std::string_view value) {
  Value schema{rapidjson::kObjectType};
  add(schema, "enum", names({value}));
  return schema;
}

Value SchemaParts::reference(std::string_view name) {
  Value schema{rapidjson::kObjectType};
  add(schema, "$ref", text("#/$defs/" + std::string{name}));
  return schema;
}

Value SchemaParts::names(const std::vector<std::string_view>& list) {
  Value array{rapidjson::kArrayType};
  for (const auto name : list)
    array.PushBack(text(name), allocator());
  return array;
}

} // namespace nexus::llm::json
