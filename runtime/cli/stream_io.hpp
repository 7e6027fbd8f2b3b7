#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

namespace nexus::llm::cli {

/// Standard streams are shared with other programs, which may have made them non-blocking: a
/// stream that is not ready is waited for, whichever mode it is in.

/// Writes all of a text; returns 0 or the `errno` of the failure. An interrupt does not end a write
/// that makes progress; of a stream that takes nothing it ends the wait (`ECANCELED`).
[[nodiscard]] int write_all(int descriptor, std::string_view text);

/// Reads once, as `read` does, but waits until there is something to read.
[[nodiscard]] ssize_t read_some(int descriptor, std::span<char> buffer);

} // namespace nexus::llm::cli
