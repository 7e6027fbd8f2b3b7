// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <random>

#include "config/json_editor.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(json_editor)

namespace {

using Path = std::vector<std::string>;

std::string assigned(std::string text, const Path& path, std::string_view value) {
  JsonEditor editor{std::move(text)};
  editor.assign(path, *json::parse(value));
  BOOST_TEST(json::parse(editor.text()).has_value(), editor.text());
  return editor.text();
}

std::string erased(std::string text, const Path& path) {
  JsonEditor editor{std::move(text)};
  editor.erase(path);
  BOOST_TEST(json::parse(editor.text()).has_value(), editor.text());
  return editor.text();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_value_is_replaced_where_it_stands) {
  BOOST_TEST(assigned(R"({ "a" : 1 , "b":{"c" :[1 ,2]}})", {"a"}, "2") ==
             R"({ "a" : 2 , "b":{"c" :[1 ,2]}})");
  BOOST_TEST(assigned(R"({"a":{"b":{"c":1.0}}})", {"a", "b", "c"}, R"("x")") ==
             R"({"a":{"b":{"c":"x"}}})");
  BOOST_TEST(assigned(R"({"a":"}\"{","b":1})", {"b"}, "true") == R"({"a":"}\"{","b":true})");
  BOOST_TEST(assigned(R"({"a":-1.5e3,"b":null})", {"a"}, "0") == R"({"a":0,"b":null})");
}

BOOST_AUTO_TEST_CASE(a_list_keeps_its_line_or_its_lines) {
  BOOST_TEST(assigned(R"({"a": ["x", "y"]})", {"a"}, R"(["z","y"])") == R"({"a": ["z", "y"]})");
  BOOST_TEST(assigned("{\n  \"a\": {\"b\": 1}\n}", {"a"}, R"([{"c":1}])") ==
             "{\n  \"a\": [{\"c\": 1}]\n}");
  // What was neither filled nor a list has no line to keep.
  for (const auto* old : {"1", "1234", "[]", "{}"})
    BOOST_TEST(assigned("{\n  \"a\": " + std::string{old} + "\n}", {"a"}, R"([1,{"c":1}])") ==
               "{\n  \"a\": [\n    1,\n    {\n      \"c\": 1\n    }\n  ]\n}");
}

BOOST_AUTO_TEST_CASE(what_is_equal_is_not_touched) {
  for (const auto* text : {R"({"a": 1.00})", R"({"a" : 1})", R"({"a": 1e0 })"})
    BOOST_TEST(assigned(text, {"a"}, "1") == text);
  const auto* object = R"({"a": {"x" : 1, "y":[1 ,2]}})";
  BOOST_TEST(assigned(object, {"a"}, R"({"y":[1,2],"x":1})") == object);
}

BOOST_AUTO_TEST_CASE(objects_are_compared_member_by_member) {
  BOOST_TEST(assigned(R"({"o": {"a" : 1, "b" : 2 ,"c":[ 3 ]}})", {"o"},
                      R"({"a":1,"c":[3],"d":4})") == R"({"o": {"a" : 1, "c":[ 3 ],"d":4}})");
}

BOOST_AUTO_TEST_CASE(a_new_member_follows_the_layout_around_it) {
  BOOST_TEST(assigned("{\n\t\"a\": 1\n}\n", {"b"}, "2") == "{\n\t\"a\": 1,\n\t\"b\": 2\n}\n");
  BOOST_TEST(assigned("{\r\n    \"a\" : 1\r\n}", {"b"}, "2") ==
             "{\r\n    \"a\" : 1,\r\n    \"b\" : 2\r\n}");
  BOOST_TEST(assigned(R"({"a":1})", {"b"}, "2") == R"({"a":1,"b":2})");
  BOOST_TEST(assigned("{\"a\":\n1}", {"b"}, "2") == "{\"a\":\n1, \"b\": 2}");
  BOOST_TEST(assigned(R"({ "a": 1 })", {"b"}, "2") == R"({ "a": 1, "b": 2 })");
  BOOST_TEST(assigned("{\n    \"a\": {\n        \"b\": 1\n    }\n}", {"a", "c", "d"}, "[1,2]") ==
             "{\n    \"a\": {\n        \"b\": 1,\n        \"c\": {\n            \"d\": [1, 2]\n"
             "        }\n    }\n}");
  BOOST_TEST(assigned("{\n    \"a\": 1\n  , \"b\": 2\n}", {"c"}, "3") ==
             "{\n    \"a\": 1\n  , \"b\": 2,\n \"c\": 3\n}");
  BOOST_TEST(assigned(R"({"a": {"b": 1}})", {"a", "c", "d"}, "1") ==
             R"({"a": {"b": 1, "c": {"d": 1}}})");
}

