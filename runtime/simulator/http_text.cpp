// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/http_text.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace nexus::llm::simulator {

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> buffer{};
  return {buffer.data(),
          std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

std::string hex(std::uint64_t number) {
  std::array<char, 20> buffer{};
  const int length =
      std::snprintf(buffer.data(), buffer.size(), "%llx", static_cast<unsigned long long>(number));
  return {buffer.data(), static_cast<std::size_t>(length)};
}

} // namespace nexus::llm::simulator
