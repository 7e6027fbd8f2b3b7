// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <limits>

#include "actors/ollama_client/request_validation.hpp"
#include "config/utf8.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(request_validation)

namespace {

LLMRequest prompt() {
  LLMRequest request;
  request.model = "m";
  request.prompt = "Hi";
  return request;
}

LLMRequest conversation() {
  LLMRequest request;
  request.kind = RequestKind::chat;
  request.model = "m";
  request.messages = {{.role = ChatRole::user, .content = "Hi"}};
  return request;
}

EmbedRequest embedding() { return {.model = "m", .input = {"a"}}; }

template <class Request> struct Fault {
  ErrorCode code;
  const char* named; ///< what the sentence must hold
  std::function<void(Request&)> make;
};

template <class Request, std::size_t Size>
void check_refused(const Request& sound, const Fault<Request> (&faults)[Size]) {
  BOOST_TEST(validate(sound, Limits{}).has_value());
  for (const auto& fault : faults) {
    auto request = sound;
    fault.make(request);
    const auto result = validate(request, Limits{});
    BOOST_TEST(code_of(result) == fault.code, fault.named);
    BOOST_TEST(contains(sentence_of(result), fault.named), sentence_of(result));
    BOOST_TEST(is_valid_utf8(sentence_of(result)), fault.named);
  }
}

constexpr auto option = ErrorCode::invalid_option;
const auto not_utf8 = "x\xFF"s;
const auto with_nul = "x\0y"s;

} // namespace

BOOST_AUTO_TEST_CASE(a_request_with_every_option_at_its_bounds_passes) {
  auto request = prompt();
  request.temperature = 2.0;
  request.max_tokens = 2147483647;
  request.num_ctx = 4;
  request.seed = std::numeric_limits<std::int64_t>::min();
  request.stop = std::vector<std::string>(64, "s");
  request.system = "";
  request.context = "caf\xC3\xA9";
  request.format = Format::schema(R"({"type":"object"})");
  request.keep_alive = {"-1"};
  request.images = {"QUI=", "QUJD\nQUJD\r\n"};
  request.think = Think::max;
  request.raw_options = R"({"unknown":1})";
  request.continuation = {1, 2};
  request.timeout = 1ms;
  const auto result = validate(request, Limits{});
  BOOST_TEST(result.has_value(), sentence_of(result));
  request.temperature = 0.0;
  request.max_tokens = 1;
  BOOST_TEST(validate(request, Limits{}).has_value());
}

