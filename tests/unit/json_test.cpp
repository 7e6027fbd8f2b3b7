// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "config/json.hpp"
#include "config/json_text.hpp"
#include "config/read_json.hpp"
#include "config/utf8.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::string_literals;

namespace json_test {

namespace {

struct Sample {
  std::string name;
  std::optional<int> size;
  std::vector<Sample> inner;

  static constexpr std::string_view type_name = "Sample";
  template <class Self, class Visit> static auto fields(Self& self, Visit visit) {
    return visit(Field{"name", self.name}, Field{"size", self.size}, Field{"inner", self.inner});
  }
};

struct Outer {
  Sample one;

  static constexpr std::string_view type_name = "Outer";
  template <class Self, class Visit> static auto fields(Self& self, Visit visit) {
    return visit(Field{"one", self.one});
  }
};

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

} // namespace

BOOST_AUTO_TEST_SUITE(json_reading)

BOOST_AUTO_TEST_CASE(nothing_but_white_space_may_follow_the_value) {
  BOOST_TEST(json::parse(" {\"a\":1} \r\n\t").has_value());
  for (const auto& text : {"{} {}"s, "{}x"s, "1 2"s, ""s, "  "s, "{}\0"s, "{}\0junk"s})
    BOOST_TEST(!json::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_first_value_can_be_read_whatever_follows) {
  BOOST_TEST(json::to_text(*json::parse_first("{\"a\":1} junk {")) == R"({"a":1})");
  BOOST_TEST(!json::parse_first("junk {}").has_value());
  BOOST_TEST(!json::parse_first("{\"a\":").has_value());
}

BOOST_AUTO_TEST_CASE(an_error_tells_line_and_column) {
  const auto parsed = json::parse("{\n  \"a\": 1,\n  \"b\" 2\n}");
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.error().line == 3u);
  BOOST_TEST(parsed.error().column == 7u);
  BOOST_TEST(!parsed.error().what.empty());
}

BOOST_AUTO_TEST_CASE(nesting_is_accepted_up_to_the_bound_and_no_further) {
  BOOST_TEST(json::parse(nested(128)).has_value());
  BOOST_TEST(!json::parse(nested(129)).has_value());
  BOOST_TEST(json::parse(nested(8), 8).has_value());
  BOOST_TEST(!json::parse(nested(9), 8).has_value());
  BOOST_TEST(json::parse("[[],[],{},[]]", 2).has_value());
}

BOOST_AUTO_TEST_CASE(very_deep_nesting_costs_no_stack) {
  BOOST_TEST(!json::parse(nested(100'000)).has_value());
  BOOST_TEST(!json::parse(std::string(1'000'000, '[')).has_value());
  BOOST_TEST(!json::parse(std::string(1'000'000, '{')).has_value());
}

BOOST_AUTO_TEST_CASE(texts_must_be_valid_utf8) {
  BOOST_TEST(json::parse("\"caf\xC3\xA9\"").has_value());
  for (const auto* text :
       {"\"\xC3\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xFF\"",
        "{\"\xE2\x82\":1}", R"("\ud800")", R"("\udc00x")", R"({"\udc00":1})", R"("\ud7ff\udc00")"})
    BOOST_TEST(!json::parse(text).has_value(), text);
  // The last character before the surrogates begins with the same byte as they would.
  BOOST_TEST(json::parse(R"("\ud7ff\ud7ff")").has_value());
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_no_json) {
  BOOST_TEST(!json::parse("\xEF\xBB\xBF{}").has_value());
}

BOOST_AUTO_TEST_CASE(the_last_of_several_members_counts) {
  const auto parsed = json::parse(R"({"a":1,"b":5,"a":2})");
  BOOST_REQUIRE(parsed);
  BOOST_TEST(json::find(*parsed, "a")->GetInt() == 2);
  BOOST_TEST(json::find(*parsed, "c") == nullptr);
}

BOOST_AUTO_TEST_CASE(members_of_what_is_no_object_are_not_there) {
  const auto parsed = json::parse("[1]");
  BOOST_TEST(json::find(*parsed, "a") == nullptr);
  BOOST_TEST(!json::find_text(*parsed, "a"));
  BOOST_TEST(json::find_count(*parsed, "a") == 0u);
}

BOOST_AUTO_TEST_CASE(numbers_are_read_exactly) {
  const auto read = json::parse(
      R"([0, -0, 7, -9223372036854775808, 18446744073709551615, 18446744073709551616, 0.1, 1e23,
          5e-324, 1e-400, 0e300, 0e-99999, 1.7976931348623157e308, -1.5E+2, 2.0])");
  BOOST_REQUIRE(read.has_value());
  const auto& list = *read;
  BOOST_TEST(list[0].IsInt());
  BOOST_TEST(list[1].GetDouble() == 0.0);
  BOOST_TEST(list[2].GetUint() == 7u);
  BOOST_TEST(list[3].GetInt64() == std::numeric_limits<std::int64_t>::min());
  BOOST_TEST(list[4].GetUint64() == std::numeric_limits<std::uint64_t>::max());
  BOOST_TEST(list[5].GetDouble() == 18446744073709551616.0);
  BOOST_TEST(list[6].GetDouble() == 0.1);
  BOOST_TEST(list[7].GetDouble() == 1e23);
  BOOST_TEST(list[8].GetDouble() == 5e-324);
  BOOST_TEST(list[9].GetDouble() == 0.0);
  BOOST_TEST(list[10].GetDouble() == 0.0);
  BOOST_TEST(list[11].GetDouble() == 0.0);
  BOOST_TEST(list[12].GetDouble() == std::numeric_limits<double>::max());
  BOOST_TEST(list[13].GetDouble() == -150.0);
  BOOST_TEST(list[14].IsDouble());
}

BOOST_AUTO_TEST_CASE(a_number_beyond_all_bounds_is_an_error) {
  for (const auto* text : {"1e309", "-1e400", "[1e99999999999]"})
    BOOST_TEST(!json::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(counts_are_read_from_any_number_and_never_negative) {
  const auto parsed = json::parse(
      R"({"i":7,"f":7.0,"e":1e3,"big":18446744073709551615,"neg":-3,"huge":1e300,"t":"7","n":null})");
  BOOST_REQUIRE(parsed);
  BOOST_TEST(json::find_count(*parsed, "i") == 7u);
  BOOST_TEST(json::find_count(*parsed, "f") == 7u);
  BOOST_TEST(json::find_count(*parsed, "e") == 1000u);
  BOOST_TEST(json::find_count(*parsed, "big") == UINT64_MAX);
  for (const auto* name : {"neg", "huge", "t", "n", "missing"})
    BOOST_TEST(json::find_count(*parsed, name) == 0u, name);
}

BOOST_AUTO_TEST_CASE(a_text_with_a_null_escape_keeps_its_length) {
  const auto parsed = json::parse(R"({"a":"x\u0000y"})");
  BOOST_REQUIRE(parsed);
  BOOST_TEST(*json::find_text(*parsed, "a") == "x\0y"s);
  BOOST_TEST(json::to_text(*parsed) == R"({"a":"x\u0000y"})");
}

BOOST_AUTO_TEST_CASE(what_nests_too_deeply_is_told_as_such) {
  BOOST_TEST(contains(json::parse(nested(9), 8).error().what, "nested deeper than 8 levels"));
  BOOST_TEST(json::parse("[x").error().line == 1u);
  BOOST_TEST(json::parse("[x").error().column == 2u);
  // Hardly more than the largest number there is.
  BOOST_TEST(json::parse("[1.7976931348623159e308]").error().what == "a number is too large");
}

BOOST_AUTO_TEST_CASE(no_memory_is_asked_for_where_none_is_needed) {
  json::CheckedAllocator allocator;
  BOOST_TEST(allocator.Malloc(0) == nullptr);
  auto* memory = allocator.Malloc(1);
  BOOST_TEST(memory != nullptr);
  memory = allocator.Realloc(memory, 1, 100);
  BOOST_TEST(memory != nullptr);
  BOOST_TEST(allocator.Realloc(memory, 100, 0) == nullptr);
}

BOOST_AUTO_TEST_CASE(pretty_text_has_a_member_a_line) {
  BOOST_TEST(json::to_pretty_text(*json::parse(R"({"a":[1],"b":{}})")) ==
             "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
}

BOOST_AUTO_TEST_CASE(numbers_and_durations_are_read_within_their_types) {
  std::int8_t small = 0;
  BOOST_TEST(!json::read_value(*json::parse("-128"), small).has_value());
  BOOST_TEST(small == -128);
  BOOST_TEST(!json::read_value(*json::parse("127"), small).has_value());
  BOOST_TEST(small == 127);
  BOOST_TEST(json::read_value(*json::parse("-129"), small).has_value());
  BOOST_TEST(json::read_value(*json::parse("128"), small).has_value());
  std::uint8_t count = 0;
  BOOST_TEST(!json::read_value(*json::parse("255"), count).has_value());
  BOOST_TEST(count == 255);
  BOOST_TEST(json::read_value(*json::parse("256"), count).has_value());
  BOOST_TEST(json::read_value(*json::parse("-1"), count).has_value());
  std::chrono::milliseconds time{};
  BOOST_TEST(!json::read_value(*json::parse("1500"), time).has_value());
  BOOST_TEST(time.count() == 1500);
  BOOST_TEST(json::read_value(*json::parse("1.5"), time).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_of_another_type_is_told) {
  std::vector<std::string> texts{"before"};
  BOOST_TEST((json::read_value(*json::parse("7"), texts) == "must be an array"));
  BOOST_TEST(!json::read_value(*json::parse(R"(["a","b"])"), texts).has_value());
  BOOST_CHECK(texts == (std::vector<std::string>{"a", "b"}));
  BOOST_TEST((json::read_value(*json::parse(R"(["a",7])"), texts) == "[1] must be a text"));
  double number = 0;
  BOOST_TEST((json::read_value(*json::parse(R"("x")"), number) == "must be a number"));
  BOOST_TEST(!json::read_value(*json::parse("1.5"), number).has_value());
  BOOST_TEST(number == 1.5);
  bool flag = false;
  BOOST_TEST((json::read_value(*json::parse("1"), flag) == "must be true or false"));
  BOOST_TEST(!json::read_value(*json::parse("true"), flag).has_value());
  BOOST_TEST(flag);
  std::string text;
  BOOST_TEST((json::read_value(*json::parse("1"), text) == "must be a text"));
}

BOOST_AUTO_TEST_CASE(members_keep_their_values_unless_they_are_named) {
  Sample sample{.name = "before", .size = 5};
  BOOST_TEST(!json::read_value(*json::parse(R"({"name":"after"})"), sample).has_value());
  BOOST_TEST(sample.name == "after");
  BOOST_TEST((sample.size == 5));
  BOOST_TEST(!json::read_value(*json::parse(R"({"size":6})"), sample).has_value());
  BOOST_TEST((sample.size == 6));
  // Nothing stands for a value that is not there.
  BOOST_TEST(!json::read_value(*json::parse(R"({"size":null})"), sample).has_value());
  BOOST_TEST(!sample.size.has_value());
}

BOOST_AUTO_TEST_CASE(times_and_errors_are_read_by_their_texts) {
  WallTime time;
  BOOST_TEST(!json::read_value(*json::parse(R"("2024-01-31T12:00:00Z")"), time).has_value());
  BOOST_TEST(format_wall_time(time) == "2024-01-31T12:00:00Z");
  for (const auto* text : {"5", R"("yesterday")", "null"})
    BOOST_TEST(json::read_value(*json::parse(text), time).has_value(), text);
  ErrorCode code{};
  for (const auto& row : error_table) {
    const auto text = "\"" + std::string{row.name} + "\"";
    BOOST_TEST(!json::read_value(*json::parse(text), code).has_value(), text);
    BOOST_TEST(code == row.code);
  }
  BOOST_TEST(contains(json::read_value(*json::parse(R"("nothing")"), code).value_or(""),
                      "must be one of "));
}

BOOST_AUTO_TEST_CASE(a_member_may_be_any_json) {
  json::Document document;
  auto& allocator = document.GetAllocator();
  const auto list = json::JsonText::of(*json::parse("[1, {\"a\": null}]"));
  BOOST_TEST(list.text == R"([1,{"a":null}])");
  BOOST_TEST(json::to_text(list.value(allocator)) == list.text);
  BOOST_TEST(json::JsonText{"nonsense"}.value(allocator).IsNull());
  BOOST_TEST(json::JsonText{}.value(allocator).IsNull());
}

BOOST_AUTO_TEST_CASE(a_wrong_member_is_told_with_its_place) {
  Sample sample;
  const auto problem = [&sample](std::string_view text) {
    return json::read_value(*json::parse(text), sample).value_or("");
  };
  BOOST_TEST(problem("[]") == "must be an object");
  BOOST_TEST(problem(R"({"name":5})") == ".name must be a text");
  BOOST_TEST(problem(R"({"name":null})") == ".name must be a text");
  BOOST_TEST(problem(R"({"names":"x"})") == ".names is no member of Sample");
  BOOST_TEST(problem(R"({"inner":[{},{"size":"x"}]})") == ".inner[1] .size must be a whole number");
  Outer outer;
  BOOST_TEST((json::read_value(*json::parse(R"({"one":{"name":5}})"), outer) ==
              ".one.name must be a text"));
  std::uint8_t small = 0;
  BOOST_TEST(
      (json::read_value(*json::parse("256"), small) == "must be a whole number of at most 255"));
}

BOOST_AUTO_TEST_CASE(values_of_roles_are_read_by_their_names) {
  PerRole<std::string> texts;
  BOOST_TEST(!json::read_value(*json::parse(R"({"overseer":"a","implementation":"b"})"), texts)
                  .has_value());
  BOOST_TEST(texts[AIRole::overseer] == "a");
  BOOST_TEST(texts[AIRole::implementation] == "b");
  const auto wrong = json::read_value(*json::parse(R"({"nobody":"a"})"), texts);
  BOOST_REQUIRE(wrong);
  BOOST_TEST(contains(*wrong, "is no role"), *wrong);
  BOOST_TEST(json::read_value(*json::parse("[]"), texts).has_value());
  BOOST_TEST(json::read_value(*json::parse(R"({"overseer":7})"), texts).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(valid_texts_pass) {
  for (const auto& text : {""s, "plain"s, "caf\xC3\xA9"s, "\xE2\x82\xAC"s, "\xF0\x9F\x98\x80"s,
                           "\xF4\x8F\xBF\xBF"s, "\xEF\xBF\xBD"s})
    BOOST_TEST(is_valid_utf8(text), text);
}

BOOST_AUTO_TEST_CASE(broken_texts_are_refused) {
  for (const auto& text :
       {"\x80"s, "\xC3"s, "\xC3("s, "\xC0\xAF"s, "\xC1\xBF"s, "\xE2\x82"s, "\xE0\x80\x80"s,
        "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xF0\x80\x80\x80"s, "\xF4\x90\x80\x80"s,
        "\xF5\x80\x80\x80"s, "\xFE"s, "\xFF"s, "ok\xF0\x9F\x98"s}) {
    BOOST_TEST(!is_valid_utf8(text), text);
    BOOST_TEST(!is_clean_text(text), text);
  }
}

BOOST_AUTO_TEST_CASE(the_first_character_has_the_length_of_its_form) {
  BOOST_TEST(first_character("ab") == 1u);
  BOOST_TEST(first_character("\xC3\xA9x") == 2u);
  BOOST_TEST(first_character("\xE2\x82\xAC") == 3u);
  BOOST_TEST(first_character("\xF0\x9F\xA6\x99!") == 4u);
  // Cut off, overlong, a surrogate, too large, a byte in the middle, nothing.
  for (const auto* text : {"\xE2\x82", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x82", ""})
    BOOST_TEST(first_character(text) == 0u, text);
}

BOOST_AUTO_TEST_CASE(what_is_no_character_is_replaced_once_for_each_run) {
  const auto mark = std::string{replacement_character};
  BOOST_TEST(to_valid_utf8("caf\xC3\xA9") == "caf\xC3\xA9");
  BOOST_TEST(to_valid_utf8("a\xFFz") == "a" + mark + "z");
  BOOST_TEST(to_valid_utf8("a\xFF\xFE\xC3") == "a" + mark);
  BOOST_TEST(to_valid_utf8("\xFF\xC3\xA9\xFF") == mark + "\xC3\xA9" + mark);
}

BOOST_AUTO_TEST_CASE(json_is_valid_utf8_whatever_its_strings_hold) {
  json::Document document{rapidjson::kObjectType};
  auto& allocator = document.GetAllocator();
  document.AddMember(json::make_string("k\xFF", allocator),
                     json::make_string("a\xC3\" \xE2\x82\xAC \xFF\xFE", allocator), allocator);
  for (const auto& text : {json::to_text(document), json::to_pretty_text(document)}) {
    BOOST_TEST(is_valid_utf8(text), text);
    const auto again = json::parse(text);
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(json::find_text(*again, "k\xEF\xBF\xBD").value() ==
               "a\xEF\xBF\xBD\" \xE2\x82\xAC \xEF\xBF\xBD");
  }
}

BOOST_AUTO_TEST_CASE(nul_is_valid_utf8_but_not_a_clean_text) {
  BOOST_TEST(is_valid_utf8("a\0b"s));
  BOOST_TEST(!is_clean_text("a\0b"s));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace json_test
