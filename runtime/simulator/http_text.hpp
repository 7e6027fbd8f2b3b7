// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace nexus::llm::simulator {

/// The current time as a `Date` header has it.
[[nodiscard]] std::string http_date();
/// Lower-case hexadecimal digits without a prefix.
[[nodiscard]] std::string hex(std::uint64_t number);

} // namespace nexus::llm::simulator
