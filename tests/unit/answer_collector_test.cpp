// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/unit/answer_collector_exchange.hpp"

namespace answer_collector_test {

BOOST_AUTO_TEST_SUITE(answer_collector)

BOOST_AUTO_TEST_CASE(a_last_line_without_a_line_break_counts_at_the_end) {
  for_both_kinds([](RequestKind kind) {
    auto bytes = line(kind, "a") + line(kind, "b", true);
    bytes.pop_back();
    check_every_split(kind, 200, bytes, clean_end, {no_error, "ab"});
  });
}

BOOST_AUTO_TEST_CASE(half_a_line_before_a_cut_is_not_taken_for_garbage) {
  Exchange exchange;
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "a") + "{\"resp"));
  BOOST_TEST(code_of(exchange.finish(cut)) == ErrorCode::stream_interrupted);
}

BOOST_AUTO_TEST_CASE(a_stream_that_says_only_done_false_is_incomplete) {
  Exchange exchange;
  BOOST_TEST(exchange.feed(R"({"model":"m","response":"","done":false})"));
  BOOST_TEST(code_of(exchange.finish(clean_end)) == ErrorCode::stream_incomplete);
}

BOOST_AUTO_TEST_CASE(what_follows_the_end_is_ignored) {
  for (const auto* surplus : {"garbage", "{\"error\":\"late\"}\n", "\n\n"}) {
    Exchange exchange;
    BOOST_TEST(exchange.feed(line(RequestKind::generate, "a", true) + surplus));
    BOOST_TEST(exchange.feed(surplus));
    BOOST_TEST(exchange.chunks.size() == 1u);
    BOOST_TEST(exchange.finish(cut)->response == "a");
  }
}

BOOST_AUTO_TEST_CASE(an_error_as_the_first_line_is_read_like_an_error_of_its_own) {
  const std::pair<const char*, ErrorCode> rows[] = {
      {R"({"error":"boom"})", ErrorCode::server_error},
      {R"({"error":"llama runner process has terminated: exit status 2"})",
       ErrorCode::model_load_failed},
      {R"({"error":"\"m\" does not support thinking"})", ErrorCode::model_capability_missing},
      {R"({"error":{}})", ErrorCode::server_error}};
  for (const auto& [body, code] : rows)
    for (const auto* end : {"", "\n"})
      check_every_split(RequestKind::generate, 200, std::string{body} + end, clean_end, {code, ""});
}

BOOST_AUTO_TEST_CASE(tool_calls_and_thinking_are_gathered_from_all_lines) {
  Exchange exchange{RequestKind::chat};
  BOOST_TEST(exchange.feed(
      R"({"message":{"content":"","thinking":"Hm"},"done":false})"
      "\n"
      R"({"message":{"content":"","thinking":"...","tool_calls":[{"id":"1","function":{"name":"a","arguments":{}}}]},"done":false})"
      "\n"
      R"({"model":"other","message":{"content":"x","tool_calls":[{"id":"2","function":{"name":"b","arguments":{}}}]},"done":true})"
      "\n"));
  const auto answer = exchange.finish(clean_end);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->thinking == "Hm...");
  BOOST_TEST(answer->response == "x");
  BOOST_CHECK(answer->tool_calls == (std::vector<ToolCall>{{"1", "a", "{}"}, {"2", "b", "{}"}}));
  BOOST_TEST(answer->model == "other");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_ends_the_answer_with_what_came_before) {
  Limits limits;
  limits.max_line_bytes = 1024;
  Exchange exchange{RequestKind::generate, limits};
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "a")));
  BOOST_TEST(!exchange.feed(std::string(1025, 'x')));
  BOOST_TEST(!exchange.feed("more"));
  const auto answer = exchange.finish({.failure = Failure::stopped, .status = 200});
  BOOST_TEST(code_of(answer) == ErrorCode::response_too_large);
  BOOST_TEST(answer.error().partial == "a");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large_ends_within_its_bound) {
  Limits limits;
  limits.max_response_bytes = 1024;
  for (const auto* field : {"response", "thinking"}) {
    const auto piece =
        "{\"" + std::string{field} + "\":\"" + std::string(100, 'x') + "\",\"done\":false}\n";
    Exchange exchange{RequestKind::generate, limits};
    int pieces = 0;
    while (pieces < 20 && exchange.feed(piece))
      ++pieces;
    BOOST_TEST(pieces == 10);
    BOOST_TEST(code_of(exchange.finish({.failure = Failure::stopped, .status = 200})) ==
               ErrorCode::response_too_large);
  }
}

