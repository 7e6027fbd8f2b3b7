// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <rapidjson/schema.h>

#include <string>
#include <utility>
#include <vector>

#include "config/json.hpp"

namespace nexus::llm::test {

/// A printed schema, and schemas of parts of it, in the judgement of RapidJSON's validator.
class PrintedSchema {
public:
  explicit PrintedSchema(std::string text) {
    // In RapidJSON's eyes, no reference has a `$`.
    for (auto at = text.find("$defs"); at != std::string::npos; at = text.find("$defs"))
      text.replace(at, 5, "definitions");
    auto parsed = json::parse(text);
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), text);
    whole_ = std::move(*parsed);
  }

  [[nodiscard]] const json::Value& whole() const { return whole_; }

  /// Whether the value at a path of members of the schema accepts the JSON text.
  [[nodiscard]] bool accepts(const std::vector<std::string>& path, const std::string& text) const {
    const json::Value* part = &whole_;
    for (const auto& member : path) {
      part = json::find(*part, member);
      BOOST_REQUIRE_MESSAGE(part != nullptr, "no " << member << " in the schema");
    }
    json::Document schema{rapidjson::kObjectType};
    schema.CopyFrom(*part, schema.GetAllocator());
    // References lead to the definitions, which must be in the same document. A reference hides
    // what stands beside it.
    json::Document wrapped{rapidjson::kObjectType};
    json::Value all{rapidjson::kArrayType};
    all.PushBack(schema, wrapped.GetAllocator());
    wrapped.AddMember("allOf", all, wrapped.GetAllocator());
    json::Value definitions{*json::find(whole_, "definitions"), wrapped.GetAllocator()};
    wrapped.AddMember("definitions", definitions, wrapped.GetAllocator());
    using Schema = rapidjson::GenericSchemaDocument<json::Value>;
    const Schema compiled{wrapped};
    rapidjson::GenericSchemaValidator<Schema> validator{compiled};
    const auto value = json::parse(text);
    BOOST_REQUIRE_MESSAGE(value.has_value(), text);
    return value->Accept(validator);
  }

private:
  json::Document whole_;
};

} // namespace nexus::llm::test
