#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

/// Reason phrase of an HTTP status, "" when it has none.
[[nodiscard]] std::string_view reason(int status);
/// The current time as a `Date` header has it.
[[nodiscard]] std::string http_date();
/// Lower-case hexadecimal digits without a prefix.
[[nodiscard]] std::string hex(std::uint64_t number);

} // namespace nexus::llm::simulator
