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

/// Notices that Ollama cut a prompt to the context window, which it does without a word: it drops
/// the beginning of a prompt, keeps half the window of it, or drops the oldest messages of a
/// conversation. Compares the fewest tokens that the text can have with those that Ollama counted,
/// and the count of a conversation with that of its earlier turns. Errs on the side of silence: no
/// cut is told where the count may be small because old servers leave out cached tokens. One
/// thread.
class PromptAudit {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// The fewest tokens that a text can have: tokenizers split at least where words and numbers
  /// begin. Punctuation counts nothing, since long runs of it can be one token.
  [[nodiscard]] static std::uint64_t least_tokens(std::string_view text);

  /// Whether the verdict on this answer depends on a window that is not known yet.
  [[nodiscard]] bool needs_window(const LLMRequest& request, const GenerateStats& stats,
                                  Time now) const;

  /// The window that was in force for this request, as Ollama tells it; 0 where it does not tell.
  void note_window(const LLMRequest& request, std::uint32_t tokens, Time now);

  /// Whether the prompt of this answer was probably cut. Learns from it.
  [[nodiscard]] bool was_cut(const LLMRequest& request, const GenerateStats& stats, Time now);

  /// Whether at least one text of an embedding request was probably cut.
  [[nodiscard]] static bool was_cut(const EmbedRequest& request, const EmbedResponse& response);

private:
  struct Window {
    std::uint32_t tokens = 0;
    Time told_at;
  };
  /// A conversation as it was when its latest answer came.
  struct Turn {
    std::string model;
    std::size_t messages = 0;
    std::size_t hash = 0; ///< of these messages
    std::uint64_t tokens = 0;
  };

  /// What was told not long ago of requests like this one, or null.
  [[nodiscard]] const Window* told_window(const LLMRequest& request, Time now) const;
  [[nodiscard]] std::optional<std::uint64_t> window_of(const LLMRequest& request, Time now) const;
  /// The fewest tokens by an earlier turn of the conversation; 0 where none is known.
  [[nodiscard]] std::uint64_t least_by_earlier_turn(const LLMRequest& request,
                                                    std::uint64_t counted);
  void remember(const LLMRequest& request, std::uint64_t counted);

  std::unordered_map<std::string, Window> windows_; ///< by model and the window asked for
  std::deque<Turn> turns_;
  bool counts_cached_ = false; ///< the server is known to count cached tokens
};

} // namespace nexus::llm