BOOST_AUTO_TEST_CASE(tool_calls_count_towards_the_size_of_an_answer) {
  Limits limits;
  limits.max_response_bytes = 1024;
  const auto piece = R"({"message":{"tool_calls":[{"function":{"name":"f","arguments":{"a":")" +
                     std::string(100, 'x') + "\"}}}]},\"done\":false}\n";
  Exchange exchange{RequestKind::chat, limits};
  int pieces = 0;
  while (pieces < 100 && exchange.feed(piece))
    ++pieces;
  BOOST_TEST(pieces < 100);
}

BOOST_AUTO_TEST_CASE(the_body_of_an_error_is_bounded) {
  Exchange exchange;
  const std::string block(10'000, 'x');
  int blocks = 0;
  while (blocks < 100 && exchange.feed(block, 500))
    ++blocks;
  BOOST_TEST(blocks < 10);
  static_cast<void>(exchange.feed(block, 500));
  const auto answer = exchange.finish({.failure = Failure::stopped, .status = 500});
  BOOST_TEST(code_of(answer) == ErrorCode::server_error);
  BOOST_TEST(answer.error().http_status == 500u);
  BOOST_TEST(answer.error().detail.size() < 1000u);
}

BOOST_AUTO_TEST_CASE(lines_in_the_frame_of_server_sent_events_are_read) {
  Exchange exchange;
  BOOST_TEST(exchange.feed(": keep-alive\n\nevent: message\nid: 1\nretry: 10\n"));
  BOOST_TEST(exchange.feed("data: " + line(RequestKind::generate, "Hello ") + "\r\n"));
  BOOST_TEST(exchange.feed(": keep-alive\n\n"));
  static_cast<void>(
      exchange.feed("data:" + line(RequestKind::generate, "world", true) + "\ndata: [DONE]\n\n"));
  const auto answer = exchange.finish(clean_end);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->response == "Hello world");
  BOOST_TEST(exchange.text() == "Hello world");
}

BOOST_AUTO_TEST_CASE(events_without_an_end_are_no_complete_answer) {
  Exchange exchange;
  static_cast<void>(
      exchange.feed("data: " + line(RequestKind::generate, "Hello") + "\ndata: [DONE]\n\n"));
  const auto answer = exchange.finish(clean_end);
  BOOST_TEST(code_of(answer) == ErrorCode::stream_incomplete);
  BOOST_TEST(answer.error().partial == "Hello");
}

BOOST_AUTO_TEST_CASE(the_wait_that_a_busy_server_asks_for_is_kept) {
  Exchange exchange;
  static_cast<void>(exchange.feed(R"({"error":"server busy"})", 503));
  const auto answer = exchange.finish({.status = 503, .retry_after = std::chrono::seconds{7}});
  BOOST_TEST(code_of(answer) == ErrorCode::server_busy);
  BOOST_CHECK(answer.error().retry_after == std::chrono::milliseconds{7000});
  BOOST_TEST(answer.error().model == "m");
}

