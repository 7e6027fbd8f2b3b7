// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/prompt_audit.hpp"

#include <algorithm>
#include <functional>
#include <span>

#include "config/json.hpp"

namespace nexus::llm {

namespace {

constexpr std::chrono::seconds window_life{60};
constexpr std::size_t max_windows = 256;
constexpr std::size_t max_turns = 64;
/// No server uses a smaller window by default; a shorter prompt cannot be truncated.
constexpr std::uint64_t least_window = 2048;
/// Text without blanks between words has at least one token per this many bytes.
constexpr std::uint64_t most_bytes_of_a_token = 24;
/// A prompt truncated to half the window has that many tokens, plus some of its template.
constexpr std::uint64_t half_window_slack = 8;
/// A prompt truncated to half the window was longer than the window. With fewer bytes than this per
/// token of the window, it may fill half of the window by chance.
constexpr std::uint64_t half_window_bytes = 3;
/// Templates may render a turn slightly shorter once others follow it.
constexpr std::uint64_t turn_slack = 16;

enum class Kind { letters, digits, other };

Kind kind_of(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
    return Kind::letters;
  return byte >= '0' && byte <= '9' ? Kind::digits : Kind::other;
}

/// The maximum number of tokens of all texts: apart from its template, no prompt has more tokens
/// than bytes.
std::uint64_t most_tokens(const LLMRequest& request) {
  std::uint64_t bytes = request.prompt.size() + request.suffix.size() +
                        request.context.value_or("").size() + request.system.value_or("").size();
  for (const auto& message : request.messages) {
    bytes += message.content.size() + message.thinking.size();
    for (const auto& call : message.tool_calls)
      bytes += call.name.size() + call.arguments.size();
  }
  for (const auto& tool : request.tools)
    bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
  return bytes;
}

/// Counts only messages that no template leaves out.
std::uint64_t least_tokens_from(const LLMRequest& request, std::size_t first) {
  std::uint64_t tokens = 0;
  for (const auto& message : std::span{request.messages}.subspan(first))
    if (message.role == ChatRole::user || message.role == ChatRole::assistant)
      tokens += PromptAudit::least_tokens(message.content);
  return tokens;
}

std::uint64_t least_tokens_of(const LLMRequest& request) {
  return PromptAudit::least_tokens(request.prompt) +
         PromptAudit::least_tokens(request.context.value_or("")) + least_tokens_from(request, 0);
}

std::size_t hash_of(const LLMRequest& request, std::size_t count) {
  std::size_t hash = std::hash<std::string>{}(request.system.value_or(""));
  auto mix = [&hash](const std::string& text) {
    hash = hash * 1'099'511'628'211u + std::hash<std::string>{}(text);
  };
  for (const auto& tool : request.tools)
    mix(tool.name + tool.description + tool.parameters);
  for (const auto& message : std::span{request.messages}.first(count)) {
    mix(std::string{to_string(message.role)});
    mix(message.content);
  }
  return hash;
}

std::optional<std::uint64_t> wanted_window(const LLMRequest& request) {
  if (request.num_ctx)
    return *request.num_ctx;
  const auto options = json::parse(request.raw_options);
  const auto window = options ? json::find_count(*options, "num_ctx") : 0;
  return window > 0 ? std::optional{window} : std::nullopt;
}

/// Requests for another window make Ollama load the model with that window.
std::string window_key(const LLMRequest& request) {
  const auto wanted = wanted_window(request);
  return request.model + "\n" + (wanted ? std::to_string(*wanted) : "");
}

} // namespace

std::uint64_t PromptAudit::least_tokens(std::string_view text) {
  std::uint64_t tokens = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto kind = kind_of(text[at]);
    const auto begin = at;
    while (at < text.size() && kind_of(text[at]) == kind)
      ++at;
    if (kind != Kind::other)
      tokens += 1 + (at - begin) / most_bytes_of_a_token;
  }
  return tokens;
}