BOOST_AUTO_TEST_CASE(each_wrong_field_of_a_prompt_is_named) {
  const Fault<LLMRequest> faults[] = {
      {ErrorCode::invalid_model_name, "An empty text", [](auto& r) { r.model = ""; }},
      {ErrorCode::invalid_model_name, "`a b`", [](auto& r) { r.model = "a b"; }},
      {ErrorCode::invalid_model_name, "not a text", [](auto& r) { r.model = not_utf8; }},
      {ErrorCode::invalid_prompt, "`prompt` is empty", [](auto& r) { r.prompt = ""; }},
      {ErrorCode::invalid_prompt, "`prompt` is not valid UTF-8",
       [](auto& r) { r.prompt = not_utf8; }},
      {ErrorCode::invalid_prompt, "`prompt` holds a NUL", [](auto& r) { r.prompt = with_nul; }},
      {ErrorCode::invalid_prompt, "`limits.maxPromptBytes`",
       [](auto& r) { r.prompt = std::string((8u << 20) + 1, 'x'); }},
      {option, "`temperature`", [](auto& r) { r.temperature = -0.1; }},
      {option, "`temperature`", [](auto& r) { r.temperature = 2.1; }},
      {option, "`temperature`", [](auto& r) { r.temperature = std::nan(""); }},
      {option, "`maxTokens`", [](auto& r) { r.max_tokens = 0; }},
      {option, "`maxTokens`", [](auto& r) { r.max_tokens = -3; }},
      {option, "`topLogprobs`",
       [](auto& r) {
         r.logprobs = true;
         r.top_logprobs = 21;
       }},
      {option, "`topLogprobs`", [](auto& r) { r.top_logprobs = 1; }},
      {option, "`numCtx`", [](auto& r) { r.num_ctx = 3; }},
      {option, "`numCtx`", [](auto& r) { r.num_ctx = (1u << 24) + 1; }},
      {option, "`stop`", [](auto& r) { r.stop = {""}; }},
      {option, "`stop`", [](auto& r) { r.stop = {not_utf8}; }},
      {option, "`stop`", [](auto& r) { r.stop = std::vector<std::string>(65, "s"); }},
      {option, "`system`", [](auto& r) { r.system = with_nul; }},
      {option, "`context`", [](auto& r) { r.context = not_utf8; }},
      {option, "`suffix`", [](auto& r) { r.suffix = not_utf8; }},
      {option, "`format`", [](auto& r) { r.format = Format::schema("xml"); }},
      {option, "`format`", [](auto& r) { r.format = Format::schema(""); }},
      {option, "`format`", [](auto& r) { r.format = Format::schema("json"); }},
      {option, "`format`", [](auto& r) { r.format = Format::schema("[]"); }},
      {option, "`format`", [](auto& r) { r.format = Format::schema("null"); }},
      {option, "`keepAlive`", [](auto& r) { r.keep_alive = {"soon"}; }},
      {option, "`images`", [](auto& r) { r.images = {"data:image/png;base64,QUJD"}; }},
      {option, "`images`", [](auto& r) { r.images = {"QUI"}; }},
      {option, "`images`", [](auto& r) { r.images = {"Q=I="}; }},
      {option, "`images`", [](auto& r) { r.images = {""}; }},
      {option, "`images`", [](auto& r) { r.images = {"Q==="}; }},
      {option, "`images`", [](auto& r) { r.images = {"QU-_"}; }},
      {option, "`tools`",
       [](auto& r) {
         r.tools = {{"t", "", ""}};
       }},
      {option, "`rawOptions`", [](auto& r) { r.raw_options = "[]"; }},
      {option, "`rawOptions`", [](auto& r) { r.raw_options = "{"; }},
      {option, "`num_ctx`", [](auto& r) { r.raw_options = R"({"num_ctx":"x"})"; }},
      {option, "`raw`", [](auto& r) { r.raw = true, r.system = "S"; }},
      {option, "`raw`", [](auto& r) { r.raw = true, r.continuation = {1}; }},
      {option, "`timeout`", [](auto& r) { r.timeout = 0ms; }},
      {option, "`connectTimeout`", [](auto& r) { r.connect_timeout = -1ms; }},
      {option, "`gapTimeout`", [](auto& r) { r.gap_timeout = 0ms; }},
      {option, "`totalTimeout`", [](auto& r) { r.total_timeout = 0ms; }},
  };
  check_refused(prompt(), faults);
}

