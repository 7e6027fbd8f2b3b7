// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <functional>

#include "actors/ollama_client/prompt_audit.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(prompt_audit)

namespace {

const PromptAudit::Time now{1h};

/// So many words, each of them a token at least.
std::string words(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += i == 0 ? "word" : " word";
  return text;
}

LLMRequest prompt(std::string text, std::optional<std::uint32_t> window = 8192) {
  LLMRequest request;
  request.model = "m";
  request.prompt = std::move(text);
  request.num_ctx = window;
  return request;
}

GenerateStats counted(std::uint64_t tokens) { return {.prompt_eval_count = tokens}; }

bool cut(const LLMRequest& request, std::uint64_t tokens) {
  PromptAudit audit;
  return audit.was_cut(request, counted(tokens), now);
}

LLMRequest conversation(const std::vector<std::string>& texts) {
  LLMRequest request;
  request.model = "m";
  request.kind = RequestKind::chat;
  for (std::size_t i = 0; i < texts.size(); ++i)
    request.messages.push_back(
        {.role = i % 2 == 0 ? ChatRole::user : ChatRole::assistant, .content = texts[i]});
  return request;
}

} // namespace

BOOST_AUTO_TEST_CASE(words_and_numbers_are_a_token_each_at_least) {
  BOOST_TEST(PromptAudit::least_tokens("") == 0u);
  BOOST_TEST(PromptAudit::least_tokens("the quick brown fox") == 4u);
  BOOST_TEST(PromptAudit::least_tokens("a1 b22") == 4u);
  BOOST_TEST(PromptAudit::least_tokens("foo.bar(baz)") == 3u);
}

BOOST_AUTO_TEST_CASE(runs_of_punctuation_count_nothing_and_long_writing_more_than_one) {
  BOOST_TEST(PromptAudit::least_tokens(std::string(6000, '-')) == 0u);
  BOOST_TEST(PromptAudit::least_tokens(std::string(240, 'x')) > 5u);
}

BOOST_AUTO_TEST_CASE(fewer_tokens_than_words_are_a_cut) {
  BOOST_TEST(cut(prompt(words(9600)), 4098));
  BOOST_TEST(cut(prompt(words(9600)), 8191));
}

