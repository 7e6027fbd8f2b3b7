// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/json_schema.hpp"

using namespace nexus::llm;
using namespace std::string_view_literals;

namespace json_schema_test {

namespace {

struct Leaf {
  std::string name;
  std::optional<std::uint32_t> size;

  static constexpr auto type_name = "Leaf"sv;
  template <class Self, class Visit> static auto fields(Self& self, Visit visit) {
    return visit(Field{"name", self.name}, Field{"size", self.size});
  }
};

struct Tree {
  Leaf first;
  Leaf last;
  std::vector<Tree> inner;

  static constexpr auto type_name = "Tree"sv;
  template <class Self, class Visit> static auto fields(Self& self, Visit visit) {
    return visit(Field{"first", self.first}, Field{"last", self.last}, Field{"inner", self.inner});
  }
};

/// Leaves every type as it is, and counts the structures.
struct Schemas : json::TypeSchemas<Schemas> {
  int structures = 0;
  bool closed = false;

  template <class T, class Member> json::Value member_schema(std::string_view) {
    return schema_of<Member>();
  }
  template <class T> bool complete(json::Value&, std::vector<std::string_view>&) {
    ++structures;
    return closed;
  }
  template <class T> std::string text_of_type() { return json::to_text(schema_of<T>()); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(json_schema)

BOOST_AUTO_TEST_CASE(a_structure_is_defined_once_also_if_it_contains_itself) {
  Schemas schemas;
  BOOST_TEST(schemas.text_of_type<Tree>() == R"({"$ref":"#/$defs/Tree"})");
  BOOST_TEST(schemas.structures == 2);
  const auto leaf = R"({"type":"object","properties":{"name":{"type":"string"},)"
                    R"("size":{"type":"integer","minimum":0}},"required":["name"]})";
  const auto tree = R"({"type":"object","properties":{"first":{"$ref":"#/$defs/Leaf"},)"
                    R"("last":{"$ref":"#/$defs/Leaf"},)"
                    R"("inner":{"type":"array","items":{"$ref":"#/$defs/Tree"}}},)"
                    R"("required":["first","last","inner"]})";
  BOOST_TEST(json::to_text(schemas.take_definitions()) ==
             R"({"Tree":)" + std::string{tree} + R"(,"Leaf":)" + leaf + "}");
  BOOST_TEST(json::to_text(schemas.take_definitions()) == "{}");
}

BOOST_AUTO_TEST_CASE(a_closed_structure_has_no_other_members) {
  Schemas schemas;
  schemas.closed = true;
  static_cast<void>(schemas.schema_of<Leaf>());
  const auto definitions = schemas.take_definitions();
  const auto* other = json::find(definitions["Leaf"], "additionalProperties");
  BOOST_REQUIRE(other != nullptr);
  BOOST_TEST(other->IsFalse());
}

BOOST_AUTO_TEST_CASE(each_type_has_its_schema) {
  Schemas schemas;
  BOOST_TEST(schemas.text_of_type<bool>() == R"({"type":"boolean"})");
  BOOST_TEST(schemas.text_of_type<double>() == R"({"type":"number"})");
  BOOST_TEST(schemas.text_of_type<int>() == R"({"type":"integer"})");
  BOOST_TEST(schemas.text_of_type<std::uint64_t>() == R"({"type":"integer","minimum":0})");
  BOOST_TEST(schemas.text_of_type<RequestId>() == R"({"type":"string"})");
  BOOST_TEST(schemas.text_of_type<WallTime>() == R"({"type":"string","format":"date-time"})");
  BOOST_TEST(schemas.text_of_type<std::optional<bool>>() == R"({"type":"boolean"})");
  BOOST_TEST((schemas.text_of_type<std::variant<bool, std::string>>()) ==
             R"({"anyOf":[{"type":"boolean"},{"type":"string"}]})");
  BOOST_TEST(schemas.text_of_type<Priority>() ==
             R"({"type":"string","enum":["interactive","background"]})");
  BOOST_TEST(schemas.text_of_type<std::chrono::milliseconds>() ==
             R"({"type":"integer","description":"milliseconds"})");
  BOOST_TEST(schemas.text_of_type<std::chrono::microseconds>() ==
             R"({"type":"integer","description":"microseconds"})");
  BOOST_TEST(schemas.text_of_type<std::chrono::nanoseconds>() ==
             R"({"type":"integer","description":"nanoseconds"})");
  BOOST_TEST(schemas.text_of_type<std::chrono::seconds>() ==
             R"({"type":"integer","description":"seconds"})");
}

BOOST_AUTO_TEST_CASE(every_role_has_a_member_which_may_be_missing_if_it_is_optional) {
  Schemas schemas;
  BOOST_TEST(schemas.text_of_type<PerRole<std::string>>() ==
             R"({"type":"object","properties":{"overseer":{"type":"string"},)"
             R"("implementation":{"type":"string"}},"required":["overseer","implementation"],)"
             R"("additionalProperties":false})");
  BOOST_TEST(schemas.text_of_type<PerRole<std::optional<std::string>>>() ==
             R"({"type":"object","properties":{"overseer":{"type":"string"},)"
             R"("implementation":{"type":"string"}},"required":[],)"
             R"("additionalProperties":false})");
}

BOOST_AUTO_TEST_CASE(a_constant_is_the_one_choice) {
  Schemas schemas;
  BOOST_TEST(json::to_text(schemas.constant("2.0")) == R"({"enum":["2.0"]})");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace json_schema_test
