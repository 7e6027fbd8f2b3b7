// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "config/describe_json.hpp"
#include "config/json.hpp"
#include "config/read_json.hpp"

/// JSON schemas (draft 2020-12) of message structures. They derive from the lists of members that
/// also write the JSON (`json::to_value`), so they cannot differ from it.
namespace nexus::llm::json {

/// The parts that schemas are made of. Not thread-safe.
class SchemaParts {
public:
  [[nodiscard]] Value text(std::string_view value) { return make_string(value, allocator()); }
  void add(Value& object, std::string_view name, Value value) {
    object.AddMember(text(name), std::move(value), allocator());
  }
  [[nodiscard]] Value of_type(std::string_view type);
  [[nodiscard]] Value any_of(std::vector<Value> schemas);
  /// The schema of exactly this text.
  [[nodiscard]] Value constant(std::string_view value);
  /// The schema of a structure that is defined elsewhere in the document.
  [[nodiscard]] Value reference(std::string_view name);
  [[nodiscard]] Value names(const std::vector<std::string_view>& list);

  /// Defines a structure once, even if it contains itself.
  template <class Make> void define(std::string_view name, const Make& make) {
    if (find(definitions_, name) != nullptr)
      return;
    add(definitions_, name, Value{});
    auto schema = make();
    *find(definitions_, name) = std::move(schema);
  }
  /// Returns what was defined, and forgets it.
  [[nodiscard]] Value take_definitions() {
    return std::exchange(definitions_, Value{rapidjson::kObjectType});
  }

  [[nodiscard]] Document& document() noexcept { return document_; }
  [[nodiscard]] Allocator& allocator() noexcept { return document_.GetAllocator(); }

private:
  Document document_{rapidjson::kObjectType};
  Value definitions_{rapidjson::kObjectType};
};

namespace detail {

template <class T> struct IsVariant : std::false_type {};
template <class... Ts> struct IsVariant<std::variant<Ts...>> : std::true_type {};

template <class Period> [[nodiscard]] constexpr std::string_view unit_name() {
  if constexpr (std::is_same_v<Period, std::milli>)
    return "milliseconds";
  else if constexpr (std::is_same_v<Period, std::micro>)
    return "microseconds";
  else if constexpr (std::is_same_v<Period, std::nano>)
    return "nanoseconds";
  else
    return "seconds";
}

} // namespace detail

/// The schemas of types. `Rules`, which derives from this, decides what is its own of an interface:
///
/// - `Value own_schema(std::type_identity<T>)`, for types that have no list of members;
/// - `Value member_schema<T, Member>(std::string_view name)`, for a member of the structure `T`;
/// - `bool complete<T>(Value& properties, std::vector<std::string_view>& required)`, which returns
///   whether the structure may have no other members.
template <class Rules> class TypeSchemas : public SchemaParts {
public:
  template <class T> [[nodiscard]] Value schema_of() {
    if constexpr (requires(Rules & rules) {
                    { rules.own_schema(std::type_identity<T>{}) } -> std::same_as<Value>;
                  }) {
      return rules().own_schema(std::type_identity<T>{});
    } else if constexpr (detail::IsOptional<T>::value) {
      return schema_of<typename T::value_type>();
    } else if constexpr (detail::IsVector<T>::value) {
      auto schema = of_type("array");
      add(schema, "items", schema_of<typename T::value_type>());
      return schema;
    } else if constexpr (detail::IsVariant<T>::value) {
      return choice_of(T{});
    } else if constexpr (TextLike<T>) {
      return of_type("string");
    } else if constexpr (IsPerRole<T>::value) {
      return per_role_schema<T>();
    } else if constexpr (Described<T>) {
      define(T::type_name, [this] { return object_schema<T>(); });
      return reference(T::type_name);
    } else if constexpr (detail::IsDuration<T>::value) {
      auto schema = of_type("integer");
      add(schema, "description", text(detail::unit_name<typename T::period>()));
      return schema;
    } else if constexpr (std::is_same_v<T, WallTime>) {
      auto schema = of_type("string");
      add(schema, "format", text("date-time"));
      return schema;
    } else if constexpr (std::is_enum_v<T>) {
      return enum_schema<T>();
    } else if constexpr (std::is_same_v<T, bool>) {
      return of_type("boolean");
    } else if constexpr (std::is_floating_point_v<T>) {
      return of_type("number");
    } else if constexpr (std::is_integral_v<T>) {
      auto schema = of_type("integer");
      if constexpr (std::is_unsigned_v<T>)
        add(schema, "minimum", Value{0});
      return schema;
    } else {
      static_assert(std::is_same_v<T, std::string>);
      return of_type("string");
    }
  }

private:
  [[nodiscard]] Rules& rules() noexcept { return static_cast<Rules&>(*this); }

  template <class... Ts> Value choice_of(const std::variant<Ts...>&) {
    std::vector<Value> choices;
    (choices.push_back(schema_of<Ts>()), ...);
    return any_of(std::move(choices));
  }

  template <class Enum> Value enum_schema() {
    auto schema = of_type("string");
    std::vector<std::string_view> values;
    const auto [first, last] = detail::range_of<Enum>();
    for (int number = first; number <= last; ++number)
      values.push_back(to_string(static_cast<Enum>(number)));
    add(schema, "enum", names(values));
    return schema;
  }

  /// Of a `PerRole` of optional values, any may be missing.
  template <class T> Value per_role_schema() {
    using Element = std::remove_cvref_t<decltype(std::declval<T&>()[AIRole{}])>;
    Value properties{rapidjson::kObjectType};
    std::vector<std::string_view> required;
    for (const auto role : all_roles()) {
      add(properties, to_string(role), schema_of<Element>());
      if (!detail::IsOptional<Element>::value)
        required.push_back(to_string(role));
    }
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "required", names(required));
    add(schema, "additionalProperties", Value{false});
    return schema;
  }

  template <class T> Value object_schema() {
    Value properties{rapidjson::kObjectType};
    std::vector<std::string_view> required;
    auto visit = [&]<class Member>(const Field<Member>& field) {
      using Plain = std::remove_const_t<Member>;
      add(properties, field.name, rules().template member_schema<T, Plain>(field.name));
      if (!detail::IsOptional<Plain>::value)
        required.push_back(field.name);
    };
    const T sample{};
    T::fields(sample, [&](const auto&... field) { (visit(field), ...); });
    const bool closed = rules().template complete<T>(properties, required);
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "required", names(required));
    if (closed)
      add(schema, "additionalProperties", Value{false});
    return schema;
  }
};

} // namespace nexus::llm::json
