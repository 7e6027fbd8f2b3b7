// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/error_parser.hpp"
#include "config/utf8.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
namespace parser = nexus::llm::error_parser;

BOOST_AUTO_TEST_SUITE(error_answers)

namespace {

constexpr auto url = "http://localhost:11434";

LLMError answered(int status, std::string_view body, std::string_view model = "m") {
  return parser::parse_error({.status = status, .body = body, .location = {}}, model, url);
}

struct Row {
  int status;
  const char* body;
  ErrorCode code;
};

} // namespace

BOOST_AUTO_TEST_CASE(status_and_text_lead_to_the_code) {
  const Row rows[] = {
      {404, R"({"error":"model 'nosuch' not found"})", ErrorCode::model_not_found},
      {404, R"({"error":"model \"nosuch\" not found, try pulling it first"})",
       ErrorCode::model_not_found},
      {404, "404 page not found", ErrorCode::unexpected_status},
      {404, "", ErrorCode::unexpected_status},
      {405, "405 method not allowed", ErrorCode::unexpected_status},
      {307, "", ErrorCode::redirected},
      {204, "", ErrorCode::unexpected_status},
      {400, R"({"error":"invalid model name"})", ErrorCode::bad_request},
      {400, R"({"error":"unexpected EOF"})", ErrorCode::bad_request},
      {400, "400 Bad Request: missing required Host header", ErrorCode::bad_request},
      {400, R"({"error":"\"emb\" does not support chat"})", ErrorCode::model_capability_missing},
      {400, R"({"error":"\"tiny\" does not support thinking"})",
       ErrorCode::model_capability_missing},
      {400, R"({"error":"registry.ollama.ai/library/tiny:latest does not support tools"})",
       ErrorCode::model_capability_missing},
      {401, R"({"error":"unauthorized","signin_url":"x"})", ErrorCode::sign_in_required},
      {401, "<html>login</html>", ErrorCode::credentials_required},
      {407, "", ErrorCode::credentials_required},
      {413, "<html><title>413 Request Entity Too Large</title></html>",
       ErrorCode::request_too_large},
      {403, "", ErrorCode::forbidden},
      {403, R"({"error":"ollama cloud is disabled: remote model is unavailable"})",
       ErrorCode::bad_request},
      {429, R"({"StatusCode":429,"error":"slow down"})", ErrorCode::rate_limited},
      {429, "", ErrorCode::rate_limited},
      {503, R"({"error":"server busy, please try again.  maximum pending requests exceeded"})",
       ErrorCode::server_busy},
      {503, "<html>", ErrorCode::proxy_failed},
      {503, "", ErrorCode::server_busy},
      {400, R"({"error":"the input length exceeds the context length"})",
       ErrorCode::context_exceeded},
      {400,
       R"({"error":"{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\"}}"})",
       ErrorCode::context_exceeded},
      {400, "Client sent an HTTP request to an HTTPS server.\n", ErrorCode::tls_required},
      {400, "<title>400 The plain HTTP request was sent to HTTPS port</title>",
       ErrorCode::tls_required},
      {500, R"({"error":"option \"temperature\" must be of type float32"})",
       ErrorCode::server_error},
      {500, R"({"error":"llama-server process has terminated: exit status 1: oops"})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"llama runner process has terminated: signal: killed"})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"model requires more system memory (9 GiB) than is available"})",
       ErrorCode::out_of_memory},
      {500, R"({"error":"llama-server reported out-of-memory during startup: x"})",
       ErrorCode::out_of_memory},
      {500, R"({"error":"llama runner process has terminated: cudaMalloc failed: out of memory"})",
       ErrorCode::out_of_memory},
      {500, R"({"error":"write /x: no space left on device"})", ErrorCode::disk_full},
      {500, R"({"error":"timed out waiting for llama runner to start - progress 0.00 - "})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"model runner has unexpectedly stopped, this may be due to"})",
       ErrorCode::model_failed},
      {500, R"({"error":"an error was encountered while running the model: unexpected EOF"})",
       ErrorCode::model_failed},
      {500, "", ErrorCode::server_error},
      {502, R"({"error":"dial tcp"})", ErrorCode::server_error},
      {502, "<html>bad gateway</html>", ErrorCode::proxy_failed},
      {504, "<html>gateway</html>", ErrorCode::proxy_failed},
  };
  for (const auto& row : rows)
    BOOST_TEST(answered(row.status, row.body).code == row.code, row.status << " " << row.body);
}

BOOST_AUTO_TEST_CASE(a_mode_that_ollama_does_not_support_is_no_lack_of_the_model) {
  BOOST_TEST(
      answered(400, R"({"error":"raw mode does not support template, system, or context"})").code ==
      ErrorCode::bad_request);
}

