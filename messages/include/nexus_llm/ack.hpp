// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// Acknowledges a request that has no result but may fail.
struct Ack {
  static constexpr std::string_view type_name = "Ack";
  template <class Self, class Visit> static decltype(auto) fields(Self&, Visit&& visit) {
    return visit();
  }
  bool operator==(const Ack&) const = default;
};

} // namespace nexus::llm