BOOST_AUTO_TEST_CASE(exactly_as_many_tokens_as_words_are_no_cut) {
  BOOST_TEST(!cut(prompt(words(9600), 16'384), 9600));
  BOOST_TEST(cut(prompt(words(9600), 16'384), 9599));
}

BOOST_AUTO_TEST_CASE(a_prompt_that_fills_the_window_or_just_half_of_it_was_cut) {
  // Code has more tokens than words: the words alone would not tell.
  const auto code = std::string(20'000, 'x') + std::string(20'000, ';');
  BOOST_TEST(cut(prompt(code), 8192));
  BOOST_TEST(cut(prompt(code), 4098));
  BOOST_TEST(!cut(prompt(code), 4300));
  BOOST_TEST(!cut(prompt(code), 7000));
}

BOOST_AUTO_TEST_CASE(a_prompt_that_fills_half_of_the_window_by_chance_was_not_cut) {
  // English has some four bytes in a token.
  std::string prose;
  for (int i = 0; i < 4100; ++i)
    prose += "ab cdefg ";
  prose.resize(4100 * 42 / 10);
  BOOST_TEST(!cut(prompt(prose), 4100));
}

BOOST_AUTO_TEST_CASE(a_prompt_that_fits_whatever_its_tokens_are_was_not_cut) {
  BOOST_TEST(!cut(prompt(words(1000)), 8192));
  BOOST_TEST(!cut(prompt(words(1000)), 3));
}

BOOST_AUTO_TEST_CASE(long_runs_of_dashes_are_no_alarm) {
  BOOST_TEST(!cut(prompt(std::string(60'000, '-')), 400));
  BOOST_TEST(!cut(prompt(std::string(6'000, '-'), 4096), 100));
}

BOOST_AUTO_TEST_CASE(a_count_that_is_missing_or_small_because_of_a_cache_is_no_alarm) {
  BOOST_TEST(!cut(prompt(words(9600)), 0));
  BOOST_TEST(!cut(prompt(words(9600)), 12));
}

BOOST_AUTO_TEST_CASE(the_window_in_force_counts_where_it_is_smaller_than_the_one_asked_for) {
  PromptAudit audit;
  const auto request = prompt(words(3000), 32'768);
  BOOST_TEST(audit.needs_window(request, counted(2048), now));
  audit.note_window(request, 2048, now);
  BOOST_TEST(!audit.needs_window(request, counted(2048), now));
  BOOST_TEST(audit.was_cut(request, counted(2048), now));
  BOOST_TEST(audit.needs_window(request, counted(2048), now + 61s));
}

BOOST_AUTO_TEST_CASE(a_window_that_was_given_through_the_options_counts) {
  auto request = prompt(words(5000), {});
  request.raw_options = R"({"num_ctx":4096})";
  BOOST_TEST(cut(request, 4096));
  BOOST_TEST(cut(request, 2050));
}

BOOST_AUTO_TEST_CASE(without_any_window_fewer_tokens_than_words_are_still_a_cut) {
  BOOST_TEST(cut(prompt(words(9600), {}), 4096));
  BOOST_TEST(!cut(prompt(words(9600), {}), 9700));
}

BOOST_AUTO_TEST_CASE(no_window_is_asked_for_where_the_prompt_is_short_or_nothing_was_counted) {
  const PromptAudit audit;
  BOOST_TEST(!audit.needs_window(prompt("Hi", {}), counted(5), now));
  BOOST_TEST(!audit.needs_window(prompt(words(9600), {}), counted(0), now));
}

BOOST_AUTO_TEST_CASE(a_small_window_that_was_asked_for_makes_short_prompts_count) {
  BOOST_TEST(PromptAudit{}.needs_window(prompt(words(100), 64), counted(64), now));
  BOOST_TEST(cut(prompt(words(100), 64), 64));
}

BOOST_AUTO_TEST_CASE(a_conversation_whose_count_stops_growing_has_lost_its_oldest_turns) {
  PromptAudit audit;
  const std::string code(900, ';');
  audit.note_window(conversation({code}), 2048, now);
  // No words, so that only the counts of the turns tell.
  BOOST_TEST(!audit.was_cut(conversation({code}), counted(700), now));
  BOOST_TEST(!audit.was_cut(conversation({code, code, code}), counted(1900), now));
  BOOST_TEST(audit.was_cut(conversation({code, code, code, code, code}), counted(1500), now));
}

BOOST_AUTO_TEST_CASE(a_server_that_leaves_cached_turns_out_of_the_count_is_no_alarm) {
  PromptAudit audit;
  const std::string code(900, ';');
  audit.note_window(conversation({code}), 0, now);
  BOOST_TEST(!audit.was_cut(conversation({code}), counted(700), now));
  BOOST_TEST(!audit.was_cut(conversation({code, code, code}), counted(710), now));
  BOOST_TEST(!audit.was_cut(conversation({code, code, code, code, code}), counted(720), now));
}

BOOST_AUTO_TEST_CASE(what_later_turns_say_is_added_to_the_count_of_the_earlier_ones) {
  const std::string code(900, ';');
  const auto longer = conversation({code, words(300), words(600)});
  for (const auto& [tokens, was_cut] :
       {std::pair{1500u, true}, std::pair{1583u, true}, std::pair{1584u, false}}) {
    PromptAudit audit;
    audit.note_window(longer, 4096, now);
    BOOST_TEST(!audit.was_cut(conversation({code}), counted(700), now));
    BOOST_TEST(audit.was_cut(longer, counted(tokens), now) == was_cut, tokens);
  }
}

BOOST_AUTO_TEST_CASE(a_prompt_is_no_earlier_turn_of_a_conversation) {
  PromptAudit audit;
  const std::string code(3000, ';');
  audit.note_window(conversation({code}), 2048, now);
  BOOST_TEST(!audit.was_cut(prompt(code, {}), counted(1900), now));
  BOOST_TEST(!audit.was_cut(conversation({code}), counted(1200), now));
}

BOOST_AUTO_TEST_CASE(the_same_conversation_is_no_earlier_turn_of_itself) {
  PromptAudit audit;
  const auto request = conversation({std::string(3000, ';'), "x", "y"});
  audit.note_window(request, 2048, now);
  BOOST_TEST(!audit.was_cut(request, counted(1900), now));
  BOOST_TEST(!audit.was_cut(request, counted(1200), now));
  BOOST_TEST(!audit.was_cut(conversation({std::string(3000, ';')}), counted(1100), now));
}

BOOST_AUTO_TEST_CASE(another_conversation_may_have_fewer_tokens) {
  PromptAudit audit;
  const std::string code(3000, ';');
  audit.note_window(conversation({code}), 2048, now);
  BOOST_TEST(!audit.was_cut(conversation({code}), counted(1900), now));
  BOOST_TEST(!audit.was_cut(conversation({code + "."}), counted(1200), now));
}

BOOST_AUTO_TEST_CASE(
    a_first_conversation_that_lost_large_turns_is_told_by_a_server_that_counts_all) {
  const auto request = conversation({words(400), words(400), words(20)});
  PromptAudit old;
  BOOST_TEST(!old.was_cut(request, counted(30), now));
  PromptAudit audit;
  audit.note_window(request, 512, now);
  BOOST_TEST(audit.was_cut(request, counted(30), now));
}

BOOST_AUTO_TEST_CASE(a_window_holds_for_requests_that_ask_for_the_same_one) {
  PromptAudit audit;
  audit.note_window(prompt(words(320), 256), 256, now);
  const auto larger = prompt(words(520), {});
  BOOST_TEST(audit.needs_window(larger, counted(530), now));
  audit.note_window(larger, 4096, now);
  BOOST_TEST(!audit.was_cut(larger, counted(530), now));
  BOOST_TEST(audit.was_cut(prompt(words(320), 256), counted(256), now));
}

BOOST_AUTO_TEST_CASE(embeddings_of_fewer_tokens_than_words_were_cut) {
  EmbedRequest request{.model = "m", .input = {words(300), words(5)}};
  EmbedResponse response;
  response.prompt_eval_count = 261;
  BOOST_TEST(PromptAudit::was_cut(request, response));
  response.prompt_eval_count = 310;
  BOOST_TEST(!PromptAudit::was_cut(request, response));
  response.prompt_eval_count = 0;
  BOOST_TEST(!PromptAudit::was_cut(request, response));
}

BOOST_AUTO_TEST_CASE(letters_digits_and_bytes_beyond_ascii_are_told_from_the_rest) {
  for (const auto* word : {"a", "z", "A", "Z", "m", "0", "9", "\x80", "\xC3\xA9"})
    BOOST_TEST(PromptAudit::least_tokens(word) == 1u, word);
  for (const auto* other : {"`", "{", "@", "[", "/", ":", " ", "\x7f"})
    BOOST_TEST(PromptAudit::least_tokens(other) == 0u, other);
  BOOST_TEST(PromptAudit::least_tokens(std::string(23, 'x')) == 1u);
  BOOST_TEST(PromptAudit::least_tokens(std::string(24, 'x')) == 2u);
}

BOOST_AUTO_TEST_CASE(half_a_window_and_a_little_more_is_a_cut_of_a_long_prompt_alone) {
  // Just as many bytes as are taken for longer than the window.
  const std::string long_enough(std::size_t{3} * 8192, ';');
  BOOST_TEST(cut(prompt(long_enough), 4096));
  BOOST_TEST(cut(prompt(long_enough), 4104));
  BOOST_TEST(!cut(prompt(long_enough), 4095));
  BOOST_TEST(!cut(prompt(long_enough), 4105));
  BOOST_TEST(!cut(prompt(long_enough.substr(1)), 4096));
  // The whole window is a cut whatever there is.
  BOOST_TEST(cut(prompt(long_enough.substr(1)), 8192));
  BOOST_TEST(!cut(prompt(long_enough.substr(1)), 8191));
  // A prompt of so many bytes has room for each of them.
  BOOST_TEST(!cut(prompt(std::string(8192, ';')), 8192));
  BOOST_TEST(cut(prompt(std::string(8193, ';')), 8192));
}

BOOST_AUTO_TEST_CASE(each_text_of_a_request_may_fill_the_window) {
  const std::string text(100, 'x');
  const auto needs = [](const LLMRequest& request) {
    return PromptAudit{}.needs_window(request, counted(1), now);
  };
  BOOST_TEST(!needs(prompt(std::string(63, 'x'), 64)));
  BOOST_TEST(needs(prompt(std::string(64, 'x'), 64)));
  const std::function<void(LLMRequest&)> parts[] = {
      [&](auto& r) { r.suffix = text; },
      [&](auto& r) { r.context = text; },
      [&](auto& r) { r.system = text; },
      [&](auto& r) { r.messages = {{.content = text}}; },
      [&](auto& r) { r.messages = {{.thinking = text}}; },
      [&](auto& r) { r.messages = {{.tool_calls = {{.name = text}}}}; },
      [&](auto& r) { r.messages = {{.tool_calls = {{.arguments = text}}}}; },
      [&](auto& r) { r.tools = {{.name = text}}; },
      [&](auto& r) { r.tools = {{.description = text}}; },
      [&](auto& r) { r.tools = {{.parameters = text}}; },
  };
  for (const auto& part : parts) {
    auto request = prompt("", 64);
    part(request);
    BOOST_TEST(needs(request));
    request.num_ctx = 101;
    BOOST_TEST(!needs(request));
  }
}

BOOST_AUTO_TEST_CASE(less_than_half_a_window_may_be_what_an_old_server_had_not_kept) {
  BOOST_TEST(!cut(prompt(words(9600), 9000), 4499));
  BOOST_TEST(cut(prompt(words(9600), 9000), 4500));
}

BOOST_AUTO_TEST_CASE(a_server_whose_count_has_grown_once_counts_all) {
  PromptAudit audit;
  const std::string code(900, ';');
  BOOST_TEST(!audit.was_cut(conversation({code}), counted(700), now));
  BOOST_TEST(!audit.was_cut(conversation({code, code, code}), counted(1900), now));
  BOOST_TEST(audit.was_cut(conversation({code, code, code, code, code}), counted(500), now));
}

BOOST_AUTO_TEST_CASE(a_window_is_believed_for_a_minute) {
  PromptAudit audit;
  const auto request = prompt(words(9600), {});
  audit.note_window(request, 4096, now);
  BOOST_TEST(!audit.needs_window(request, counted(1), now + 59'999ms));
  BOOST_TEST(audit.needs_window(request, counted(1), now + 60s));
}

BOOST_AUTO_TEST_CASE(only_so_many_windows_are_kept_and_those_out_of_date_make_room) {
  PromptAudit audit;
  const auto of = [](std::uint32_t window) { return prompt(words(9600), window); };
  for (std::uint32_t i = 0; i < 256; ++i)
    audit.note_window(of(3000 + i), 4096, now);
  audit.note_window(of(9000), 4096, now + 59s);
  BOOST_TEST(audit.needs_window(of(9000), counted(1), now + 59s));
  BOOST_TEST(!audit.needs_window(of(3255), counted(1), now + 59s));
  audit.note_window(of(9000), 4096, now + 60s);
  BOOST_TEST(!audit.needs_window(of(9000), counted(1), now + 60s));
}

BOOST_AUTO_TEST_CASE(only_what_every_template_shows_counts_as_certain) {
  PromptAudit audit;
  auto request = conversation({words(3000)});
  request.num_ctx = 4096;
  request.messages[0].role = ChatRole::system;
  BOOST_TEST(!audit.was_cut(request, counted(2500), now));
  request.messages[0].role = ChatRole::tool;
  BOOST_TEST(!audit.was_cut(request, counted(2500), now));
  request.messages[0].role = ChatRole::user;
  BOOST_TEST(audit.was_cut(request, counted(2500), now));
  request.messages[0].role = ChatRole::assistant;
  BOOST_TEST(audit.was_cut(request, counted(2500), now));
}

BOOST_AUTO_TEST_CASE(a_turn_is_known_again_by_all_that_it_was_made_of) {
  const std::string code(3000, ';');
  const auto first = [&] {
    auto request = conversation({code});
    request.system = "s";
    request.tools = {{.name = "n", .description = "d", .parameters = "p"}};
    return request;
  };
  // The same conversation, one turn longer, with a part of it changed.
  const auto told_as_cut = [&](const std::function<void(LLMRequest&)>& change) {
    PromptAudit audit;
    audit.note_window(first(), 2048, now);
    BOOST_TEST(!audit.was_cut(first(), counted(1900), now));
    auto longer = first();
    longer.messages.push_back({.role = ChatRole::assistant, .content = "x"});
    longer.messages.push_back({.role = ChatRole::user, .content = "y"});
    change(longer);
    return audit.was_cut(longer, counted(1200), now);
  };
  BOOST_TEST(told_as_cut([](auto&) {}));
  BOOST_TEST(!told_as_cut([](auto& r) { r.system = "t"; }));
  BOOST_TEST(!told_as_cut([](auto& r) { r.tools[0].name = "m"; }));
  BOOST_TEST(!told_as_cut([](auto& r) { r.tools[0].description = "e"; }));
  BOOST_TEST(!told_as_cut([](auto& r) { r.tools[0].parameters = "q"; }));
  BOOST_TEST(!told_as_cut([](auto& r) { r.messages[0].content += "."; }));
  BOOST_TEST(!told_as_cut([](auto& r) { r.messages[0].role = ChatRole::assistant; }));
  BOOST_TEST(!told_as_cut([](auto& r) { r.model = "n"; }));
  // A template may leave the thinking of earlier turns out.
  BOOST_TEST(!told_as_cut([](auto& r) { r.messages[1].thinking = "hm"; }));
}

BOOST_AUTO_TEST_CASE(options_that_cannot_be_read_ask_for_no_window) {
  for (const auto* options : {"nonsense", "{}", R"({"num_ctx":0})", R"({"num_ctx":"x"})"}) {
    auto request = prompt(words(9600), {});
    request.raw_options = options;
    BOOST_TEST(cut(request, 4096), options);
    BOOST_TEST(!cut(request, 9700), options);
  }
  // Without any, a prompt below the least window of a server cannot have been cut.
  BOOST_TEST(!PromptAudit{}.needs_window(prompt(std::string(2047, 'x'), {}), counted(1), now));
  BOOST_TEST(PromptAudit{}.needs_window(prompt(std::string(2048, 'x'), {}), counted(1), now));
  BOOST_TEST(PromptAudit{}.needs_window(prompt(std::string(2048, 'x'), 99'999), counted(1), now));
}

BOOST_AUTO_TEST_CASE(a_turn_is_forgotten_when_enough_others_have_come) {
  const std::string code(3000, ';');
  const auto longer = conversation({code, "x", "y"});
  const auto cut_after = [&](int others) {
    PromptAudit audit;
    audit.note_window(conversation({code}), 2048, now);
    BOOST_TEST(!audit.was_cut(conversation({code}), counted(1900), now));
    for (int i = 0; i < others; ++i)
      BOOST_TEST(!audit.was_cut(conversation({std::to_string(i)}), counted(1), now));
    return audit.was_cut(longer, counted(1200), now);
  };
  BOOST_TEST(cut_after(63));
  BOOST_TEST(!cut_after(64));
}

BOOST_AUTO_TEST_SUITE_END()
