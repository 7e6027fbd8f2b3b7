// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/config_keys.hpp"
#include "config/settings_schema.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(schema_of_the_settings)

BOOST_AUTO_TEST_CASE(each_json_type_has_its_schema) {
  json::SchemaParts parts;
  for (const auto& [value, schema] : {std::pair{"true", R"({"type":"boolean"})"},
                                      {"5", R"({"type":"number"})"},
                                      {"5.5", R"({"type":"number"})"},
                                      {R"("x")", R"({"type":"string"})"},
                                      {"[]", R"({"type":"array","items":{"type":"string"}})"},
                                      {"{}", R"({"type":"object"})"},
                                      // What may be missing may be anything.
                                      {"null", "{}"}})
    BOOST_TEST(json::to_text(setting_schema(parts, *json::parse(value))) == schema);
}

BOOST_AUTO_TEST_CASE(every_setting_stands_in_its_groups_with_its_description) {
  for (const bool closed : {true, false}) {
    json::SchemaParts parts;
    const auto schema = settings_schema(parts, closed);
    std::size_t settings = 0;
    for (const auto& key : config_keys()) {
      const auto* at = &schema;
      for (std::string_view path = key.path; !path.empty();) {
        // Each group on the way is an object.
        BOOST_TEST(*json::find_text(*at, "type") == "object");
        const auto* others = json::find(*at, "additionalProperties");
        BOOST_TEST((others != nullptr) == closed, key.path);
        if (others != nullptr)
          BOOST_TEST(others->IsFalse(), key.path);
        const auto dot = path.find('.');
        const auto* properties = json::find(*at, "properties");
        BOOST_REQUIRE(properties != nullptr);
        at = json::find(*properties, path.substr(0, dot));
        BOOST_REQUIRE_MESSAGE(at != nullptr, key.path);
        path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
      }
      BOOST_TEST(*json::find_text(*at, "description") == key.description + " (" + key.type + ")");
      ++settings;
    }
    BOOST_TEST(settings == config_keys().size());
    const auto* limits = json::find(*json::find(schema, "properties"), "limits");
    // No group stands there twice.
    BOOST_REQUIRE(limits != nullptr);
    BOOST_TEST(json::find(*limits, "properties")->MemberCount() > 5u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
