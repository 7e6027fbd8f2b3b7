#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace nexus::llm {

/// One named member of a message structure. A structure lists its members once, in a static
/// `fields` function; serialisation, JSON and failure reports are all derived from that list.
template <class T> struct Field {
  std::string_view name;
  T& value;
};

template <class T> Field(std::string_view, T&) -> Field<T>;

/// A structure that lists its members: `T::type_name` and
/// `T::fields(self, visit)`, which calls `visit(Field{"a", self.a}, ...)` exactly once.
template <class T>
concept Described = requires {
  { T::type_name } -> std::convertible_to<std::string_view>;
};

/// A structure that is one text with a meaning of its own, such as an id: it says so by `is_text`
/// and has nothing but a `value`. In JSON it is that text.
template <class T>
concept TextLike = Described<T> && requires {
  requires T::is_text;
};

/// Whether a number that came over the network is a value of its enum. An enum tells its last value
/// by a function `last_of`, found by its argument; one without is whatever it is.
template <class Enum>
requires std::is_enum_v<Enum>
[[nodiscard]] constexpr bool is_known(Enum value) noexcept {
  if constexpr (requires { last_of(value); })
    return static_cast<std::size_t>(value) <= static_cast<std::size_t>(last_of(value));
  else
    return true;
}

/// A structure that can tell whether what was read into it makes sense as a whole.
template <class T>
concept Checkable = requires(const T& value) {
  { value.is_valid() } -> std::same_as<bool>;
};

} // namespace nexus::llm