BOOST_AUTO_TEST_CASE(a_transfer_that_fails_is_told_by_its_kind) {
  const ExchangeSubject subject{"m", "http://localhost:1"};
  auto code = [&](Failure kind, bool streaming, bool began) {
    const auto error =
        transfer_error({.failure = kind, .answer_began = began, .detail = "d"}, subject, streaming);
    BOOST_TEST((!error || error->detail == "d"));
    return error ? error->code : no_error;
  };
  BOOST_TEST(code(Failure::none, true, true) == no_error);
  BOOST_TEST(code(Failure::stopped, true, true) == no_error);
  BOOST_TEST(code(Failure::refused, true, false) == ErrorCode::connection_refused);
  BOOST_TEST(code(Failure::host_not_found, true, false) == ErrorCode::host_not_found);
  BOOST_TEST(code(Failure::not_local, true, false) == ErrorCode::address_not_local);
  BOOST_TEST(code(Failure::connect_timeout, true, false) == ErrorCode::connect_timeout);
  BOOST_TEST(code(Failure::protocol, true, true) == ErrorCode::bad_response);
  BOOST_TEST(code(Failure::cut, true, true) == ErrorCode::stream_interrupted);
  BOOST_TEST(code(Failure::cut, true, false) == ErrorCode::connection_lost);
  BOOST_TEST(code(Failure::cut, false, true) == ErrorCode::connection_lost);
}

BOOST_AUTO_TEST_CASE(a_transfer_error_says_what_it_is_about_and_why) {
  const ExchangeSubject subject{"m", "http://localhost:1"};
  struct Row {
    Failure failure;
    ErrorCode code;
    const char* subject = "http://localhost:1";
    const char* reason = "";
  };
  const Row rows[] = {
      {Failure::refused, ErrorCode::connection_refused},
      {Failure::host_not_found, ErrorCode::host_not_found},
      {Failure::not_local, ErrorCode::address_not_local},
      {Failure::connect_timeout, ErrorCode::connect_timeout},
      {Failure::protocol, ErrorCode::bad_response},
      {Failure::cut, ErrorCode::stream_interrupted, "m"},
      {Failure::tls_not_trusted, ErrorCode::tls_not_trusted, "http://localhost:1", "why it was"},
      {Failure::tls_not_spoken, ErrorCode::tls_not_spoken},
      {Failure::tls_required, ErrorCode::tls_required},
      {Failure::tls_failed, ErrorCode::tls_failed, "http://localhost:1", "why it was"},
      {Failure::file_unreadable, ErrorCode::invalid_argument, "the detail"},
      {Failure::no_descriptors, ErrorCode::resources_exhausted,
       "it has no file descriptor left (`ulimit -n`)"},
      {Failure::no_memory, ErrorCode::resources_exhausted,
       "it has no memory left (`ulimit -v`, or the limit of its container)"},
  };
  for (const auto& row : rows) {
    const auto error = transfer_error({.failure = row.failure,
                                       .status = 502,
                                       .answer_began = true,
                                       .reason = "why\nit was",
                                       .detail = "the detail"},
                                      subject, true);
    BOOST_REQUIRE(error);
    BOOST_TEST(error->code == row.code);
    BOOST_TEST(error->subject == row.subject, row.code);
    BOOST_TEST(error->reason == row.reason, row.code);
    BOOST_TEST(error->detail == "the detail");
    BOOST_TEST(error->http_status == 502u);
  }
  const auto cut_before =
      transfer_error({.failure = Failure::cut, .answer_began = true}, subject, false);
  BOOST_TEST(cut_before->code == ErrorCode::connection_lost);
  BOOST_TEST(cut_before->subject == "http://localhost:1");
}

BOOST_AUTO_TEST_CASE(the_body_of_an_error_is_kept_up_to_64_KiB) {
  Exchange exact;
  BOOST_TEST(exact.feed(std::string(64 * 1024 - 1, 'x'), 500));
  BOOST_TEST(!exact.feed("x", 500));
  Exchange at_once;
  BOOST_TEST(!at_once.feed(std::string(64 * 1024, 'x'), 500));
  // What comes after it is no part of it.
  Exchange cut_off;
  const std::string words = R"({"error":"model 'm' not found"})";
  BOOST_TEST(cut_off.feed(words + std::string(64 * 1024 - 1 - words.size(), ' '), 404));
  BOOST_TEST(!cut_off.feed(" surplus", 404));
  BOOST_TEST(code_of(cut_off.finish({.failure = Failure::stopped, .status = 404})) ==
             ErrorCode::model_not_found);
  Exchange late;
  const std::string long_body = R"({"error":"model 'm' not found"})" + std::string(64 * 1024, ' ');
  BOOST_TEST(!late.feed(long_body, 404));
  BOOST_TEST(!late.feed("x", 404));
  BOOST_TEST(code_of(late.finish({.failure = Failure::stopped, .status = 404})) ==
             ErrorCode::model_not_found);
}

