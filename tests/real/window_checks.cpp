// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/checks.hpp"
#include "tests/real/nexus.hpp"

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
      conversation.push_back({.role = ChatRole::user, .content = words(150)});
      conversation.push_back({.role = ChatRole::assistant, .content = words(100)});
    }
    conversation.push_back({.role = ChatRole::user, .content = "And now?"});
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

  report.check("a larger window than a moment ago is known at once", [&] {
    take(nexus->generate(words(4 * window), AIRole::overseer, in_window()));
    auto options = in_window();
    options.num_ctx = 2 * window;
    const auto answer = take(nexus->generate(words(window + 64), AIRole::overseer, options));
    require(!answer.provenance.prompt_truncated, "flagged; " + figure(answer));
    return figure(answer);
  });

  report.check("a prompt longer than the window that the server chose is flagged", [&] {
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    const auto length = loaded(stage).context_length;
    if (length == 0 || length > 4096)
      throw CheckSkipped{"a window of " + std::to_string(length) + " tokens takes too long"};
    const auto fits = take(nexus->generate(words(length / 2), AIRole::overseer, repeatable(4)));
    require(!fits.provenance.prompt_truncated, "one that fits is flagged; " + figure(fits));
    const auto answer =
        take(nexus->generate(words(length + length / 4), AIRole::overseer, repeatable(4)));
    require(answer.provenance.prompt_truncated, "not flagged; " + figure(answer));
    return figure(answer) + " of about " + std::to_string(length + length / 4);
  });

  report.check("an embedding of a text longer than the window is flagged", [&] {
    const std::string options = R"({"num_ctx":256})";
    const auto whole =
        take(nexus->embed({.model = {}, .input = {words(100), words(120)}, .raw_options = options},
                          AIRole::overseer));
    require(!whole.truncated, "one that fits is flagged");
    const auto cut = take(nexus->embed(
        {.model = {}, .input = {words(100), words(4 * window)}, .raw_options = options},
        AIRole::overseer));
    require(cut.truncated, "not flagged; " + std::to_string(cut.prompt_eval_count) + " tokens");
    return std::to_string(cut.prompt_eval_count) + " tokens were read of about " +
           std::to_string(100 + 4 * window);
  });

  report.check("with `truncate` false a prompt that is too long is an error", [&] {
    auto options = in_window();
    options.truncate = false;
    const auto prompt = words(4 * window);
    const auto complete = nexus->generate(prompt, AIRole::overseer, options);
    const auto streamed = nexus->generate_streaming(
        prompt, AIRole::overseer, [](const auto&) { return true; }, options);
    const auto chat =
        nexus->chat({{.role = ChatRole::user, .content = prompt}}, AIRole::overseer, options);
    for (const auto* each : {&complete, &streamed, &chat}) {
      require(!*each, "it was answered");
      require(each->error().code == ErrorCode::context_exceeded, log_line(each->error()));
    }
    const auto vector = nexus->embed(
        {.model = {}, .input = {prompt}, .truncate = false, .raw_options = R"({"num_ctx":256})"},
        AIRole::overseer);
    require(!vector && vector.error().code == ErrorCode::context_exceeded,
            vector ? "it was embedded" : log_line(vector.error()));
    return sentence(complete.error());
  });

  report.check("with `shift` false an answer ends where the window is full", [&] {
    auto options = endless();
    options.num_ctx = 64;
    options.max_tokens = 100;
    options.shift = false;
    const auto answer = take(nexus->generate(endless_prompt, AIRole::overseer, options));
    require(answer.provenance.cut_by_length && answer.stats.eval_count < 100,
            std::to_string(answer.stats.eval_count) + " tokens");
    return std::to_string(answer.stats.eval_count) + " tokens of 100";
  });
}

} // namespace nexus::llm::real
