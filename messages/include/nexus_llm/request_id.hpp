#pragma once

#include <functional>
#include <string>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// Names one request of a caller. A caller may choose it (up to 128 bytes of UTF-8 without
/// control characters, unique among all live requests of the system); an empty one is replaced by a
/// fresh one. It is free again once the request is answered. It is what cancels a request, what
/// late subscribers join, and what tells a stale reply from a current one.
struct RequestId {
  std::string value = {};

  static constexpr std::string_view type_name = "RequestId";
  static constexpr bool is_text = true;
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"value", self.value});
  }
  // clang-tidy 14 takes this for a null pointer.
  auto operator<=>(const RequestId&) const = default; // NOLINT(modernize-use-nullptr)
};

/// A fresh, practically unique id: 16 random hexadecimal digits. Any thread.
[[nodiscard]] RequestId make_request_id();

} // namespace nexus::llm

template <> struct std::hash<nexus::llm::RequestId> {
  std::size_t operator()(const nexus::llm::RequestId& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
