#pragma once

#include <functional>

#include "actors/supervision/jitter.hpp"
#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// What the supervisor leaves to chance. A test that wants every run to be the same takes its
/// place.
struct Chance {
  /// The part of the longest wait that passes before an attempt is repeated, 0 to 1.
  std::function<double()> wait = jitter;
  /// A name for what has none.
  std::function<RequestId()> id = make_request_id;
};

} // namespace nexus::llm
