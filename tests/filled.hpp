// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/field.hpp"

namespace nexus::llm::test {

/// Gives every member, and every member of what is in it, a value that is not its default: numbers
/// and texts that no other has, whatever the defaults are. Finds the members by `fields`, so a new
/// one is filled, too.
class Filler {
public:
  template <class T> void fill(T& value) {
    if constexpr (Described<T>)
      T::fields(value, [this](auto... field) { (this->fill(field.value), ...); });
    else if constexpr (std::is_same_v<T, ErrorCode>)
      value = ErrorCode::stream_interrupted;
    else if constexpr (std::is_same_v<T, bool>)
      value = !value;
    else if constexpr (std::is_enum_v<T>)
      value = value == static_cast<T>(0) ? static_cast<T>(1) : static_cast<T>(0);
    else if constexpr (std::is_arithmetic_v<T>)
      value = static_cast<T>(++last_);
    else if constexpr (!requires { value.get(); }) // an actor is one that is not there
      fill_further(value);
  }

private:
  void fill_further(std::string& value) { value = "text " + std::to_string(++last_); }
  template <class Rep, class Period> void fill_further(std::chrono::duration<Rep, Period>& value) {
    value = std::chrono::duration<Rep, Period>{++last_};
  }
  template <class Clock, class Duration>
  void fill_further(std::chrono::time_point<Clock, Duration>& value) {
    value = std::chrono::time_point<Clock, Duration>{Duration{++last_}};
  }
  template <class T> void fill_further(std::optional<T>& value) { fill(value.emplace()); }
  template <class T> void fill_further(std::vector<T>& values) {
    if (values.empty())
      values.resize(2);
    for (auto& value : values)
      fill(value);
  }

  /// Numbers from here on are nobody's default.
  int last_ = 1000;
};

template <class T> T filled() {
  T value{};
  Filler{}.fill(value);
  return value;
}

} // namespace nexus::llm::test
