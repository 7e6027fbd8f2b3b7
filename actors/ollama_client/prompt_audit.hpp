// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"

namespace nexus::llm {

/// Detects that Ollama truncated a prompt to the context window, which it does silently: it drops
/// the beginning of a prompt, keeps half the window of it, or drops the oldest messages of a
/// conversation. Compares the minimum number of tokens of the text with the number that Ollama
/// counted, and the count of a conversation with that of its earlier turns. Prefers false
/// negatives: reports no truncation if the count may be small because old servers leave out cached
/// tokens. Not thread-safe.
class PromptAudit {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// The minimum number of tokens of a text: tokenizers split at least where words and numbers
  /// begin. Punctuation does not count, since long runs of it can be one token.
  [[nodiscard]] static std::uint64_t least_tokens(std::string_view text);

  /// Whether the verdict on this response depends on a window that is not known yet.
  [[nodiscard]] bool needs_window(const LLMRequest& request, const GenerateStats& stats,
                                  Time now) const;

  /// Notes the window of this request, as reported by Ollama; 0 if it does not report one.
  void note_window(const LLMRequest& request, std::uint32_t tokens, Time now);

  /// Whether the prompt of this response was probably truncated. Learns from the response.
  [[nodiscard]] bool was_cut(const LLMRequest& request, const GenerateStats& stats, Time now);

  /// Whether at least one text of an embedding request was probably truncated.
  [[nodiscard]] static bool was_cut(const EmbedRequest& request, const EmbedResponse& response);

private:
  struct Window {
    std::uint32_t tokens = 0;
    Time told_at;
  };
  /// A conversation at the time of its latest response.
  struct Turn {
    std::string model;
    std::size_t messages = 0;
    std::size_t hash = 0; ///< of these messages
    std::uint64_t tokens = 0;
  };

  /// The window reported recently for requests like this one, or null.
  [[nodiscard]] const Window* told_window(const LLMRequest& request, Time now) const;
  [[nodiscard]] std::optional<std::uint64_t> window_of(const LLMRequest& request, Time now) const;
  /// The minimum number of tokens according to an earlier turn of the conversation; 0 if none is
  /// known.
  [[nodiscard]] std::uint64_t least_by_earlier_turn(const LLMRequest& request,
                                                    std::uint64_t counted);
  void remember(const LLMRequest& request, std::uint64_t counted);

  std::unordered_map<std::string, Window> windows_; ///< by model and requested window
  std::deque<Turn> turns_;
  bool counts_cached_ = false; ///< the server is known to count cached tokens
};

} // namespace nexus::llm
