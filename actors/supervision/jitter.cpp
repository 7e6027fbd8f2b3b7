// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/jitter.hpp"

#include <random>

namespace nexus::llm {

double jitter() {
  thread_local std::mt19937 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
}

} // namespace nexus::llm