BOOST_AUTO_TEST_CASE(an_empty_object_is_filled_as_the_one_around_it) {
  BOOST_TEST(assigned("{}\n", {"a", "b"}, "1") == "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
  BOOST_TEST(assigned("{\n\t\"a\": { }\n}", {"a", "b"}, "1") ==
             "{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}");
  BOOST_TEST(assigned(R"({"x": 1, "a": {}})", {"a", "b"}, "1") == R"({"x": 1, "a": {"b": 1}})");
  BOOST_TEST(assigned("{\r\n}", {"a"}, "1") == "{\r\n  \"a\": 1\r\n}");
}

BOOST_AUTO_TEST_CASE(what_is_no_object_gives_way_to_one_on_the_way) {
  BOOST_TEST(assigned(R"({"a":5,"b":1})", {"a", "c"}, "1") == R"({"a":{"c": 1},"b":1})");
}

BOOST_AUTO_TEST_CASE(a_member_goes_with_its_comma_and_its_line) {
  const std::string text = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}\n";
  BOOST_TEST(erased(text, {"a"}) == "{\n  \"b\": 2,\n  \"c\": 3\n}\n");
  BOOST_TEST(erased(text, {"b"}) == "{\n  \"a\": 1,\n  \"c\": 3\n}\n");
  BOOST_TEST(erased(text, {"c"}) == "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
  BOOST_TEST(erased(text, {"d"}) == text);
  BOOST_TEST(erased(text, {"a", "x"}) == text);
  BOOST_TEST(erased(R"({"a": {"b": 1}})", {"a", "b"}) == R"({"a": {}})");
}

BOOST_AUTO_TEST_CASE(of_members_of_one_name_the_last_is_changed_and_all_are_erased) {
  const auto* text = R"({"a":1,"b":2,"a":3})";
  BOOST_TEST(assigned(text, {"a"}, "4") == R"({"a":1,"b":2,"a":4})");
  BOOST_TEST(erased(text, {"a"}) == R"({"b":2})");
}

BOOST_AUTO_TEST_CASE(keys_are_compared_by_what_they_say) {
  BOOST_TEST(assigned(R"({"\u0061\"":1})", {"a\""}, "2") == R"({"\u0061\"":2})");
  BOOST_TEST(assigned(R"({"a.b":1})", {"a", "b"}, "2") == R"({"a.b":1,"a":{"b":2}})");
}

BOOST_AUTO_TEST_CASE(places_are_known) {
  const JsonEditor editor{"{\n\"x\": [\n{\"a\": 1}],\n\"a\":\n{\n\"b\": 1}}"};
  BOOST_TEST(editor.line_of(Path{"a", "b"}) == 6u);
  BOOST_TEST(editor.line_of(Path{"a", "none"}) == 4u);
  BOOST_TEST(editor.line_of(Path{"none"}) == 1u);
  BOOST_TEST(editor.contains(Path{"a", "b"}));
  BOOST_TEST(!editor.contains(Path{"x", "a"}));
  BOOST_TEST(!editor.contains(Path{"b"}));
}

/// Any text, any change: the result says what RapidJSON's own objects say after the same change.
BOOST_AUTO_TEST_CASE(changes_mean_what_they_mean_in_a_document) {
  std::mt19937 random{20261128};
  const std::vector<std::string> texts{
      R"({})",
      "{ \n }",
      R"({"a":{"b":{"c":1},"d":[]},"b":2})",
      "{\n  \"a\": {\n    \"b\": [1, {\"c\": 2}],\n    \"c\": \"}\"\n  },\n  \"d\": null\n}\n",
      "{\r\n\t\"b\" : {},\r\n\t\"a\" : [ ]\r\n}",
      R"( {"c":"\\","d":{"a":"\"","b":{}}} )"};
  const std::vector<std::string> values{
      "1",    R"("x")", "{}", "[]", R"({"a":{"b":[1,{"c":2}]}})", R"([1,"}",{"d":null}])",
      "null", "1.5"};
  const Path names{"a", "b", "c", "d"};
  auto any = [&random](const auto& list) { return list[random() % list.size()]; };
  for (int round = 0; round < 300; ++round) {
    JsonEditor editor{any(texts)};
    for (int change = 0; change < 6; ++change) {
      Path path;
      for (auto depth = random() % 3 + 1; depth > 0; --depth)
        path.push_back(any(names));
      const auto before = editor.text();
      if (random() % 4 == 0) {
        editor.erase(path);
        BOOST_TEST(!editor.contains(path), before);
      } else {
        const auto value = json::parse(any(values));
        editor.assign(path, *value);
        const auto after = json::parse(editor.text());
        BOOST_REQUIRE_MESSAGE(after, before << " -> " << editor.text());
        const json::Value* found = &*after;
        for (const auto& name : path)
          found = found != nullptr ? json::find(*found, name) : nullptr;
        BOOST_TEST((found != nullptr && *found == *value), before << " -> " << editor.text());
      }
      BOOST_REQUIRE_MESSAGE(json::parse(editor.text()), before << " -> " << editor.text());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
