// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// The definitions of the members of `Inspection` in `messages/include/nexus_llm/portability.hpp`.
/// Include this only in files that instantiate `Inspection`.

#include "nexus_llm/portability.hpp"

#if !NEXUS_LLM_CAF_1

#include <caf/deserializer.hpp>
#include <caf/serializer.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace nexus::llm {

namespace detail {

/// Wraps a `std::optional`, which CAF 0.17 cannot serialize: a flag, followed by the value.
template <class T> struct OptionalRef { std::optional<T>& ref; };

using Bytes = std::vector<std::uint8_t>;

/// Wraps bytes. CAF 0.17 makes room for as many as are announced before it looks how many there
/// are; of a text, which is written alike, it does not.
struct BytesRef {
  Bytes& ref;
};

template <class T> T& as_field(T& value) { return value; }
template <class T> const T& as_field(const T& value) { return value; }
inline BytesRef as_field(Bytes& value) { return {value}; }
inline BytesRef as_field(const Bytes& value) {
  // CAF prints a value with the same function that serializes it.
  return {const_cast<Bytes&>(value)};
}
template <class T> OptionalRef<T> as_field(std::optional<T>& value) { return {value}; }
template <class T> OptionalRef<T> as_field(const std::optional<T>& value) {
  // CAF prints a value with the same function that serializes it.
  return {const_cast<std::optional<T>&>(value)};
}

inline caf::error inspect(caf::serializer& target, BytesRef& bytes) {
  std::string text{bytes.ref.begin(), bytes.ref.end()};
  return target(text);
}

inline caf::error inspect(caf::deserializer& source, BytesRef& bytes) {
  std::string text;
  if (auto error = source(text))
    return error;
  bytes.ref.assign(text.begin(), text.end());
  return {};
}

inline void inspect(caf::detail::stringification_inspector& text, BytesRef& bytes) {
  text(bytes.ref);
}

template <class T> caf::error inspect(caf::serializer& target, OptionalRef<T>& optional) {
  std::uint8_t flag = optional.ref ? 1 : 0;
  if (auto error = target(flag))
    return error;
  return optional.ref ? target(*optional.ref) : caf::error{};
}

template <class T> caf::error inspect(caf::deserializer& source, OptionalRef<T>& optional) {
  std::uint8_t flag = 0;
  if (auto error = source(flag))
    return error;
  if (flag != 0)
    return source(optional.ref.emplace());
  optional.ref.reset();
  return {};
}

template <class T>
void inspect(caf::detail::stringification_inspector& text, OptionalRef<T>& optional) {
  if (optional.ref)
    text(*optional.ref);
  else
    text("none");
}

/// Whether CAF 0.17 can write a value: it halves a floating-point number until it is below two,
/// which an infinite one never is.
template <class T> bool is_writable(const T& value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isfinite(value);
  else
    return true;
}

template <class T> bool is_writable(const std::optional<T>& value) {
  return !value || is_writable(*value);
}

template <class T> bool is_writable(const std::vector<T>& values) {
  return std::ranges::all_of(values, [](const T& value) { return is_writable(value); });
}

template <class T> bool is_sound(const T& value);

/// CAF prints times in nanoseconds, also in messages that it only logs.
template <class Rep, class Period> bool is_sound(const std::chrono::duration<Rep, Period>& value) {
  using Duration = std::chrono::duration<Rep, Period>;
  constexpr auto longest = std::chrono::duration_cast<Duration>(std::chrono::nanoseconds::max());
  return value <= longest && value >= -longest;
}

template <class Clock, class Duration>
bool is_sound(const std::chrono::time_point<Clock, Duration>& value) {
  return is_sound(value.time_since_epoch());
}

template <class T> bool is_sound(const std::optional<T>& value) {
  return !value || is_sound(*value);
}

template <class T> bool is_sound(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return is_known(value);
  else if constexpr (Checkable<T>)
    return value.is_valid();
  else
    return is_writable(value);
}

template <class Structure, class Inspector, class Value>
auto inspect_fields(Inspector& inspector, Value& value) {
  return Structure::fields(value, [&inspector](auto... field) {
    return inspector(caf::meta::type_name(Structure::type_name.data()), as_field(field.value)...);
  });
}

} // namespace detail

template <class Structure>
caf::error Inspection<Structure>::save(caf::serializer& target, Structure& value) {
  const bool writable = Structure::fields(
      value, [](auto... field) { return (detail::is_writable(field.value) && ...); });
  return writable ? detail::inspect_fields<Structure>(target, value)
                  : caf::make_error(caf::sec::invalid_argument);
}

template <class Structure>
caf::error Inspection<Structure>::load(caf::deserializer& source, Structure& value) {
  if (auto error = detail::inspect_fields<Structure>(source, value))
    return error;
  // An unknown enum value must not be used as an array index.
  const bool sound = Structure::fields(
      value, [](auto... field) { return (detail::is_sound(field.value) && ...); });
  return sound ? caf::error{} : caf::make_error(caf::sec::invalid_argument);
}

template <class Structure>
void Inspection<Structure>::print(caf::detail::stringification_inspector& text,
                                  const Structure& value) {
  detail::inspect_fields<Structure>(text, value);
}

} // namespace nexus::llm

#endif