BOOST_AUTO_TEST_CASE(an_error_line_says_which_model_and_that_the_status_was_good) {
  Exchange exchange;
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "a")));
  BOOST_TEST(!exchange.feed("{\"error\":\"out of memory\"}\n"));
  // Nothing is taken any more.
  BOOST_TEST(!exchange.feed(line(RequestKind::generate, "b", true)));
  const auto answer = exchange.finish(clean_end);
  BOOST_TEST(code_of(answer) == ErrorCode::stream_failed);
  BOOST_TEST(answer.error().subject == "m");
  BOOST_TEST(answer.error().model == "m");
  BOOST_TEST(answer.error().reason == "out of memory");
  BOOST_TEST(answer.error().http_status == 200u);
  BOOST_TEST(answer.error().partial == "a");
  Exchange short_one;
  BOOST_TEST(short_one.feed(line(RequestKind::generate, "a")));
  BOOST_TEST(short_one.finish(clean_end).error().http_status == 200u);
}

BOOST_AUTO_TEST_CASE(what_is_no_object_from_its_first_line_is_no_answer_of_ollama) {
  for (const auto* page : {"<html>\n", "[1]\n", "x{\n"}) {
    Exchange exchange;
    BOOST_TEST(!exchange.feed(page));
    const auto answer = exchange.finish(clean_end);
    BOOST_TEST(code_of(answer) == ErrorCode::bad_response, page);
    BOOST_TEST(answer.error().subject == "http://localhost:11434");
  }
  Exchange object;
  BOOST_TEST(!object.feed("{broken\n"));
  const auto broken = object.finish(clean_end);
  BOOST_TEST(code_of(broken) == ErrorCode::stream_malformed);
  BOOST_TEST(broken.error().subject == "m");
  // After a good line it is a part of the stream that is broken, plain or not.
  for (const auto& good :
       {line(RequestKind::generate, "a"), std::string{"{\"done\":false,\"response\":\"a\"}\n"}}) {
    Exchange later;
    BOOST_TEST(later.feed(good));
    BOOST_TEST(!later.feed("<html>\n"));
    BOOST_TEST(code_of(later.finish(clean_end)) == ErrorCode::stream_malformed);
  }
}

BOOST_AUTO_TEST_CASE(pieces_and_the_answer_carry_the_request_and_the_model_that_was_told) {
  for (const bool plain : {true, false}) {
    const auto of = [plain](const std::string& model, const std::string& text) {
      return plain ? R"({"model":")" + model + R"(","created_at":"t","response":")" + text +
                         "\",\"done\":false}\n"
                   : R"({"response":")" + text + R"(","model":")" + model + "\",\"done\":false}\n";
    };
    Exchange exchange;
    BOOST_TEST(exchange.feed("{\"response\":\"0\",\"done\":false}\n"));
    BOOST_TEST(exchange.feed(of("one", "1")));
    BOOST_TEST(exchange.feed(of("two", "2")));
    BOOST_TEST(exchange.feed(of("", "3")));
    static_cast<void>(exchange.feed("{\"response\":\"4\",\"done\":true,\"done_reason\":\"length\","
                                    "\"context\":[7,8]}\n"));
    const auto answer = exchange.finish(clean_end);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->id.value == "r");
    BOOST_TEST(answer->model == "two");
    BOOST_TEST(answer->done_reason == "length");
    BOOST_CHECK(answer->context == (std::vector<std::uint32_t>{7, 8}));
    std::string models;
    for (const auto& chunk : exchange.chunks) {
      BOOST_TEST(chunk.id.value == "r");
      models += chunk.model + " ";
    }
    BOOST_TEST(models == "m one two two two ");
  }
}

