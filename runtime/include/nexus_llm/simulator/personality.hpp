// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace nexus::llm::simulator {

/// The Ollama release that the simulator imitates.
enum class Personality {
  /// A recent release: errors before the first token have a real status, wrong methods are 405,
  /// tool calls have an `id`, /api/tags lists capabilities.
  current,
  /// Release 0.5.4: errors before the first token are a 200 with one error line, wrong methods are
  /// 404, tool calls have no `id`, failed embeddings return `{"error":{}}`.
  v0_5_4,
};

} // namespace nexus::llm::simulator
