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
#include "messages/field.hpp"
#include "messages/health.hpp"
#include "messages/llm_client_config.hpp"
#include "messages/llm_request.hpp"
#include "messages/stream_messages.hpp"
#include "messages/wall_time.hpp"

/// Fills any message structure from JSON, by its list of members: what `json::to_value` writes,
/// this reads. Members that are left out keep their value; one that does not exist is an error.
namespace nexus::llm::json {

namespace detail {

/// The last value of an enum whose values count from `first_of`.
template <class Enum> inline constexpr Enum last_of = Enum{};
template <> inline constexpr AIRole last_of<AIRole> = AIRole::implementation;
template <> inline constexpr Priority last_of<Priority> = Priority::background;
template <> inline constexpr RequestKind last_of<RequestKind> = RequestKind::chat;
template <> inline constexpr Phase last_of<Phase> = Phase::done;
template <> inline constexpr Circuit last_of<Circuit> = Circuit::half_open;
template <> inline constexpr StreamRecovery last_of<StreamRecovery> = StreamRecovery::restart;
template <> inline constexpr ErrorCode last_of<ErrorCode> = error_table.back().code;

template <class Enum> inline constexpr int first_of = 0;
template <> inline constexpr int first_of<ErrorCode> = static_cast<int>(error_table.front().code);

} // namespace detail

/// Nothing where it went well, else what is wrong: the path of the member, then what it must be.
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
  for (int number = first_of<T>; number <= static_cast<int>(last_of<T>); ++number) {
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
  if constexpr (std::is_same_v<T, RequestId>) {
    return read_value(source, target.value);
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
