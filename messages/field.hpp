#pragma once

#include <concepts>
#include <string_view>

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

} // namespace nexus::llm
