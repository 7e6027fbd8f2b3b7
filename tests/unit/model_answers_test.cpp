// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "actors/ollama_client/response_parser.hpp"
#include "messages/wall_time.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
namespace parser = nexus::llm::response_parser;

BOOST_AUTO_TEST_SUITE(parsing_models)

namespace {

constexpr std::uint32_t depth = 128;

Result<EmbedResponse> embedding(std::string_view body, std::size_t texts = 2) {
  const EmbedRequest request{.model = "e", .input = std::vector<std::string>(texts, "x")};
  return parser::parse_embed(body, request, depth);
}

} // namespace

BOOST_AUTO_TEST_CASE(the_list_of_models_is_read) {
  const auto list = parser::parse_tags(
      R"({"models":[{"name":"acme/heron:7b-q4","model":"acme/heron:7b-q4",)"
      R"("modified_at":"2026-08-20T18:02:44.913021-04:00","size":4411002833,"digest":"5b0c",)"
      R"("details":{"parent_model":"","format":"gguf","family":"llama","families":null,)"
      R"("parameter_size":"7.2B","quantization_level":"Q4_K_M"},"capabilities":["completion"]},)"
      R"({"model":"only-model:latest"},{"size":1},5,{"name":"t","size":1},{"name":"u","size":0}]})",
      depth);
  BOOST_REQUIRE(list);
  BOOST_REQUIRE_EQUAL(list->models.size(), 4u);
  BOOST_TEST((list->models[2].size == 1u));
  BOOST_TEST(!list->models[3].size);
  const auto& model = list->models[0];
  BOOST_TEST(model.name == "acme/heron:7b-q4");
  BOOST_TEST(model.available);
  BOOST_TEST(*model.size == 4411002833u);
  BOOST_CHECK(model.modified_at == parse_wall_time("2026-08-20T22:02:44.913021Z"));
  BOOST_TEST(model.digest == "5b0c");
  BOOST_TEST(model.family == "llama");
  BOOST_TEST(model.parameter_size == "7.2B");
  BOOST_TEST(model.quantization == "Q4_K_M");
  BOOST_TEST(list->models[1].name == "only-model:latest");
  BOOST_TEST(!list->models[1].size);
  BOOST_TEST(!list->models[1].modified_at);
}

BOOST_AUTO_TEST_CASE(no_models_are_an_empty_list) {
  BOOST_TEST(parser::parse_tags(R"({"models":[]})", depth)->models.empty());
  BOOST_TEST(parser::parse_tags(R"({"models":null})", depth)->models.empty());
  BOOST_TEST(parser::parse_ps(R"({"models":null})", depth)->models.empty());
  BOOST_TEST(parser::parse_ps(R"({"models":[]})", depth)->models.empty());
}

