// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace nexus::llm::simulator {

/// The Ollama release that the simulator imitates.
enum class Personality {
  /// A recent release: wrong methods are 405, tool calls have an `id`, /api/tags lists
  /// capabilities.
  current,
  /// Release 0.5.4: wrong methods are 404, tool calls have no `id`, and what a model is capable of
  /// is not listed.
  v0_5_4,
};

} // namespace nexus::llm::simulator
