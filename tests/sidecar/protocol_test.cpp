// SPDX-License-Identifier: BSD-3-Clause
// The protocol without a process: lines, calls, parameters.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/line_framer.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"

namespace nexus::llm::sidecar::test {

namespace protocol_test {

namespace {

std::string reason_of(std::string_view line) {
  const auto call = parse_call(line);
  return call ? "a call" : call.error();
}

template <class Params> Result<Params> read(std::string_view text) {
  auto document = json::parse(text);
  BOOST_REQUIRE(document.has_value());
  return read_params<Params>(*document);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece, std::size_t limit) {
  std::vector<std::string> lines;
  LineFramer framer{limit};
  while (!bytes.empty()) {
    framer.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto line = framer.next())
      lines.push_back(line->too_long ? "(too long)" : line->text);
  }
  if (auto line = framer.last())
    lines.push_back(line->too_long ? "(too long)" : line->text);
  return lines;
}

} // namespace

BOOST_AUTO_TEST_SUITE(protocol)

BOOST_AUTO_TEST_CASE(lines_do_not_depend_on_how_the_bytes_arrive) {
  const std::string bytes = "one\r\n\n" + std::string(40, 'x') + "\ntwo\n" + std::string(33, 'y');
  const std::vector<std::string> wanted{"one", "", "(too long)", "two", "(too long)"};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    BOOST_TEST(lines_of(bytes, piece, 32) == wanted, boost::test_tools::per_element());
  // The limit itself is allowed.
  BOOST_TEST(lines_of(std::string(32, 'x') + "\n", 5, 32).front() == std::string(32, 'x'));
}

BOOST_AUTO_TEST_CASE(a_call_has_a_method_an_id_and_named_parameters) {
  const auto call = parse_call(R"({"jsonrpc":"2.0","id":"a\"b","method":"m","params":{"x":1}})");
  BOOST_REQUIRE(call.has_value());
  BOOST_TEST(call->id == R"("a\"b")");
  BOOST_TEST(call->method == "m");
  BOOST_TEST(json::to_text(call->params) == R"({"x":1})");
  const auto notification = parse_call(R"({"jsonrpc":"2.0","method":"m"})");
  BOOST_REQUIRE(notification.has_value());
  BOOST_TEST(notification->is_notification());
  BOOST_TEST(json::to_text(notification->params) == "{}");
  BOOST_TEST(parse_call(R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"m"})")->id ==
             "18446744073709551615");
}

BOOST_AUTO_TEST_CASE(what_is_no_call_gets_the_error_of_the_standard) {
  const struct {
    const char* line;
    const char* code;
    const char* id;
  } cases[] = {
      {"{", "-32700", "null"},
      {"\"\xff\"", "-32700", "null"},
      {"[]", "-32600", "null"},
      {"7", "-32600", "null"},
      {R"({"jsonrpc":"2.0","id":{},"method":"m"})", "-32600", "null"},
      {R"({"jsonrpc":"2.0","id":null,"method":"m"})", "-32600", "null"},
      {R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", "-32600", "null"},
      {R"({"jsonrpc":"2.0","id":18446744073709551616,"method":"m"})", "-32600", "null"},
      {R"({"jsonrpc":"1.0","id":3,"method":"m"})", "-32600", "3"},
      {R"({"id":3,"method":"m"})", "-32600", "3"},
      {R"({"jsonrpc":"2.0","id":3,"method":7})", "-32600", "3"},
      {R"({"jsonrpc":"2.0","id":3,"result":7})", "-32600", "3"},
      {R"({"jsonrpc":"2.0","id":3,"method":"m","params":[1]})", "-32602", "3"},
  };
  for (const auto& each : cases) {
    const auto answer = reason_of(each.line);
    BOOST_TEST(has(answer, std::string{"\"code\":"} + each.code), each.line << ": " << answer);
    BOOST_TEST(has(answer, std::string{"\"id\":"} + each.id + ","), each.line << ": " << answer);
    BOOST_TEST(answer.back() == '\n');
  }
  std::string deep = R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"x":)";
  deep += std::string(200, '[') + std::string(200, ']') + "}}";
  BOOST_TEST(has(reason_of(deep), "-32700"));
}

