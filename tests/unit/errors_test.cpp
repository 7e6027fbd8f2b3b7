// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (const auto& row : error_table)
    BOOST_TEST(names.insert(row.name).second, row.name);
}

BOOST_AUTO_TEST_CASE(every_code_has_a_json_rpc_code_of_its_own_in_the_range_of_servers) {
  std::set<int> codes;
  for (const auto& row : error_table) {
    const auto code = json_rpc_code(row.code);
    BOOST_TEST(codes.insert(code).second, row.name);
    BOOST_TEST((code <= -32000 && code >= -32099), row.name);
  }
}

BOOST_AUTO_TEST_CASE(every_sentence_begins_with_a_capital_or_its_subject_and_ends_in_a_full_stop) {
  for (const auto& row : error_table) {
    const auto first = row.sentence.front();
    BOOST_TEST(((first >= 'A' && first <= 'Z') || first == '{'), row.name);
    BOOST_TEST(row.sentence.back() == '.', row.name);
    BOOST_TEST(!row.sentence.ends_with(".."), row.name);
  }
}

BOOST_AUTO_TEST_CASE(no_mark_is_left_in_any_sentence) {
  for (const auto& row : error_table) {
    const auto text = sentence({.code = row.code, .subject = "SUBJECT"});
    BOOST_TEST(!contains(text, "{"), text);
    const bool marked = contains(row.sentence, "{");
    BOOST_TEST(contains(text, "SUBJECT") == marked, text);
  }
}

BOOST_AUTO_TEST_CASE(a_line_of_the_log_is_one_line_whatever_the_server_sent) {
  const auto line = log_line({.code = ErrorCode::server_error, .detail = "a\r\nb\x1B[31m"});
  BOOST_TEST(line.find_first_of("\r\n\x1B") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_reason_of_the_server_stands_behind_the_sentence) {
  const LLMError error{.code = ErrorCode::server_error, .subject = "m", .reason = "boom"};
  BOOST_TEST(sentence(error).ends_with(". Reason: boom"));
}

BOOST_AUTO_TEST_CASE(a_subject_that_looks_like_a_mark_is_taken_literally) {
  BOOST_TEST(
      sentence({.code = ErrorCode::model_not_found, .subject = "a{0}b"}) ==
      "The model a{0}b is not installed. Check its name (`nexus-llm models list`), or get it "
      "with `nexus-llm models pull a{0}b`.");
  BOOST_TEST(sentence({.code = ErrorCode::model_not_found, .subject = "{}"}) ==
             "The model {} is not installed. Check its name (`nexus-llm models list`), or get it "
             "with `nexus-llm models pull {}`.");
  BOOST_TEST(sentence({.code = ErrorCode::invalid_prompt, .subject = "{}{}{0}"}) ==
             "The prompt cannot be sent: {}{}{0}.");
}

BOOST_AUTO_TEST_CASE(an_empty_subject_ends_the_replacement) {
  for (const auto& row : error_table)
    BOOST_TEST(!contains(sentence({.code = row.code}), "{"), row.name);
}

BOOST_AUTO_TEST_CASE(technical_detail_and_partial_text_never_reach_the_sentence) {
  for (const auto& row : error_table) {
    const auto text = sentence({.code = row.code,
                                .subject = "s",
                                .detail = "DETAIL",
                                .partial = "PARTIAL",
                                .http_status = 599});
    BOOST_TEST(!contains(text, "DETAIL"), text);
    BOOST_TEST(!contains(text, "PARTIAL"), text);
    BOOST_TEST(!contains(text, "599"), text);
  }
}

BOOST_AUTO_TEST_CASE(the_log_line_has_code_sentence_status_and_detail) {
  BOOST_TEST(log_line({.code = ErrorCode::server_busy,
                       .subject = "http://localhost:11434",
                       .detail = "try later",
                       .http_status = 503}) ==
             "server_busy: Ollama at http://localhost:11434 is too busy to take the request. Try "
             "again later. [HTTP 503] [try later]");
  BOOST_TEST(log_line({.code = ErrorCode::cancelled}) == "cancelled: The request was cancelled.");
}

BOOST_AUTO_TEST_CASE(exit_codes_follow_the_category) {
  const std::map<ErrorCategory, int> expected{
      {ErrorCategory::validation, 2},    {ErrorCategory::connection, 3},
      {ErrorCategory::timeout, 4},       {ErrorCategory::model, 5},
      {ErrorCategory::api, 6},           {ErrorCategory::stream, 7},
      {ErrorCategory::configuration, 8}, {ErrorCategory::overload, 9},
      {ErrorCategory::internal, 10},     {ErrorCategory::cancelled, 130}};
  for (const auto& [category, code] : expected)
    BOOST_TEST(exit_code(category) == code, to_string(category));
}

BOOST_AUTO_TEST_CASE(every_category_has_a_name_of_its_own_and_at_least_one_code) {
  std::set<std::string_view> names;
  std::set<ErrorCategory> used;
  for (const auto& row : error_table)
    used.insert(row.category);
  for (int i = 0; i <= static_cast<int>(ErrorCategory::internal); ++i) {
    const auto category = static_cast<ErrorCategory>(i);
    BOOST_TEST(names.insert(to_string(category)).second, to_string(category));
    BOOST_TEST(used.contains(category), to_string(category));
  }
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_code_counts_as_internal_error) {
  BOOST_TEST(info(static_cast<ErrorCode>(0)).code == ErrorCode::internal_error);
  BOOST_TEST(info(static_cast<ErrorCode>(200)).code == ErrorCode::internal_error);
}

BOOST_AUTO_TEST_CASE(only_what_may_pass_by_itself_is_called_retryable) {
  BOOST_TEST(is_retryable(ErrorCode::connection_refused));
  BOOST_TEST(is_retryable(ErrorCode::server_busy));
  BOOST_TEST(is_retryable(ErrorCode::queue_full));
  BOOST_TEST(!is_retryable(ErrorCode::model_not_found));
  BOOST_TEST(!is_retryable(ErrorCode::invalid_prompt));
  BOOST_TEST(!is_retryable(ErrorCode::cancelled));
}

BOOST_AUTO_TEST_CASE(a_caller_s_mistake_is_never_retried_and_never_falls_back) {
  for (const auto& row : error_table)
    if (row.category == ErrorCategory::validation || row.category == ErrorCategory::cancelled ||
        row.category == ErrorCategory::configuration) {
      BOOST_CHECK(row.retry == Retry::never);
      BOOST_TEST(!row.falls_back, row.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