BOOST_AUTO_TEST_CASE(status_and_body_stay_for_the_log_but_not_in_the_sentence) {
  const auto error = answered(503, R"({"error":"server busy"})");
  BOOST_TEST(error.http_status == 503u);
  BOOST_TEST(contains(error.detail, "server busy"));
  BOOST_TEST(!contains(sentence(error), "503"));
  BOOST_TEST(contains(sentence(error), url));
}

BOOST_AUTO_TEST_CASE(the_sentence_is_about_the_model_where_there_is_one) {
  BOOST_TEST(contains(sentence(answered(500, "", "heron")), "heron"));
  BOOST_TEST(contains(sentence(answered(500, "", "")), url));
  BOOST_TEST(contains(sentence(answered(404, R"({"error":"x"})", "heron")),
                      "nexus-llm models pull heron"));
  BOOST_TEST(answered(404, R"({"error":"x"})", "").code == ErrorCode::unexpected_status);
}

BOOST_AUTO_TEST_CASE(errors_of_any_shape_are_taken) {
  for (const auto* body : {R"({"error":{}})", R"({"error":{"code":400,"message":"x"}})",
                           R"({"error":5})", R"({"error":null})", "[]", "{", "\xFF\xFE",
                           R"({"error":"{\"error\": {\"code\": 400, \"message\": \"x\"}}"})"})
    BOOST_TEST(answered(500, body).code == ErrorCode::server_error, body);
}

BOOST_AUTO_TEST_CASE(a_large_or_deep_body_is_bounded) {
  BOOST_TEST(answered(500, std::string(1'000'000, 'x')).detail.size() < 1000u);
  BOOST_TEST(answered(500, std::string(100'000, '[')).code == ErrorCode::server_error);
}

BOOST_AUTO_TEST_CASE(a_text_that_is_not_known_refines_nothing) {
  LLMError error{.code = ErrorCode::server_error};
  parser::take_reason(error, "something new");
  BOOST_TEST(error.code == ErrorCode::server_error);
  BOOST_TEST(error.reason == "something new");
  parser::take_reason(error, "unable to load model: /x");
  BOOST_TEST(error.code == ErrorCode::model_load_failed);
}

BOOST_AUTO_TEST_CASE(the_words_of_the_server_follow_the_sentence) {
  const auto text = sentence(answered(
      500,
      R"x({"error":"model requires more system memory (11.1 GiB) than is available (8.5 GiB)"})x"));
  BOOST_TEST(contains(text, "not enough memory"));
  BOOST_TEST(contains(text, "than is available (8.5 GiB)"));
  BOOST_TEST(contains(sentence(answered(413, "<title>Too Large</title>")), "Reason: Too Large"));
  BOOST_TEST(answered(413, "<p>1</p><title>Too Large</title><p>2</p>").reason == "Too Large");
  BOOST_TEST(
      contains(sentence(answered(401, R"({"error":"unauthorized","signin_url":"https://o/c"})")),
               "https://o/c"));
}

BOOST_AUTO_TEST_CASE(words_that_are_json_themselves_are_unwrapped) {
  BOOST_TEST(
      answered(500, R"({"error":"{\"error\": {\"code\": 400, \"message\": \"x y\"}}"})").reason ==
      "x y");
  BOOST_TEST(answered(500, R"({"error":{"message":"x"}})").reason == "x");
  BOOST_TEST(answered(500, R"({"error":{}})").reason == "");
}

BOOST_AUTO_TEST_CASE(words_are_unwrapped_three_times_at_most) {
  const auto wrapped = [](int times) {
    std::string text = "x y";
    for (int i = 0; i < times; ++i) {
      json::Document document;
      document.SetObject();
      auto& allocator = document.GetAllocator();
      document.AddMember("message", json::make_string(text, allocator), allocator);
      text = json::to_text(document);
    }
    LLMError error;
    parser::take_reason(error, text);
    return error.reason;
  };
  BOOST_TEST(wrapped(0) == "x y");
  BOOST_TEST(wrapped(3) == "x y");
  BOOST_TEST(wrapped(4) == R"({"message":"x y"})");
  for (const auto& [text, reason] :
       {std::pair{R"({"error":"a","message":"b"})", "a"},
        std::pair{R"({"error":{"message":"a"},"message":"b"})", "a"},
        std::pair{R"({"error":{"text":"a"}})", R"({"error":{"text":"a"}})"},
        std::pair{R"({"message":{"message":"b"}})", "b"}, std::pair{R"(["a"])", R"(["a"])"}}) {
    LLMError error;
    parser::take_reason(error, text);
    BOOST_TEST(error.reason == reason, text);
  }
}

BOOST_AUTO_TEST_CASE(every_known_text_has_its_code_in_whatever_case_it_is_written) {
  const std::pair<const char*, ErrorCode> rows[] = {
      {"the Context Length is 5", ErrorCode::context_exceeded},
      {"beyond the context window", ErrorCode::context_exceeded},
      {"the prompt is too long", ErrorCode::context_exceeded},
      {"Prompt too long", ErrorCode::context_exceeded},
      {"Disk quota exceeded", ErrorCode::disk_full},
      {"Out of memory", ErrorCode::out_of_memory},
      {"failed to allocate a buffer", ErrorCode::out_of_memory},
      {"unable to allocate CUDA0", ErrorCode::out_of_memory},
      {"insufficient memory", ErrorCode::out_of_memory},
      {"not enough memory", ErrorCode::out_of_memory},
      {"MAXIMUM PENDING REQUESTS EXCEEDED", ErrorCode::server_busy},
  };
  for (const auto& [text, code] : rows) {
    LLMError error{.code = ErrorCode::server_error};
    parser::take_reason(error, text);
    BOOST_TEST(error.code == code, text);
  }
}

BOOST_AUTO_TEST_CASE(the_status_decides_where_the_text_could_mislead) {
  const auto* words = R"({"error":"out of memory"})";
  for (const int status : {400, 500, 599})
    BOOST_TEST(answered(status, words).code == ErrorCode::out_of_memory, status);
  BOOST_TEST(answered(404, words).code == ErrorCode::model_not_found);
  BOOST_TEST(answered(404, words).reason == "");
  BOOST_TEST(answered(401, words).code == ErrorCode::sign_in_required);
  BOOST_TEST(answered(401, words).reason == "out of memory");
  BOOST_TEST(answered(401, words, "").code == ErrorCode::credentials_required);
  BOOST_TEST(answered(429, words).code == ErrorCode::rate_limited);
  BOOST_TEST(answered(429, words).reason == "out of memory");
  BOOST_TEST(answered(499, words).code == ErrorCode::unexpected_status);
  BOOST_TEST(answered(504, R"({"error":"x"})").code == ErrorCode::server_error);
}

BOOST_AUTO_TEST_CASE(what_is_about_the_server_names_it_and_the_rest_names_the_model) {
  const std::pair<int, bool> rows[] = {{403, true}, {503, true},  {404, true},  {502, true},
                                       {413, true}, {414, true},  {431, true},  {401, true},
                                       {407, true}, {429, false}, {400, false}, {500, false}};
  for (const auto& [status, about_server] : rows)
    BOOST_TEST(answered(status, "").subject == (about_server ? url : "m"), status);
  BOOST_TEST(answered(400, "speaking plain HTTP to an SSL-enabled server port").subject == url);
  BOOST_TEST(answered(307, "").subject == std::string{url} + " to nowhere");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_of_ollama_gives_a_reason_where_it_may_have_one) {
  BOOST_TEST(answered(500, "it broke").reason == "it broke");
  BOOST_TEST(answered(404, "404 page not found").reason == "");
  BOOST_TEST(answered(307, "moved").reason == "");
  BOOST_TEST(answered(502, " \t\r\n<HTML><TITLE>Bad Gateway</TITLE></HTML>").reason ==
             "Bad Gateway");
  BOOST_TEST(answered(502, " \t\r\n<HTML>").code == ErrorCode::proxy_failed);
  BOOST_TEST(answered(502, "<html><title>Bad").reason == "");
  BOOST_TEST(answered(502, "<html>Bad</title>").reason == "");
  // Only the beginning of a body tells that the port wants TLS.
  const std::string words = "http request to an https server";
  BOOST_TEST(answered(400, std::string(4096 - words.size(), ' ') + words).code ==
             ErrorCode::tls_required);
  BOOST_TEST(answered(400, std::string(4097 - words.size(), ' ') + words).code ==
             ErrorCode::bad_request);
}

BOOST_AUTO_TEST_CASE(blanks_before_a_reason_are_dropped_within_its_first_4000_bytes) {
  BOOST_TEST(parser::one_line(std::string(3999, ' ') + "xy") == "x");
  BOOST_TEST(parser::one_line(std::string(4000, ' ') + "xy") == "");
  BOOST_TEST(parser::one_line("") == "");
  BOOST_TEST(parser::one_line("a\xC2") == "a" + std::string{replacement_character});
  BOOST_TEST(parser::one_line("a!~") == "a!~");
}

BOOST_AUTO_TEST_CASE(words_that_only_look_like_json_stay) {
  BOOST_TEST(answered(500, R"({"error":"{broken"})").reason == "{broken");
  BOOST_TEST(answered(500, R"({"error":"{\"a\":1}"})").reason == R"({"a":1})");
  BOOST_TEST(answered(500, R"({"error":"{\"error\":5}"})").reason == R"({"error":5})");
}

BOOST_AUTO_TEST_CASE(an_answer_that_failed_without_a_status_has_none) {
  const parser::FailedAnswer answer;
  BOOST_TEST(answer.status == 0);
  BOOST_TEST(parser::parse_error(answer, "m", url).code == ErrorCode::unexpected_status);
}

BOOST_AUTO_TEST_CASE(a_redirect_names_its_target) {
  const auto error = parser::parse_error(
      {.status = 301, .body = "", .location = "https://localhost/ollama"}, "m", url);
  BOOST_TEST(contains(sentence(error), "https://localhost/ollama"));
}

BOOST_AUTO_TEST_CASE(a_reason_is_one_clean_and_short_line) {
  BOOST_TEST(parser::one_line("a\r\n\tb\x1B[31m\x7F c") == "a b [31m c");
  BOOST_TEST(parser::one_line("  a  ") == "a");
  BOOST_TEST(parser::one_line("\xC2\x9B"
                              "31m") == "31m");
  BOOST_TEST(is_valid_utf8(parser::one_line("\xFF\xFE x")));
  const auto cut = parser::one_line(std::string(499, 'x') + "\xC3\xA9\xC3\xA9");
  BOOST_TEST(cut.size() <= 503u);
  BOOST_TEST(is_valid_utf8(cut));
}

BOOST_AUTO_TEST_CASE(a_reason_and_an_excerpt_have_room_for_so_much_and_no_more) {
  BOOST_TEST(parser::one_line(std::string(500, 'x')) == std::string(500, 'x'));
  BOOST_TEST(parser::one_line(std::string(501, 'x')) == std::string(500, 'x') + "...");
  // A character that would be cut is left out.
  BOOST_TEST(parser::one_line(std::string(499, 'x') + "\xC3\xA9") == std::string(499, 'x') + "...");
  BOOST_TEST(parser::one_line(std::string(498, 'x') + "\xC3\xA9") ==
             std::string(498, 'x') + "\xC3\xA9");
  BOOST_TEST(parser::excerpt(std::string(300, 'x')) == std::string(300, 'x'));
  BOOST_TEST(parser::excerpt(std::string(301, 'x')) == std::string(300, 'x') + "...");
  // The last of the control characters beyond ASCII, and the first that is none.
  BOOST_TEST(parser::one_line("a\xC2\x9F"
                              "b") == "a b");
  BOOST_TEST(parser::one_line("a\xC2\xA0"
                              "b") == "a\xC2\xA0"
                                      "b");
}

BOOST_AUTO_TEST_CASE(an_error_without_words_is_none) {
  json::Document document;
  for (const auto* text : {R"({"error":""})", R"({"error":null})", R"({"error":false})", "{}"}) {
    document.Parse(text);
    BOOST_TEST(!parser::find_error(document), text);
  }
}

BOOST_AUTO_TEST_CASE(a_transfer_that_failed_is_told_by_its_words) {
  const std::pair<const char*, ErrorCode> rows[] = {
      {"pull model manifest: file does not exist", ErrorCode::model_not_in_registry},
      {"max retries exceeded: write /x: no space left on device", ErrorCode::disk_full},
      {"pull model manifest: 412: newer version", ErrorCode::registry_failed},
  };
  for (const auto& [text, code] : rows) {
    LLMError error{.code = ErrorCode::registry_failed};
    parser::take_transfer_reason(error, text);
    BOOST_TEST(error.code == code, text);
    BOOST_TEST(error.reason == text);
  }
}

BOOST_AUTO_TEST_CASE(a_page_of_a_proxy_is_told_from_an_error_of_the_server) {
  const std::string page = "<html><body>It broke</body></html>";
  BOOST_TEST(answered(500, page).code == ErrorCode::server_error);
  BOOST_TEST(answered(501, page).code == ErrorCode::proxy_failed);
  BOOST_TEST(answered(599, page).code == ErrorCode::proxy_failed);
  BOOST_TEST(answered(501, "It broke").code == ErrorCode::server_error);
  BOOST_TEST(answered(499, page).code == ErrorCode::unexpected_status);
  BOOST_TEST(answered(299, page).code == ErrorCode::unexpected_status);
  BOOST_TEST(answered(300, page).code == ErrorCode::redirected);
  BOOST_TEST(answered(399, page).code == ErrorCode::redirected);
  BOOST_TEST(answered(400, page).code == ErrorCode::bad_request);
}

BOOST_AUTO_TEST_SUITE_END()
