// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

#include "config/setting_value.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(setting_value)

namespace {

/// What a function makes of a value that is given as JSON text.
template <class Function> auto made_by(Function function) {
  return [function](std::string_view text) {
    const auto value = json::parse(text);
    BOOST_REQUIRE_MESSAGE(value, text);
    return function(*value);
  };
}

} // namespace

BOOST_AUTO_TEST_CASE(a_number_may_be_given_as_its_text) {
  const auto number = made_by([](const json::Value& value) { return number_of(value); });
  for (const auto& [text, meant] :
       {std::pair{"1.5", 1.5}, std::pair{"-3", -3.0}, std::pair{R"("1.5")", 1.5},
        std::pair{R"(" -3 ")", -3.0}, std::pair{R"("1e3")", 1000.0}, std::pair{"0", 0.0}})
    BOOST_TEST((number(text) == meant), text);
  for (const auto* none : {"true", "null", "[1]", "{}", R"("")", R"("x")", R"("1x")", R"("inf")",
                           R"("nan")", R"("1e999")"})
    BOOST_TEST(!number(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(a_count_is_whole_not_negative_and_exact) {
  const auto count = made_by([](const json::Value& value) { return count_of(value); });
  const std::pair<const char*, std::uint64_t> rows[] = {
      {"0", 0},
      {"3", 3},
      {"3.0", 3},
      {"-0.0", 0},
      {R"("3")", 3},
      {R"(" 3.0 ")", 3},
      {"18446744073709551615", 18446744073709551615u},
      {R"("18446744073709551615")", 18446744073709551615u},
      // The largest that a number with a point holds exactly.
      {"9007199254740992.0", 9007199254740992u}};
  for (const auto& [text, meant] : rows)
    BOOST_TEST((count(text) == meant), text);
  for (const auto* none : {"-1", "-0.5", "0.5", "3.5", R"("3.5")", R"("-3")", "9007199254740994.0",
                           "18446744073709551616", "1e300", "true", "null", "[]", R"("")"})
    BOOST_TEST(!count(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(a_plain_number_is_of_the_unit_and_a_text_may_have_its_own) {
  const auto seconds = made_by([](const json::Value& value) { return seconds_of(value, 0.5); });
  BOOST_TEST((seconds("3") == 1.5));
  BOOST_TEST((seconds(R"("3")") == 1.5));
  BOOST_TEST((seconds(R"(" 1m30s ")") == 90.0));
  BOOST_TEST((seconds(R"("-2s")") == -2.0));
  for (const auto* none : {"true", "null", "[]", R"("")", R"("s")", R"("3 s")"})
    BOOST_TEST(!seconds(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(a_truth_value_is_a_word_in_any_case) {
  const auto truth = made_by([](const json::Value& value) { return truth_of(value); });
  for (const auto* yes : {"true", R"("true")", R"("TRUE")", R"(" True ")"})
    BOOST_TEST((truth(yes) == true), yes);
  for (const auto* no : {"false", R"("false")", R"("False")"})
    BOOST_TEST((truth(no) == false), no);
  for (const auto* none : {"1", "0", "null", R"("yes")", R"("")", R"("tru")", "[true]"})
    BOOST_TEST(!truth(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(a_list_may_be_one_text_with_commas) {
  const auto texts = made_by([](const json::Value& value) { return texts_of(value); });
  const std::pair<const char*, std::vector<std::string>> rows[] = {
      {R"([])", {}},
      {R"(["a","b, c"])", {"a", "b, c"}},
      {R"("")", {}},
      {R"("a")", {"a"}},
      {R"("a,b")", {"a", "b"}},
      {R"(" a , b ")", {"a", "b"}},
      {R"("a,,b")", {"a", "", "b"}},
      {R"("a,")", {"a"}},
      {R"(",a")", {"", "a"}}};
  for (const auto& [text, meant] : rows) {
    const auto made = texts(text);
    BOOST_REQUIRE_MESSAGE(made, text);
    BOOST_TEST(*made == meant, boost::test_tools::per_element());
  }
  for (const auto* none : {"1", "null", "{}", "true", R"(["a",1])", "[[]]"})
    BOOST_TEST(!texts(none).has_value(), none);
}

BOOST_AUTO_TEST_CASE(a_text_may_be_given_as_a_number) {
  const auto text = made_by([](const json::Value& value) { return text_or_number_of(value); });
  BOOST_TEST((text(R"("5m")") == "5m"));
  BOOST_TEST((text("-1") == "-1"));
  BOOST_TEST((text("2.5") == "2.5"));
  for (const auto* none : {"true", "null", "[]", "{}"})
    BOOST_TEST(!text(none).has_value(), none);
}

BOOST_AUTO_TEST_SUITE_END()
