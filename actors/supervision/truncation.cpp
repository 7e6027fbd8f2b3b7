#include "actors/supervision/truncation.hpp"

namespace nexus::llm {

namespace {
/// Even plain English words have fewer bytes per token; longer runs are rare.
constexpr std::uint64_t most_bytes_per_token = 8;
} // namespace

bool probably_truncated(const LLMRequest& request, const GenerateStats& stats) {
  if (!request.num_ctx || stats.prompt_eval_count == 0)
    return false;
  const std::uint64_t window = *request.num_ctx;
  if (stats.prompt_eval_count >= window)
    return true;
  std::uint64_t bytes = request.prompt.size() + request.context.value_or("").size();
  for (const auto& message : request.messages)
    bytes += message.content.size();
  return bytes > window * most_bytes_per_token;
}

} // namespace nexus::llm