BOOST_AUTO_TEST_CASE(parameters_are_checked_by_name_and_type) {
  BOOST_TEST(read<GenerateParams>(R"({"prompt":"x"})").error().subject == "`role` is missing");
  BOOST_TEST(has(read<GenerateParams>(R"({"prompt":"x","role":"boss"})").error().subject,
                 "role must be one of overseer, implementation"));
  BOOST_TEST(has(read<GenerateParams>(R"({"prompt":7,"role":"overseer"})").error().subject,
                 "prompt must be a text"));
  BOOST_TEST(
      has(read<GenerateParams>(R"({"prompt":"x","role":"overseer","options":{"temperatur":1}})")
              .error()
              .subject,
          "options.temperatur is no member"));
  BOOST_TEST(
      has(read<ChatParams>(R"({"messages":[{"role":"nobody"}],"role":"overseer"})").error().subject,
          "role"));
}

BOOST_AUTO_TEST_CASE(a_front_end_may_send_null_where_it_has_nothing) {
  const auto params =
      read<GenerateParams>(R"({"prompt":"x","role":"overseer","options":null,"full":null})");
  BOOST_REQUIRE(params.has_value());
  BOOST_TEST((params->options == GenerateOptions{}));
  BOOST_TEST(read<GenerateParams>(R"({"prompt":null,"role":"overseer"})").error().subject ==
             "`prompt` is missing");
}

BOOST_AUTO_TEST_CASE(what_a_message_holds_as_json_text_is_an_object_here) {
  const auto params = read<ChatParams>(R"({"role":"overseer","messages":[
      {"role":"assistant","content":"","toolCalls":[{"id":"1","name":"f","arguments":{"a":null}}]}],
      "options":{"rawOptions":{"mirostat":1},"format":{"type":"object"},"think":true,
      "keepAlive":-1,"tools":[{"name":"f","parameters":{"type":"object"}}]}})");
  BOOST_REQUIRE_MESSAGE(params.has_value(), params.error().subject);
  BOOST_TEST(params->messages.at(0).tool_calls.at(0).arguments == R"({"a":null})");
  BOOST_TEST(params->options.raw_options == R"({"mirostat":1})");
  BOOST_TEST(params->options.format.value == R"({"type":"object"})");
  BOOST_TEST((params->options.think == Think::on));
  BOOST_TEST(params->options.keep_alive.value == "-1");
  BOOST_TEST(params->options.tools.at(0).parameters == R"({"type":"object"})");
  const auto as_text = read<GenerateParams>(
      R"({"prompt":"x","role":"overseer","options":{"rawOptions":"{}","format":"json",
      "think":"high","keepAlive":"5m"}})");
  BOOST_REQUIRE(as_text.has_value());
  BOOST_TEST(as_text->options.raw_options == "{}");
  BOOST_TEST(as_text->options.keep_alive.value == "5m");
  // A null in a merge patch brings a default back, so it must stay.
  BOOST_TEST(read<UpdateConfigParams>(R"({"updates":{"timeout":null}})")->updates ==
             R"({"timeout":null})");
  // And the other way round.
  LLMResponse response;
  response.tool_calls = {{.id = "1", .name = "f", .arguments = R"({"a":{"b":1}})"},
                         {.id = "2", .name = "g", .arguments = ""}};
  json::Document document;
  const auto value = to_protocol(response, document.GetAllocator());
  BOOST_TEST(json::to_text((*json::find(value, "toolCalls"))[0]["arguments"]) ==
             R"({"a":{"b":1}})");
  BOOST_TEST(json::to_text((*json::find(value, "toolCalls"))[1]["arguments"]) == "{}");
}

BOOST_AUTO_TEST_CASE(an_error_says_what_a_front_end_needs) {
  const LLMError error{.code = ErrorCode::gap_timeout,
                       .subject = "owl",
                       .reason = {},
                       .detail = "curl 28",
                       .partial = "so far",
                       .http_status = 200,
                       .retry_after = std::chrono::milliseconds{1500},
                       .model = "owl",
                       .attempts = 2};
  const auto told = json::parse(error_line("1", report(error)));
  BOOST_REQUIRE(told.has_value());
  const auto& object = *json::find(*told, "error");
  BOOST_TEST(object["code"].GetInt() == json_rpc_code(ErrorCode::gap_timeout));
  BOOST_TEST((json::find_text(object, "message") == sentence(error)));
  BOOST_TEST(json::to_text(object["data"]) ==
             R"({"name":"gap_timeout","category":"timeout","retryable":true,"model":"owl",)"
             R"("attempts":2,"partial":"so far","httpStatus":200,"retryAfter":1500})");
  BOOST_TEST(has(error_line("1", report(error, true)), R"("detail":"curl 28")"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace protocol_test

} // namespace nexus::llm::sidecar::test