BOOST_AUTO_TEST_CASE(each_option_is_accepted_at_its_least_and_its_most) {
  const std::function<void(LLMRequest&)> bounds[] = {
      [](auto& r) { r.temperature = 0.0; },
      [](auto& r) { r.temperature = 2.0; },
      [](auto& r) { r.max_tokens = 1; },
      [](auto& r) { r.max_tokens = -1; },
      [](auto& r) { r.max_tokens = -2; },
      [](auto& r) { r.num_ctx = 4; },
      [](auto& r) { r.num_ctx = 1u << 24; },
      [](auto& r) { r.top_logprobs = 0; },
      [](auto& r) { r.logprobs = true, r.top_logprobs = 1; },
      [](auto& r) { r.logprobs = true, r.top_logprobs = 20; },
      [](auto& r) { r.raw = true; },
      [](auto& r) { r.raw = true, r.system = ""; },
      [](auto& r) { r.continuation = {1}; },
      [](auto& r) { r.suffix = "x"; },
      [](auto& r) { r.format = Format::json(); },
      [](auto& r) { r.keep_alive = {"5m"}; },
      [](auto& r) { r.raw_options = "{}"; },
      [](auto& r) { r.timeout = 1ms; },
      [](auto& r) { r.connect_timeout = 1ms; },
      [](auto& r) { r.gap_timeout = 1ms; },
      [](auto& r) { r.total_timeout = 1ms; },
  };
  for (std::size_t i = 0; i < std::size(bounds); ++i) {
    auto request = prompt();
    bounds[i](request);
    const auto result = validate(request, Limits{});
    BOOST_TEST(result.has_value(), i << ": " << sentence_of(result));
  }
  auto talk = conversation();
  talk.tools = {{"t", "what it does", R"({"type":"object"})"}, {"u", "", ""}};
  BOOST_TEST(validate(talk, Limits{}).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_model_said_may_be_sent_back_as_it_was) {
  auto request = conversation();
  request.messages.push_back({.role = ChatRole::assistant,
                              .content = with_nul,
                              .thinking = with_nul,
                              .tool_calls = {{with_nul, "", "{}"}, {"", with_nul, "{}"}}});
  const auto result = validate(request, Limits{});
  BOOST_TEST(result.has_value(), sentence_of(result));
  // Who else says so must not.
  for (const auto role : {ChatRole::user, ChatRole::system, ChatRole::tool})
    for (const auto& change : std::initializer_list<std::function<void(ChatMessage&)>>{
             [](auto& m) { m.content = with_nul; }, [](auto& m) { m.thinking = with_nul; },
             [](auto& m) {
               m.tool_calls = {{with_nul, "n", "{}"}};
             },
             [](auto& m) {
               m.tool_calls = {{"", "", "{}"}};
             },
             [](auto& m) {
               m.tool_calls = {{"", with_nul, "{}"}};
             }}) {
      auto other = conversation();
      other.messages[0].role = role;
      change(other.messages[0]);
      BOOST_TEST(code_of(validate(other, Limits{})) == ErrorCode::invalid_messages);
    }
  // Not even a model may send what is no text, or arguments that are no object.
  for (const auto& change : std::initializer_list<std::function<void(ChatMessage&)>>{
           [](auto& m) { m.content = not_utf8; }, [](auto& m) { m.thinking = not_utf8; },
           [](auto& m) { m.tool_name = with_nul; }, [](auto& m) { m.tool_call_id = with_nul; },
           [](auto& m) {
             m.tool_calls = {{"", "n", "[]"}};
           },
           [](auto& m) {
             m.tool_calls = {{"", not_utf8, "{}"}};
           }}) {
    auto other = conversation();
    other.messages.push_back({.role = ChatRole::assistant});
    change(other.messages[1]);
    BOOST_TEST(code_of(validate(other, Limits{})) == ErrorCode::invalid_messages);
  }
}

BOOST_AUTO_TEST_CASE(each_wrong_field_of_a_conversation_is_named) {
  constexpr auto code = ErrorCode::invalid_messages;
  const Fault<LLMRequest> faults[] = {
      {code, "`messages` is empty", [](auto& r) { r.messages.clear(); }},
      {code, "`content`", [](auto& r) { r.messages[0].content = with_nul; }},
      {code, "`content`", [](auto& r) { r.messages[0].content = not_utf8; }},
      {code, "`thinking`", [](auto& r) { r.messages[0].thinking = not_utf8; }},
      {code, "`images`", [](auto& r) { r.messages[0].images = {"?"}; }},
      {code, "`toolName`", [](auto& r) { r.messages[0].tool_name = not_utf8; }},
      {code, "`toolCallId`", [](auto& r) { r.messages[0].tool_call_id = with_nul; }},
      {code, "`toolCalls`",
       [](auto& r) {
         r.messages[0].tool_calls = {{"", "", "{}"}};
       }},
      {code, "`toolCalls`",
       [](auto& r) {
         r.messages[0].tool_calls = {{not_utf8, "n", "{}"}};
       }},
      {code, "`toolCalls`",
       [](auto& r) {
         r.messages[0].tool_calls = {{"", "n", "\"{}\""}};
       }},
      {code, "`limits.maxPromptBytes`",
       [](auto& r) { r.messages[0].content = std::string((8u << 20) + 1, 'x'); }},
      {option, "`tools`",
       [](auto& r) {
         r.tools = {{"", "", ""}};
       }},
      {option, "`tools`",
       [](auto& r) {
         r.tools = {{"t", not_utf8, ""}};
       }},
      {option, "`tools`",
       [](auto& r) {
         r.tools = {{"t", "", "[]"}};
       }},
      {option, "`continuation`", [](auto& r) { r.continuation = {1}; }},
      {option, "`suffix`", [](auto& r) { r.suffix = "x"; }},
      {option, "`raw`", [](auto& r) { r.raw = true; }},
      {option, "`images`", [](auto& r) { r.images = {"QUJD"}; }},
      {option, "`temperature`", [](auto& r) { r.temperature = 9.0; }},
  };
  check_refused(conversation(), faults);
}

BOOST_AUTO_TEST_CASE(each_wrong_field_of_an_embedding_request_is_named) {
  const Fault<EmbedRequest> faults[] = {
      {ErrorCode::invalid_model_name, "`a b`", [](auto& r) { r.model = "a b"; }},
      {ErrorCode::invalid_prompt, "`input` is empty", [](auto& r) { r.input.clear(); }},
      {ErrorCode::invalid_prompt, "`input`",
       [](auto& r) {
         r.input = {"a", ""};
       }},
      {ErrorCode::invalid_prompt, "`input`", [](auto& r) { r.input = {not_utf8}; }},
      {ErrorCode::invalid_prompt, "`input`", [](auto& r) { r.input = {with_nul}; }},
      {ErrorCode::invalid_prompt, "`input`",
       [](auto& r) { r.input = std::vector<std::string>(1001, "x"); }},
      {ErrorCode::invalid_prompt, "`limits.maxPromptBytes`",
       [](auto& r) { r.input = std::vector<std::string>(9, std::string(1u << 20, 'x')); }},
      {option, "`dimensions`", [](auto& r) { r.dimensions = 0; }},
      {option, "`rawOptions`", [](auto& r) { r.raw_options = "[]"; }},
      {option, "`num_ctx`", [](auto& r) { r.raw_options = R"({"num_ctx":"x"})"; }},
      {option, "`keepAlive`", [](auto& r) { r.keep_alive = {"x"}; }},
      {option, "`timeout`", [](auto& r) { r.timeout = 0ms; }},
  };
  check_refused(embedding(), faults);
  auto one = embedding();
  one.dimensions = 1;
  one.keep_alive = {"0"};
  one.raw_options = R"({"num_ctx":64})";
  one.timeout = 1ms;
  one.input = std::vector<std::string>(1000, "x");
  BOOST_TEST(validate(one, Limits{}).has_value());
}

BOOST_AUTO_TEST_CASE(everything_that_is_text_counts_towards_the_size) {
  Limits limits;
  limits.max_prompt_bytes = 100;
  const std::string big(99, 'A');
  const std::function<void(LLMRequest&)> additions[] = {
      [&](auto& r) { r.context = big; },
      [&](auto& r) { r.system = big; },
      [&](auto& r) { r.messages[0].thinking = big; },
      [&](auto& r) { r.messages[0].images = {big + "A"}; },
      [&](auto& r) { r.messages.push_back({.role = ChatRole::user, .content = big}); },
      [&](auto& r) {
        r.messages[0].tool_calls = {{"", "n", "{\"x\":\"" + big + "\"}"}};
      },
      [&](auto& r) {
        r.tools = {{"t", big, ""}};
      },
  };
  for (const auto& add : additions) {
    auto request = conversation();
    BOOST_TEST(validate(request, limits).has_value());
    add(request);
    const auto result = validate(request, limits);
    BOOST_TEST(code_of(result) == ErrorCode::invalid_messages);
  }
}

BOOST_AUTO_TEST_CASE(the_first_fault_is_the_one_that_is_told) {
  auto request = prompt();
  request.model = "";
  request.prompt = "";
  request.temperature = 9.0;
  BOOST_TEST(code_of(validate(request, Limits{})) == ErrorCode::invalid_model_name);
}

BOOST_AUTO_TEST_CASE(json_that_is_nested_too_deeply_is_refused_without_a_crash) {
  auto request = prompt();
  request.format = Format::schema("{\"a\":" + std::string(100'000, '['));
  BOOST_TEST(code_of(validate(request, Limits{})) == option);
}

BOOST_AUTO_TEST_CASE(an_id_is_a_short_text_of_one_line) {
  for (const auto& fine : {std::string(128, 'i'), "Größe 1"s, ""s, " ~"s})
    BOOST_TEST(check_id({fine}).has_value(), fine);
  for (const auto& wrong :
       {std::string(129, 'i'), "a\nb"s, "a\x1B[0m"s, "a\x7F"s, "\x1F"s, with_nul, not_utf8}) {
    const auto result = check_id({wrong});
    BOOST_TEST(code_of(result) == ErrorCode::invalid_argument, wrong);
    BOOST_TEST(contains(sentence_of(result), "`id`"), sentence_of(result));
  }
}

BOOST_AUTO_TEST_CASE(a_model_name_alone_is_checked_and_told_in_valid_text) {
  BOOST_TEST(validate_model_name("llama3.1:8b").has_value());
  // One that is not shown would say nothing of what is wrong with it.
  const std::string shown(400, '!');
  BOOST_TEST(contains(sentence_of(validate_model_name(shown)), "`" + shown + "`"));
  BOOST_TEST(contains(sentence_of(validate_model_name(shown + "!")), "`(a long text)`"));
  BOOST_TEST(contains(sentence_of(validate_model_name(not_utf8)), "`(not a text)`"));
  BOOST_TEST(contains(sentence_of(validate_model_name("")), "An empty text"));
  for (const auto& name :
       {""s, "a b"s, with_nul, not_utf8, "a" + std::string(300, 'x'), "a\xC3\xA9\xC3\xA9"s}) {
    const auto result = validate_model_name(name);
    BOOST_TEST(code_of(result) == ErrorCode::invalid_model_name);
    BOOST_TEST(is_clean_text(sentence_of(result)));
  }
  std::string accents = "a";
  for (int i = 0; i < 100; ++i)
    accents += "\xC3\xA9";
  BOOST_TEST(is_valid_utf8(sentence_of(validate_model_name(accents))));
}

BOOST_AUTO_TEST_CASE(a_request_may_have_exactly_as_many_bytes_as_the_limits_say) {
  Limits limits;
  limits.max_prompt_bytes = 1000;
  auto request = prompt();
  request.prompt = std::string(1000, 'x');
  BOOST_TEST(validate(request, limits).has_value());
  BOOST_TEST(check_sendable(request, limits).has_value());
  request.prompt += 'x';
  BOOST_TEST(code_of(validate(request, limits)) == ErrorCode::invalid_prompt);
  BOOST_TEST(code_of(check_sendable(request, limits)) == ErrorCode::invalid_prompt);
  BOOST_TEST(contains(sentence_of(check_sendable(request, limits)), "1001 bytes"));
  EmbedRequest texts{.model = "m", .input = {std::string(500, 'x'), std::string(500, 'x')}};
  BOOST_TEST(validate(texts, limits).has_value());
  BOOST_TEST(check_sendable(texts, limits).has_value());
  texts.input.emplace_back("x");
  BOOST_TEST(code_of(validate(texts, limits)) == ErrorCode::invalid_prompt);
  BOOST_TEST(code_of(check_sendable(texts, limits)) == ErrorCode::invalid_prompt);
  auto talk = conversation();
  talk.messages[0].content = std::string(1001, 'x');
  BOOST_TEST(code_of(check_sendable(talk, limits)) == ErrorCode::invalid_messages);
}

BOOST_AUTO_TEST_CASE(a_number_that_cannot_be_written_is_not_sent) {
  auto request = prompt();
  for (const double temperature : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    request.temperature = temperature;
    BOOST_TEST(code_of(check_sendable(request, {})) == ErrorCode::invalid_option);
  }
  request.temperature = 0.7;
  BOOST_TEST(check_sendable(request, {}).has_value());
}

BOOST_AUTO_TEST_CASE(a_message_has_room_for_what_is_around_its_texts) {
  Limits limits;
  limits.max_prompt_bytes = 1u << 20;
  limits.max_message_bytes = (256u << 10) + 1000;
  auto request = prompt();
  request.prompt = std::string(1000, 'x');
  BOOST_TEST(check_sendable(request, limits).has_value());
  request.prompt += 'x';
  BOOST_TEST(contains(sentence_of(check_sendable(request, limits)), "`limits.maxMessageBytes`"));
}

BOOST_AUTO_TEST_CASE(every_part_counts_with_each_of_its_bytes) {
  Limits limits;
  limits.max_prompt_bytes = 10;
  const std::string text(10, 'x');
  const std::function<void(LLMRequest&, const std::string&)> parts[] = {
      [](auto& r, auto& t) { r.prompt = t; },
      [](auto& r, auto& t) { r.suffix = t; },
      [](auto& r, auto& t) { r.context = t; },
      [](auto& r, auto& t) { r.system = t; },
      [](auto& r, auto& t) { r.images = {t}; },
      [](auto& r, auto& t) { r.messages = {{.content = t}}; },
      [](auto& r, auto& t) { r.messages = {{.thinking = t}}; },
      [](auto& r, auto& t) { r.messages = {{.images = {t}}}; },
      [](auto& r, auto& t) { r.messages = {{.tool_calls = {{.id = t}}}}; },
      [](auto& r, auto& t) { r.messages = {{.tool_calls = {{.name = t}}}}; },
      [](auto& r, auto& t) { r.messages = {{.tool_calls = {{.arguments = t}}}}; },
      [](auto& r, auto& t) { r.tools = {{.name = t}}; },
      [](auto& r, auto& t) { r.tools = {{.description = t}}; },
      [](auto& r, auto& t) { r.tools = {{.parameters = t}}; },
  };
  for (const auto& part : parts) {
    LLMRequest request;
    part(request, text);
    BOOST_TEST(check_sendable(request, limits).has_value());
    part(request, text + "y");
    BOOST_TEST(!check_sendable(request, limits).has_value());
    // Beside another part.
    part(request, text);
    if (request.prompt.empty())
      request.prompt = "y";
    else
      request.suffix = "y";
    BOOST_TEST(!check_sendable(request, limits).has_value());
  }
}

BOOST_AUTO_TEST_CASE(each_wrong_field_of_a_model_to_make_is_named) {
  constexpr auto code = ErrorCode::invalid_argument;
  const auto digest = "sha256:" + std::string(64, 'a');
  const CreateRequest from{.model = "mine", .from = "base"};
  const CreateRequest files{.model = "mine",
                            .files = {{.name = "a.gguf", .digest = digest}},
                            .adapters = {{.name = "b.gguf", .digest = digest}},
                            .parameters = R"({"top_k":5})"};
  BOOST_TEST(validate(files, Limits{}).has_value());
  const Fault<CreateRequest> faults[] = {
      {ErrorCode::invalid_model_name, "`a b`", [](auto& r) { r.model = "a b"; }},
      {ErrorCode::invalid_model_name, "`a b`", [](auto& r) { r.from = "a b"; }},
      {code, "either `from` or `files`", [](auto& r) { r.from = ""; }},
      {code, "either `from` or `files`",
       [&](auto& r) { r.files = {{.name = "a", .digest = digest}}; }},
      {code, "`files` and `adapters`",
       [&](auto& r) { r.adapters = {{.name = "", .digest = digest}}; }},
      {code, "`files` and `adapters`",
       [&](auto& r) { r.adapters = {{.name = not_utf8, .digest = digest}}; }},
      {code, "`files` and `adapters`",
       [&](auto& r) { r.adapters = {{.name = "a", .digest = digest + "a"}}; }},
      {code, "`files` and `adapters`",
       [&](auto& r) { r.adapters = {{.name = "a", .digest = digest.substr(0, 70)}}; }},
      {code, "`files` and `adapters`",
       [](auto& r) { r.adapters = {{.name = "a", .digest = "sha256:" + std::string(64, 'A')}}; }},
      {code, "`files` and `adapters`",
       [](auto& r) { r.adapters = {{.name = "a", .digest = "sha512:" + std::string(64, 'a')}}; }},
      {code, "`template`", [](auto& r) { r.prompt_template = not_utf8; }},
      {code, "`system`", [](auto& r) { r.system = with_nul; }},
      {code, "`license`",
       [](auto& r) {
         r.license = {"fine", with_nul};
       }},
      {code, "`quantize`", [](auto& r) { r.quantize = not_utf8; }},
      {code, "`parameters`", [](auto& r) { r.parameters = "[]"; }},
      {code, "`limits.maxPromptBytes`",
       [](auto& r) {
         r.prompt_template = std::string(8u << 20, 'x');
         r.system = "x";
       }},
  };
  check_refused(from, faults);
  auto largest = from;
  largest.prompt_template = std::string((8u << 20) - 1, 'x');
  largest.system = "x";
  BOOST_TEST(validate(largest, Limits{}).has_value());
}

BOOST_AUTO_TEST_CASE(images_are_base64_with_its_padding_and_tools_have_clean_names) {
  for (const auto* image : {"QUJD", "QUI=", "QQ==", "+/+/", "QU JD", "QUJD\r\n"}) {
    auto request = prompt();
    request.images = {image};
    BOOST_TEST(validate(request, Limits{}).has_value() ==
                   (std::string_view{image}.find(' ') == std::string_view::npos),
               image);
  }
  for (const auto* image : {"", "QUJ", "Q===", "====", "QU=D", "QUJ-", "QUJDQ", "=QUJ"}) {
    auto request = prompt();
    request.images = {image};
    BOOST_TEST(code_of(validate(request, Limits{})) == option, image);
  }
  auto request = conversation();
  request.tools = {{with_nul, "", ""}};
  BOOST_TEST(code_of(validate(request, Limits{})) == option);
}

BOOST_AUTO_TEST_SUITE_END()