BOOST_AUTO_TEST_CASE(a_list_of_a_wrong_shape_is_bad) {
  for (const auto* body :
       {"", "{}", "[]", R"({"models":5})", R"({"models":{}})", "Ollama is running"}) {
    BOOST_TEST(code_of(parser::parse_tags(body, depth)) == ErrorCode::bad_response, body);
    BOOST_TEST(code_of(parser::parse_ps(body, depth)) == ErrorCode::bad_response, body);
  }
  BOOST_TEST(code_of(parser::parse_tags(std::string(100'000, '['), depth)) ==
             ErrorCode::bad_response);
}

BOOST_AUTO_TEST_CASE(a_list_of_models_in_memory_that_is_none_is_bad) {
  for (const auto* body : {"", "nonsense", "[]", "{}", R"({"models":5})"})
    BOOST_TEST(code_of(parser::parse_ps(body, depth)) == ErrorCode::bad_response, body);
}

BOOST_AUTO_TEST_CASE(the_models_in_memory_are_read) {
  const auto running = parser::parse_ps(
      R"({"models":[{"name":"heron:3b","size":3811246080,"size_vram":5,"context_length":4096,)"
      R"("expires_at":"2319-03-04T05:06:07.1-05:00"},{"model":"old:latest"},{}]})",
      depth);
  BOOST_REQUIRE(running);
  BOOST_REQUIRE_EQUAL(running->models.size(), 2u);
  BOOST_TEST(running->models[0].size == 3811246080u);
  BOOST_TEST(running->models[0].size_vram == 5u);
  BOOST_TEST(running->models[0].context_length == 4096u);
  BOOST_CHECK(running->models[0].expires_at == WallTime::max());
  BOOST_TEST(running->models[1].context_length == 0u);
}

BOOST_AUTO_TEST_CASE(the_details_of_a_model_are_read) {
  const auto details = parser::parse_show(
      R"({"license":"L","modelfile":"F","parameters":"stop \"x\"","template":"{{ .Prompt }}",)"
      R"("system":"S","details":{"family":"llama","families":null,"parameter_size":"3.2B",)"
      R"("quantization_level":"Q4"},"model_info":{"general.architecture":"llama",)"
      R"("llama.context_length":131072,"tokenizer.ggml.tokens":null},)"
      R"("capabilities":["completion",5,"tools"],"modified_at":"2026-08-20T18:02:44Z"})",
      "heron:3b", depth);
  BOOST_REQUIRE(details);
  BOOST_TEST(details->name == "heron:3b");
  BOOST_TEST(details->family == "llama");
  BOOST_TEST(details->context_length == 131072u);
  BOOST_CHECK(details->capabilities == (std::vector<std::string>{"completion", "tools"}));
  BOOST_TEST(details->parameters == "stop \"x\"");
  BOOST_TEST(details->prompt_template == "{{ .Prompt }}");
  BOOST_TEST(details->system == "S");
  BOOST_TEST(details->license == "L");
  BOOST_TEST(details->modified_at.has_value());
}

BOOST_AUTO_TEST_CASE(every_detail_of_a_model_is_read_from_its_member) {
  const auto details = parser::parse_show(
      R"({"license":["L1","L2"],"modelfile":"F","requires":"0.12.0","remote_model":"big",)"
      R"("remote_host":"https://x.example:443","details":{"family":"llama",)"
      R"("parameter_size":"3.2B","quantization_level":"Q4"},)"
      R"("model_info":{"general.architecture":"llama","x":1},)"
      R"("modified_at":"2026-08-20T18:02:44Z"})",
      "heron:3b", depth);
  BOOST_REQUIRE(details);
  BOOST_TEST(details->license == "L1\n\nL2");
  BOOST_TEST(details->modelfile == "F");
  BOOST_TEST(details->requires_version == "0.12.0");
  BOOST_TEST(details->remote_model == "big");
  BOOST_TEST(details->remote_host == "https://x.example:443");
  BOOST_TEST(details->parameter_size == "3.2B");
  BOOST_TEST(details->quantization == "Q4");
  BOOST_TEST(details->model_info == R"({"general.architecture":"llama","x":1})");
  const auto running = parser::parse_ps(
      R"({"models":[{"name":"a","digest":"d","details":{"family":"f","parameter_size":"p",)"
      R"("quantization_level":"q"}}]})",
      depth);
  BOOST_REQUIRE(running);
  BOOST_TEST(running->models[0].name == "a");
  BOOST_TEST(running->models[0].digest == "d");
  BOOST_TEST(running->models[0].family == "f");
  BOOST_TEST(running->models[0].parameter_size == "p");
  BOOST_TEST(running->models[0].quantization == "q");
}

BOOST_AUTO_TEST_CASE(an_answer_about_models_that_is_no_object_is_bad) {
  for (const auto* body : {"", "[]", "nonsense", "{"}) {
    BOOST_TEST(code_of(parser::parse_show(body, "m", depth)) == ErrorCode::bad_response, body);
    BOOST_TEST(code_of(parser::parse_version(body)) == ErrorCode::bad_response, body);
  }
  const auto long_one = parser::parse_tags("{\"x\":\"" + std::string(1000, 'x') + "\"}", depth);
  BOOST_TEST(long_one.error().detail == "no `models`: {\"x\":\"" + std::string(294, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(details_that_are_missing_are_empty) {
  for (const auto* body :
       {"{}", R"({"details":null,"model_info":null,"capabilities":null})",
        R"({"details":[],"model_info":[],"capabilities":"x","license":["a"]})"}) {
    const auto details = parser::parse_show(body, "m", depth);
    BOOST_REQUIRE_MESSAGE(details, body);
    BOOST_TEST(details->context_length == 0u);
    BOOST_TEST(details->capabilities.empty());
  }
}

BOOST_AUTO_TEST_CASE(embeddings_are_read_whatever_form_their_numbers_have) {
  const auto response = embedding(
      R"({"model":"e:latest","embeddings":[[0.25,-1,1e-7],[0,3,0.5]],"total_duration":5,"prompt_eval_count":4})");
  BOOST_REQUIRE(response);
  BOOST_TEST(response->model == "e:latest");
  BOOST_CHECK(response->embeddings ==
              (std::vector<std::vector<float>>{{0.25F, -1.F, 1e-7F}, {0.F, 3.F, 0.5F}}));
  BOOST_CHECK(response->total_duration == 5ns);
  BOOST_TEST(response->prompt_eval_count == 4u);
}

BOOST_AUTO_TEST_CASE(the_vector_of_an_older_server_is_the_one_of_a_single_text) {
  const auto response = embedding(R"({"embedding":[1,-2],"load_duration":7})", 1);
  BOOST_REQUIRE(response);
  BOOST_CHECK(response->embeddings == (std::vector<std::vector<float>>{{1.F, -2.F}}));
  BOOST_CHECK(response->load_duration == 7ns);
  BOOST_TEST(response->model == "");
  // A list counts where there is one.
  const auto both = embedding(R"({"embedding":[9],"embeddings":[[1]]})", 1);
  BOOST_REQUIRE(both);
  BOOST_CHECK(both->embeddings == (std::vector<std::vector<float>>{{1.F}}));
  for (const auto* wrong :
       {R"({"embedding":5})", R"({"embedding":null})", R"({"embeddings":5,"embedding":["x"]})"})
    BOOST_TEST(code_of(embedding(wrong, 1)) == ErrorCode::bad_response, wrong);
}

BOOST_AUTO_TEST_CASE(what_a_list_says_of_a_model_is_read_member_by_member) {
  const auto list = parser::parse_tags(
      R"({"models":[{"name":"a","model":"b","capabilities":["x",5,"y"],"remote_model":"r",)"
      R"("remote_host":"h","details":{"context_length":4294967296}},)"
      R"({"name":"c","details":{"context_length":4294967295}},{"name":"","model":"d"}]})",
      depth);
  BOOST_REQUIRE(list);
  BOOST_REQUIRE_EQUAL(list->models.size(), 3u);
  const auto& first = list->models[0];
  BOOST_TEST(first.name == "a");
  BOOST_CHECK(first.capabilities == (std::vector<std::string>{"x", "y"}));
  BOOST_TEST(first.remote_model == "r");
  BOOST_TEST(first.remote_host == "h");
  // More than such a number can hold.
  BOOST_TEST(first.context_length == 4294967295u);
  BOOST_TEST(first.family == "");
  BOOST_TEST(list->models[1].context_length == 4294967295u);
  BOOST_TEST(list->models[1].remote_host == "");
  BOOST_TEST(list->models[2].name == "d");
}

BOOST_AUTO_TEST_CASE(embeddings_of_a_wrong_number_or_shape_are_bad) {
  for (const auto* body :
       {"{}", R"({"embeddings":[]})", R"({"embeddings":[[1]]})", R"({"embeddings":[[1],[2],[3]]})",
        R"({"embeddings":[[1],5]})", R"({"embeddings":[[1],["x"]]})", R"({"embedding":[1]})"})
    BOOST_TEST(code_of(embedding(body)) == ErrorCode::bad_response, body);
}

BOOST_AUTO_TEST_CASE(embeddings_never_hold_what_is_no_finite_number) {
  for (const auto* number : {"1e300", "-1e300", "3.5e38", "-3.5e38", "1e400"})
    BOOST_TEST(code_of(embedding(R"({"embeddings":[[)" + std::string{number} + "]]}", 1)) ==
                   ErrorCode::bad_response,
               number);
  // The largest one that there is.
  for (const auto* number : {"3.4028234663852886e38", "-3.4028234663852886e38"}) {
    const auto response = embedding(R"({"embeddings":[[)" + std::string{number} + "]]}", 1);
    BOOST_REQUIRE_MESSAGE(response, number);
    BOOST_TEST(std::abs(response->embeddings[0][0]) == std::numeric_limits<float>::max());
  }
}

BOOST_AUTO_TEST_CASE(an_error_in_an_old_server_s_form_is_a_failure_of_the_server) {
  BOOST_TEST(code_of(embedding(R"({"error":{}})")) == ErrorCode::server_error);
}

BOOST_AUTO_TEST_CASE(the_version_is_read) {
  BOOST_TEST(*parser::parse_version(R"({"version":"0.32.15"})") == "0.32.15");
  BOOST_TEST(code_of(parser::parse_version(R"({"version":5})")) == ErrorCode::bad_response);
  BOOST_TEST(code_of(parser::parse_version("Ollama is running")) == ErrorCode::bad_response);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_is_anything_without_an_error) {
  BOOST_TEST(parser::parse_acknowledgement("", "m").has_value());
  BOOST_TEST(
      parser::parse_acknowledgement(R"({"done":true,"done_reason":"load"})", "m").has_value());
  BOOST_TEST(code_of(parser::parse_acknowledgement(R"({"error":"x"})", "m")) ==
             ErrorCode::server_error);
  BOOST_TEST(code_of(parser::parse_acknowledgement("<html>", "m")) == ErrorCode::bad_response);
}

BOOST_AUTO_TEST_CASE(the_lines_of_a_download_are_read) {
  const auto line = parser::parse_pull_line(
      R"({"status":"pulling 9c41","digest":"sha256:9c41","total":2019377376,"completed":734003200})",
      "m", ErrorCode::registry_failed);
  BOOST_REQUIRE(line);
  BOOST_TEST(line->status == "pulling 9c41");
  BOOST_TEST(line->digest == "sha256:9c41");
  BOOST_TEST(line->total == 2019377376u);
  BOOST_TEST(line->completed == 734003200u);
  BOOST_TEST(
      parser::parse_pull_line(R"({"status":"success"})", "m", ErrorCode::registry_failed)->total ==
      0u);
  BOOST_TEST(code_of(parser::parse_pull_line(
                 R"({"error":"pull model manifest: file does not exist"})", "m",
                 ErrorCode::registry_failed)) == ErrorCode::model_not_in_registry);
  BOOST_TEST(code_of(parser::parse_pull_line("nonsense", "m", ErrorCode::registry_failed)) ==
             ErrorCode::bad_response);
}

BOOST_AUTO_TEST_SUITE_END()
