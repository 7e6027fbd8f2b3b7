// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/result.hpp"

/// What the unit tests share.
namespace nexus::llm {

inline std::ostream& operator<<(std::ostream& out, ErrorCode code) {
  return out << (static_cast<int>(code) == 0 ? "no error" : to_string(code));
}

namespace test {

inline constexpr ErrorCode no_error{};

/// The code of a failed result; `no_error` for a value.
template <class T> ErrorCode code_of(const Result<T>& result) {
  return result ? no_error : result.error().code;
}

/// What a person reads of a failed result.
template <class T> std::string sentence_of(const Result<T>& result) {
  return result ? std::string{} : sentence(result.error());
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace test
} // namespace nexus::llm
