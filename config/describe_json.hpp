// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "config/json.hpp"
#include "config/json_text.hpp"
#include "messages/wall_time.hpp"
#include "nexus_llm/field.hpp"
#include "nexus_llm/per_role.hpp"
#include "nexus_llm/request_id.hpp"

/// Converts any message structure to JSON, based on its list of members. Durations become integers
/// in the unit of their type, times RFC 3339 strings, enums their names, and request IDs plain
/// strings. Empty optionals are omitted.
namespace nexus::llm::json {

/// Converts a structure or one of its member types to a JSON value.
template <class T> [[nodiscard]] Value to_value(const T& source, Allocator& allocator);

namespace detail {

template <class T> struct IsOptional : std::false_type {};
template <class T> struct IsOptional<std::optional<T>> : std::true_type {};

template <class T> struct IsVector : std::false_type {};
template <class T> struct IsVector<std::vector<T>> : std::true_type {};

template <class T> struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};

template <class T>
void add_member(Value& object, const Field<const T>& field, Allocator& allocator) {
  if constexpr (IsOptional<T>::value) {
    if (field.value)
      object.AddMember(make_string(field.name, allocator), to_value(*field.value, allocator),
                       allocator);
  } else {
    object.AddMember(make_string(field.name, allocator), to_value(field.value, allocator),
                     allocator);
  }
}

} // namespace detail

template <class T> Value to_value(const T& source, Allocator& allocator) {
  if constexpr (std::is_base_of_v<JsonText, T>) {
    return source.value(allocator);
  } else if constexpr (TextLike<T>) {
    return make_string(source.value, allocator);
  } else if constexpr (IsPerRole<T>::value) {
    Value object{rapidjson::kObjectType};
    for (const auto role : all_roles())
      detail::add_member(object, Field{to_string(role), source[role]}, allocator);
    return object;
  } else if constexpr (Described<T>) {
    Value object{rapidjson::kObjectType};
    T::fields(source, [&](auto... field) { (detail::add_member(object, field, allocator), ...); });
    return object;
  } else if constexpr (detail::IsVector<T>::value) {
    Value array{rapidjson::kArrayType};
    array.Reserve(static_cast<rapidjson::SizeType>(source.size()), allocator);
    for (const auto& element : source)
      array.PushBack(to_value(element, allocator), allocator);
    return array;
  } else if constexpr (detail::IsDuration<T>::value) {
    return Value{static_cast<std::int64_t>(source.count())};
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return make_string(format_wall_time(source), allocator);
  } else if constexpr (std::is_enum_v<T>) {
    return make_string(to_string(source), allocator);
  } else if constexpr (std::is_same_v<T, bool>) {
    return Value{source};
  } else if constexpr (std::is_floating_point_v<T>) {
    return Value{static_cast<double>(source)};
  } else if constexpr (std::is_signed_v<T>) {
    return Value{static_cast<std::int64_t>(source)};
  } else if constexpr (std::is_unsigned_v<T>) {
    return Value{static_cast<std::uint64_t>(source)};
  } else {
    return make_string(source, allocator);
  }
}

/// Renders a structure as JSON text on one line.
template <Described T> [[nodiscard]] std::string describe(const T& source) {
  Document document;
  return to_text(to_value(source, document.GetAllocator()));
}

} // namespace nexus::llm::json
