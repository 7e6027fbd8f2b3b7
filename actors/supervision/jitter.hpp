#pragma once

namespace nexus::llm {

/// A random number in [0, 1), for waits that must not fall together. Any thread.
[[nodiscard]] double jitter();

} // namespace nexus::llm
