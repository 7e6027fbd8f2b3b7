#pragma once

#include <cstdint>
#include <string>

#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// The id by which the components know a request. Callers may use an id again as soon as they have
/// the answer; a run id is used once.
[[nodiscard]] inline RequestId run_id(std::uint64_t number) {
  return {"run-" + std::to_string(number)};
}

} // namespace nexus::llm
