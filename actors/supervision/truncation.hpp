#pragma once

#include "messages/llm_request.hpp"
#include "messages/llm_response.hpp"

namespace nexus::llm {

/// Whether Ollama probably cut the prompt to the context window, which it does without a word: the
/// prompt as counted fills the window, or its text is far too long for it. An estimate: a text of
/// unusual tokens may be judged wrongly.
[[nodiscard]] bool probably_truncated(const LLMRequest& request, const GenerateStats& stats);

} // namespace nexus::llm
