#include "tests/real/checks.hpp"

namespace nexus::llm::real {

namespace {

/// A text of about this many tokens: common words, each a token of nearly every vocabulary.
std::string words(std::size_t count) {
  static constexpr std::string_view some[] = {"the ", "house ", "and ", "river ", "under ",
                                              "old ", "water ", "of ",  "long ",  "stone "};
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += some[(i * 7 + i / 10) % std::size(some)];
  return text;
}

constexpr std::uint32_t window = 256;

GenerateOptions in_window() {
  auto options = repeatable(4);
  options.num_ctx = window;
  return options;
}

std::string figure(const LLMResponse& answer) {
  return std::to_string(answer.stats.prompt_eval_count) + " tokens were read";
}

} // namespace

void window_checks(const Stage& stage, Report& report) {
  Nexus nexus{stage};

  report.check("a prompt longer than the window is flagged", [&] {
    const auto answer = take(nexus->generate(words(4 * window), AIRole::overseer, in_window()));
    require(answer.provenance.prompt_truncated, "not flagged; " + figure(answer));
    return figure(answer) + " of about " + std::to_string(4 * window);
  });

  report.check("a stream whose prompt is longer than the window is flagged", [&] {
    const auto answer = take(nexus->generate_streaming(
        words(4 * window), AIRole::overseer, [](const auto&) { return true; }, in_window()));
    require(answer.provenance.prompt_truncated, "not flagged; " + figure(answer));
    return figure(answer) + " of about " + std::to_string(4 * window);
  });

  report.check("a conversation that lost its oldest messages is flagged", [&] {
    std::vector<ChatMessage> conversation;
    // Messages so large that what is left after them is far from the window.
    for (int i = 0; i < 4; ++i) {
      conversation.push_back({.role = "user", .content = words(150)});
      conversation.push_back({.role = "assistant", .content = words(100)});
    }
    conversation.push_back({.role = "user", .content = "And now?"});
    const auto answer = take(nexus->chat(conversation, AIRole::overseer, in_window()));
    require(answer.provenance.prompt_truncated, "not flagged; " + figure(answer));
    return figure(answer) + " of about 1000";
  });

  report.check("a prompt that fits is not flagged", [&] {
    const auto answer = take(nexus->generate(words(window / 2), AIRole::overseer, in_window()));
    require(!answer.provenance.prompt_truncated, "flagged; " + figure(answer));
    // The prompt that is answered from the server's cache is the same one again.
    const auto again = take(nexus->generate(words(window / 2), AIRole::overseer, in_window()));
    require(!again.provenance.prompt_truncated, "flagged the second time; " + figure(again));
    return figure(answer) + ", then " + std::to_string(again.stats.prompt_eval_count);
  });

  report.check("six thousand dashes that fit are not flagged", [&] {
    const auto answer =
        take(nexus->generate(std::string(6000, '-'), AIRole::overseer, repeatable(4)));
    require(!answer.provenance.prompt_truncated, "flagged; " + figure(answer));
    return figure(answer);
  });

  report.check("a prompt longer than the window that the server chose is flagged", [&] {
    const auto length = loaded(stage).context_length;
    if (length == 0 || length > 4096)
      throw CheckSkipped{"the window of " + std::to_string(length) + " tokens takes too long"};
    const auto answer =
        take(nexus->generate(words(length + length / 4), AIRole::overseer, repeatable(4)));
    require(answer.provenance.prompt_truncated, "not flagged; " + figure(answer));
    return figure(answer) + " of about " + std::to_string(length + length / 4);
  });
}

} // namespace nexus::llm::real
