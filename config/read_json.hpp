// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/describe_json.hpp"
#include "config/json.hpp"
#include "messages/wall_time.hpp"
#include "nexus_llm/field.hpp"
#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/stream_messages.hpp"

/// Reads any message structure from JSON, based on its list of members: the inverse of
/// `json::to_value`. Missing members keep their value; unknown members are errors.
namespace nexus::llm::json {

namespace detail {

/// Returns the first and the last value of an enum.
template <class Enum> [[nodiscard]] std::pair<int, int> range_of() {
  if constexpr (std::is_same_v<Enum, ErrorCode>)
    return {static_cast<int>(error_table.front().code), static_cast<int>(error_table.back().code)};
  else
    return {0, static_cast<int>(last_of(Enum{}))};
}

} // namespace detail

/// Returns `nullopt` on success. Otherwise, returns the path of the invalid member, followed by
/// what it must be.
template <class T>
[[nodiscard]] std::optional<std::string> read_value(const Value& source, T& target);

namespace detail {

inline std::string within(std::string_view name, const std::string& problem) {
  const bool nested = problem.front() == '.' || problem.front() == '[';
  return "." + std::string{name} + (nested ? "" : " ") + problem;
}

template <class T>
bool read_member(const Value& value, std::string_view name, const Field<T>& field,
                 std::optional<std::string>& problem) {
  if (field.name != name)
    return false;
  if constexpr (IsOptional<T>::value) {
    if (value.IsNull())
      field.value.reset();
    else
      problem = read_value(value, field.value.emplace());
  } else {
    problem = read_value(value, field.value);
  }
  if (problem)
    problem = within(name, *problem);
  return true;
}

template <class T> std::optional<std::string> read_object(const Value& source, T& target) {
  if (!source.IsObject())
    return "must be an object";
  for (const auto& member : source.GetObject()) {
    const auto name = text_of(member.name);
    std::optional<std::string> problem;
    const bool known = T::fields(target, [&](auto... field) {
      return (read_member(member.value, name, field, problem) || ...);
    });
    if (problem)
      return problem;
    if (!known)
      return within(name, "is no member of " + std::string{T::type_name});
  }
  return std::nullopt;
}

template <class T> std::optional<std::string> read_per_role(const Value& source, T& target) {
  if (!source.IsObject())
    return "must be an object";
  for (const auto& member : source.GetObject()) {
    const auto name = text_of(member.name);
    const auto role = parse_role(name);
    if (!role)
      return within(name, "is no role; the roles are " + role_names());
    if (auto problem = read_value(member.value, target[*role]))
      return within(name, *problem);
  }
  return std::nullopt;
}

template <class T> std::optional<std::string> read_whole_number(const Value& source, T& target) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_signed_v<T>) {
    if (!source.IsInt64() || source.GetInt64() < Limits::min() || source.GetInt64() > Limits::max())
      return "must be a whole number";
    target = static_cast<T>(source.GetInt64());
  } else {
    if (!source.IsUint64() || source.GetUint64() > Limits::max())
      return "must be a whole number of at most " + std::to_string(Limits::max());
    target = static_cast<T>(source.GetUint64());
  }
  return std::nullopt;
}

template <class T> std::optional<std::string> read_enum(const Value& source, T& target) {
  std::string names;
  const auto [first, last] = range_of<T>();
  for (int number = first; number <= last; ++number) {
    const auto candidate = static_cast<T>(number);
    if (source.IsString() && to_string(candidate) == text_of(source)) {
      target = candidate;
      return std::nullopt;
    }
    names += (names.empty() ? "" : ", ") + std::string{to_string(candidate)};
  }
  return "must be one of " + names;
}

} // namespace detail

template <class T> std::optional<std::string> read_value(const Value& source, T& target) {
  if constexpr (TextLike<T>) {
    return read_value(source, target.value);
  } else if constexpr (IsPerRole<T>::value) {
    return detail::read_per_role(source, target);
  } else if constexpr (Described<T>) {
    return detail::read_object(source, target);
  } else if constexpr (detail::IsVector<T>::value) {
    if (!source.IsArray())
      return "must be an array";
    target.clear();
    for (rapidjson::SizeType i = 0; i < source.Size(); ++i)
      if (auto problem = read_value(source[i], target.emplace_back()))
        return "[" + std::to_string(i) + "] " + *problem;
    return std::nullopt;
  } else if constexpr (detail::IsDuration<T>::value) {
    typename T::rep count{};
    auto problem = detail::read_whole_number(source, count);
    target = T{count};
    return problem;
  } else if constexpr (std::is_same_v<T, WallTime>) {
    const auto time = source.IsString() ? parse_wall_time(text_of(source)) : std::nullopt;
    if (!time)
      return "must be a time such as 2024-01-31T12:00:00Z";
    target = *time;
    return std::nullopt;
  } else if constexpr (std::is_enum_v<T>) {
    return detail::read_enum(source, target);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!source.IsBool())
      return "must be true or false";
    target = source.GetBool();
    return std::nullopt;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!source.IsNumber())
      return "must be a number";
    target = static_cast<T>(source.GetDouble());
    return std::nullopt;
  } else if constexpr (std::is_integral_v<T>) {
    return detail::read_whole_number(source, target);
  } else {
    if (!source.IsString())
      return "must be a text";
    target = std::string{text_of(source)};
    return std::nullopt;
  }
}

} // namespace nexus::llm::json
