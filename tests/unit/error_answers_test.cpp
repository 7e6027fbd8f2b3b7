#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/response_parser.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
namespace parser = nexus::llm::response_parser;

namespace {

constexpr auto url = "http://localhost:11434";

LLMError answered(int status, std::string_view body, std::string_view model = "m") {
  return parser::parse_error(status, body, model, url);
}

struct Row {
  int status;
  const char* body;
  ErrorCode code;
};

} // namespace

BOOST_AUTO_TEST_SUITE(error_answers)

BOOST_AUTO_TEST_CASE(status_and_text_lead_to_the_code) {
  const Row rows[] = {
      {404, R"({"error":"model 'nosuch' not found"})", ErrorCode::model_not_found},
      {404, R"({"error":"model \"nosuch\" not found, try pulling it first"})",
       ErrorCode::model_not_found},
      {404, "404 page not found", ErrorCode::unexpected_status},
      {404, "", ErrorCode::unexpected_status},
      {405, "405 method not allowed", ErrorCode::unexpected_status},
      {307, "", ErrorCode::unexpected_status},
      {204, "", ErrorCode::unexpected_status},
      {400, R"({"error":"invalid model name"})", ErrorCode::bad_request},
      {400, R"({"error":"unexpected EOF"})", ErrorCode::bad_request},
      {400, "400 Bad Request: missing required Host header", ErrorCode::bad_request},
      {400, R"({"error":"\"emb\" does not support chat"})", ErrorCode::model_capability_missing},
      {400, R"({"error":"\"tiny\" does not support thinking"})",
       ErrorCode::model_capability_missing},
      {400, R"({"error":"registry.ollama.ai/library/tiny:latest does not support tools"})",
       ErrorCode::model_capability_missing},
      {401, R"({"error":"unauthorized","signin_url":"x"})", ErrorCode::forbidden},
      {403, "", ErrorCode::forbidden},
      {429, R"({"StatusCode":429,"error":"slow down"})", ErrorCode::server_busy},
      {503, R"({"error":"server busy, please try again.  maximum pending requests exceeded"})",
       ErrorCode::server_busy},
      {503, "<html>", ErrorCode::server_busy},
      {500, R"({"error":"option \"temperature\" must be of type float32"})",
       ErrorCode::server_error},
      {500, R"({"error":"llama-server process has terminated: exit status 1: oops"})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"llama runner process has terminated: signal: killed"})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"model requires more system memory (9 GiB) than is available"})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"llama-server reported out-of-memory during startup: x"})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"timed out waiting for llama runner to start - progress 0.00 - "})",
       ErrorCode::model_load_failed},
      {500, R"({"error":"model runner has unexpectedly stopped, this may be due to"})",
       ErrorCode::model_failed},
      {500, R"({"error":"an error was encountered while running the model: unexpected EOF"})",
       ErrorCode::model_failed},
      {500, "", ErrorCode::server_error},
      {502, R"({"error":"dial tcp"})", ErrorCode::server_error},
      {504, "<html>gateway</html>", ErrorCode::server_error},
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
  BOOST_TEST(contains(sentence(answered(404, R"({"error":"x"})", "heron")), "ollama pull heron"));
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
  parser::refine(error, "something new");
  BOOST_TEST(error.code == ErrorCode::server_error);
  parser::refine(error, "unable to load model: /x");
  BOOST_TEST(error.code == ErrorCode::model_load_failed);
}

BOOST_AUTO_TEST_SUITE_END()
