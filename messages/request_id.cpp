// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/request_id.hpp"

#include <array>
#include <random>

namespace nexus::llm {

RequestId make_request_id() {
  thread_local std::mt19937_64 engine{[] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
  }()};
  auto bits = engine();
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, bits >>= 4)
    *digit = "0123456789abcdef"[bits & 0xF];
  return {std::move(text)};
}

} // namespace nexus::llm
