// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/log_entry.hpp"

#include <random>

namespace nexus::llm::cli {

std::string make_log_id() {
  std::random_device source;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (auto bits = source(); id.size() < 8; bits >>= 4)
    id += digits[bits & 15];
  return id;
}

} // namespace nexus::llm::cli
