// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// The id by which the components know a request. Callers may reuse an id as soon as they have the
/// reply; a run id is never reused.
[[nodiscard]] inline RequestId run_id(std::uint64_t number) {
  return {"run-" + std::to_string(number)};
}

} // namespace nexus::llm
