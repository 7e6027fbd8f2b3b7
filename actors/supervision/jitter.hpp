// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace nexus::llm {

/// A random number in [0, 1), to spread retries in time. Thread-safe.
[[nodiscard]] double jitter();

} // namespace nexus::llm