BOOST_AUTO_TEST_CASE(lines_that_come_together_become_eight_pieces_and_one_of_the_rest) {
  for (const bool plain : {true, false}) {
    std::string together;
    for (int i = 0; i < 12; ++i)
      together += plain ? line(RequestKind::generate, "x")
                        : std::string{"{\"response\":\"x\",\"model\":\"m\",\"done\":false}\n"};
    Exchange exchange;
    static_cast<void>(exchange.feed(together));
    BOOST_REQUIRE(exchange.chunks.size() == 8u);
    BOOST_TEST(exchange.chunks[6].response == "x");
    BOOST_TEST(exchange.chunks[7].response == "xxxxx");
    // The end, and the text of another model, stay apart.
    Exchange ended;
    static_cast<void>(ended.feed(together + line(RequestKind::generate, "y", true)));
    BOOST_REQUIRE(ended.chunks.size() == 9u);
    BOOST_TEST(ended.chunks[8].done);
    Exchange changed;
    const std::string other = plain
                                  ? R"({"model":"o","created_at":"t","response":"z","done":false})"
                                    "\n"
                                  : R"({"response":"z","model":"o","done":false})"
                                    "\n";
    static_cast<void>(changed.feed(together + other + other));
    BOOST_REQUIRE(changed.chunks.size() == 9u);
    BOOST_TEST(changed.chunks[8].model == "o");
    BOOST_TEST(changed.chunks[8].response == "zz");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_exactly_as_large_as_the_limits_say) {
  Limits limits;
  limits.max_response_bytes = 5;
  for (const bool plain : {true, false}) {
    const auto of = [plain](const std::string& text) {
      return plain ? line(RequestKind::generate, text)
                   : "{\"response\":\"" + text + "\",\"done\":false}\n";
    };
    Exchange exact{RequestKind::generate, limits};
    BOOST_TEST(exact.feed(of("123")));
    BOOST_TEST(exact.feed(of("45")));
    BOOST_TEST(!exact.feed(of("6")));
    const auto answer = exact.finish({.failure = Failure::stopped, .status = 200});
    BOOST_TEST(code_of(answer) == ErrorCode::response_too_large);
    BOOST_TEST(answer.error().partial == "12345");
  }
}

BOOST_AUTO_TEST_CASE(log_probabilities_are_gathered_and_weighed) {
  const std::string token =
      R"({"response":"a","logprobs":[{"token":"a","logprob":-0.5,"bytes":[97]}],"done":false})"
      "\n";
  Exchange exchange;
  BOOST_TEST(exchange.feed(token));
  BOOST_TEST(exchange.feed(token));
  static_cast<void>(exchange.feed(line(RequestKind::generate, "", true)));
  BOOST_REQUIRE(exchange.chunks.size() == 3u);
  BOOST_TEST(exchange.chunks[1].logprobs.size() == 1u);
  const auto answer = exchange.finish(clean_end);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->logprobs.size() == 2u);
  Limits limits;
  limits.max_response_bytes = 1024;
  Exchange bounded{RequestKind::generate, limits};
  int tokens = 0;
  while (tokens < 100 && bounded.feed(token))
    ++tokens;
  BOOST_TEST(tokens < 20);
}

BOOST_AUTO_TEST_CASE(a_model_that_runs_elsewhere_is_told) {
  Exchange exchange;
  BOOST_TEST(exchange.feed(R"({"response":"a","remote_host":"https://x.example:443",)"
                           R"("remote_model":"big","done":false})"
                           "\n"));
  static_cast<void>(exchange.feed(line(RequestKind::generate, "b", true)));
  const auto answer = exchange.finish(clean_end);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->remote_host == "https://x.example:443");
  BOOST_TEST(answer->remote_model == "big");
  Exchange here;
  static_cast<void>(here.feed(line(RequestKind::generate, "b", true)));
  BOOST_TEST(here.finish(clean_end)->remote_host == "");
}

