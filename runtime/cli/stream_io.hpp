// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

namespace nexus::llm::cli {

/// Blocking I/O on standard streams, which other programs may have set to non-blocking mode.

/// Writes all of a text; returns 0 or `errno`. An interrupt does not abort a write that makes
/// progress, but it aborts the wait for a blocked stream (`ECANCELED`).
[[nodiscard]] int write_all(int descriptor, std::string_view text);

/// Like `read`, but blocks until data is available.
[[nodiscard]] ssize_t read_some(int descriptor, std::span<char> buffer);

} // namespace nexus::llm::cli
