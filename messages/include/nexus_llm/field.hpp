// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace nexus::llm {

/// One named member of a message structure. A structure lists its members once, in a static
/// function `fields`. Serialization, JSON and error messages derive from that list.
template <class T> struct Field {
  std::string_view name;
  T& value;
};

template <class T> Field(std::string_view, T&) -> Field<T>;

/// A structure that lists its members. It has `T::type_name` and `T::fields(self, visit)`, which
/// calls `visit(Field{"a", self.a}, ...)` exactly once.
template <class T>
concept Described = requires {
  { T::type_name } -> std::convertible_to<std::string_view>;
};

/// A structure that wraps a single string, such as an ID. It sets `is_text` and has only the member
/// `value`. In JSON it is a plain string.
template <class T>
concept TextLike = Described<T> && requires {
  requires T::is_text;
};

/// Returns whether a value received over the network is an enumerator. An enum declares its last
/// enumerator with a function `last_of`, found by argument-dependent lookup. For enums without
/// `last_of`, all values are accepted.
template <class Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] constexpr bool is_known(Enum value) noexcept {
  if constexpr (requires { last_of(value); })
    return static_cast<std::size_t>(value) <= static_cast<std::size_t>(last_of(value));
  else
    return true;
}

/// A structure that can validate itself after deserialization.
template <class T>
concept Checkable = requires(const T& value) {
  { value.is_valid() } -> std::same_as<bool>;
};

} // namespace nexus::llm