const PromptAudit::Window* PromptAudit::told_window(const LLMRequest& request, Time now) const {
  const auto told = windows_.find(window_key(request));
  const bool fresh = told != windows_.end() && now - told->second.told_at < window_life;
  return fresh ? &told->second : nullptr;
}

std::optional<std::uint64_t> PromptAudit::window_of(const LLMRequest& request, Time now) const {
  const auto wanted = wanted_window(request);
  const auto* told = told_window(request, now);
  if (told == nullptr || told->tokens == 0)
    return wanted;
  // The limit of the model may be below the requested window.
  return wanted ? std::min<std::uint64_t>(*wanted, told->tokens) : told->tokens;
}

bool PromptAudit::needs_window(const LLMRequest& request, const GenerateStats& stats,
                               Time now) const {
  const auto least = std::min(wanted_window(request).value_or(least_window), least_window);
  return stats.prompt_eval_count > 0 && most_tokens(request) >= least &&
         told_window(request, now) == nullptr;
}

void PromptAudit::note_window(const LLMRequest& request, std::uint32_t tokens, Time now) {
  // Servers that report their windows count every token of a prompt.
  counts_cached_ = counts_cached_ || tokens > 0;
  if (windows_.size() >= max_windows)
    std::erase_if(windows_,
                  [now](const auto& each) { return now - each.second.told_at >= window_life; });
  if (windows_.size() < max_windows)
    windows_[window_key(request)] = {tokens, now};
}

bool PromptAudit::was_cut(const LLMRequest& request, const GenerateStats& stats, Time now) {
  const auto counted = stats.prompt_eval_count;
  if (counted == 0)
    return false;
  const auto earlier = least_by_earlier_turn(request, counted);
  const auto most = most_tokens(request);
  const auto window = window_of(request, now);
  const auto least = std::max(earlier, least_tokens_of(request));
  const auto limit = window.value_or(least_window);
  const bool fits = most <= limit;
  // Old servers leave cached tokens out of the count; a truncated prompt fills half the window.
  const bool whole_count = counts_cached_ || counted >= limit / 2;
  const bool half = counted >= limit / 2 && counted <= limit / 2 + half_window_slack &&
                    most >= half_window_bytes * limit;
  const bool full = counted >= limit;
  // Of a prompt that was cut, too, no more was counted than it had.
  remember(request, counted);
  return !fits && whole_count && (least > counted || (window && (half || full)));
}

std::uint64_t PromptAudit::least_by_earlier_turn(const LLMRequest& request, std::uint64_t counted) {
  std::uint64_t least = 0;
  // Some templates leave out the thinking of earlier turns, which shrinks a conversation.
  if (std::ranges::any_of(request.messages,
                          [](const auto& message) { return !message.thinking.empty(); }))
    return least;
  for (const auto& turn : turns_) {
    if (turn.model != request.model || turn.messages >= request.messages.size() ||
        turn.hash != hash_of(request, turn.messages))
      continue;
    counts_cached_ = counts_cached_ || counted >= turn.tokens;
    const auto expected = turn.tokens + least_tokens_from(request, turn.messages);
    least = std::max(least, expected - std::min(expected, turn_slack));
  }
  return least;
}

void PromptAudit::remember(const LLMRequest& request, std::uint64_t counted) {
  if (request.messages.empty())
    return;
  turns_.push_back({.model = request.model,
                    .messages = request.messages.size(),
                    .hash = hash_of(request, request.messages.size()),
                    .tokens = counted});
  if (turns_.size() > max_turns)
    turns_.pop_front();
}

bool PromptAudit::was_cut(const EmbedRequest& request, const EmbedResponse& response) {
  std::uint64_t least = 0;
  for (const auto& text : request.input)
    least += least_tokens(text);
  return response.prompt_eval_count > 0 && least > response.prompt_eval_count;
}

} // namespace nexus::llm
