// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>

#include "actors/supervision/jitter.hpp"
#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// The sources of randomness of a supervisor. Tests replace them to get reproducible runs.
struct Chance {
  /// The share of the maximum jitter to add to a wait, from 0 to 1.
  std::function<double()> wait = jitter;
  /// The id of a request that has none.
  std::function<RequestId()> id = make_request_id;
};

} // namespace nexus::llm