BOOST_AUTO_TEST_CASE(half_a_character_is_replaced_before_a_plain_line_and_at_the_end) {
  Exchange exchange;
  BOOST_TEST(exchange.feed(R"({"response":"a\ud83d","done":false})"
                           "\n"));
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "b")));
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "", true)));
  BOOST_TEST(exchange.finish(clean_end)->response == "a\xEF\xBF\xBD"
                                                     "b");
  BOOST_TEST(exchange.text() == "a\xEF\xBF\xBD"
                                "b");
  Exchange at_end;
  BOOST_TEST(at_end.feed(R"({"response":"a\ud83d","thinking":"b\ud83d","done":false})"
                         "\n"));
  BOOST_TEST(at_end.feed(line(RequestKind::generate, "", true)));
  const auto answer = at_end.finish(clean_end);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->response == "a\xEF\xBF\xBD");
  BOOST_TEST(answer->thinking == "b\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(a_cut_within_the_first_line_interrupts_the_stream) {
  Exchange exchange;
  BOOST_TEST(exchange.feed("{\"resp"));
  const auto answer = exchange.finish(cut);
  BOOST_TEST(code_of(answer) == ErrorCode::stream_interrupted);
  BOOST_TEST(answer.error().subject == "m");
  Exchange nothing;
  BOOST_TEST(code_of(nothing.finish(cut_at_once)) == ErrorCode::connection_lost);
}

BOOST_AUTO_TEST_CASE(what_follows_the_end_may_be_of_any_length) {
  Limits limits;
  limits.max_line_bytes = 1024;
  Exchange exchange{RequestKind::generate, limits};
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "a", true)));
  BOOST_TEST(exchange.feed(std::string(1025, 'x')));
  BOOST_TEST(exchange.feed("\n"));
  BOOST_TEST(exchange.finish(clean_end)->response == "a");
}

BOOST_AUTO_TEST_CASE(every_part_of_a_line_counts_with_each_of_its_bytes) {
  const ToolCall call{"id", "name", R"({"a":1})"};
  const auto of_call = sizeof call + 2 + 4 + 7;
  const TokenLogprob token{"abc", -1, {1, 2}, {{"de", -1, {3}}}};
  const auto of_token = sizeof token + 3 + 2 + sizeof(token.top_logprobs[0]) + 2 + 1;
  const std::pair<const char*, std::size_t> lines[] = {
      {R"({"message":{"content":"12345"},"done":false})", 5},
      {R"({"message":{"content":"","thinking":"1234"},"done":false})", 4},
      {R"({"message":{"content":"12","thinking":"345"},"done":false})", 5},
      {R"({"message":{"content":"x","tool_calls":[{"id":"id","function":)"
       R"({"name":"name","arguments":{"a":1}}}]},"done":false})",
       of_call + 1},
      {R"({"message":{"content":"x"},"logprobs":[{"token":"abc","logprob":-1,"bytes":[1,2],)"
       R"("top_logprobs":[{"token":"de","logprob":-1,"bytes":[3]}]}],"done":false})",
       of_token + 1},
  };
  for (const auto& entry : lines)
    for (const std::size_t lines_before : {std::size_t{0}, std::size_t{1}}) {
      const std::string text{entry.first};
      Limits limits;
      limits.max_response_bytes = entry.second * (lines_before + 1);
      const auto fits = [&] {
        Exchange exchange{RequestKind::chat, limits};
        bool all = true;
        for (std::size_t i = 0; i <= lines_before; ++i)
          all = all && exchange.feed(text + "\n");
        return all;
      };
      BOOST_TEST(fits(), text);
      --limits.max_response_bytes;
      BOOST_TEST(!fits(), text);
    }
}

BOOST_AUTO_TEST_CASE(what_follows_the_end_neither_stops_nor_changes_the_answer) {
  Exchange exchange;
  static_cast<void>(
      exchange.feed(line(RequestKind::generate, "a", true) + line(RequestKind::generate, "b")));
  BOOST_TEST(exchange.feed(line(RequestKind::generate, "c")));
  BOOST_TEST(exchange.chunks.size() == 1u);
  BOOST_TEST(exchange.finish(clean_end)->response == "a");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace answer_collector_test
