// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <string>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// Identifies one request. A caller may choose the ID: up to 128 bytes of UTF-8 without control
/// characters, unique among all live requests of the system. An empty ID is replaced by a generated
/// one. The ID may be reused after the response. It is used for cancelling a request, for
/// subscribing to its stream, and for detecting stale replies.
struct RequestId {
  std::string value = {};

  static constexpr std::string_view type_name = "RequestId";
  static constexpr bool is_text = true;
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"value", self.value});
  }
  // clang-tidy 14 mistakes this for a null pointer.
  auto operator<=>(const RequestId&) const = default; // NOLINT(modernize-use-nullptr)
};

/// Generates a practically unique ID: 16 random hexadecimal digits. Thread-safe.
[[nodiscard]] RequestId make_request_id();

} // namespace nexus::llm

template <> struct std::hash<nexus::llm::RequestId> {
  std::size_t operator()(const nexus::llm::RequestId& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
