#include <boost/test/unit_test.hpp>

#include "actors/supervision/truncation.hpp"

using namespace nexus::llm;

namespace {

bool truncated(std::size_t prompt_bytes, std::optional<std::uint32_t> window,
               std::uint64_t counted) {
  LLMRequest request;
  request.prompt = std::string(prompt_bytes, 'x');
  request.num_ctx = window;
  GenerateStats stats;
  stats.prompt_eval_count = counted;
  return probably_truncated(request, stats);
}

} // namespace

BOOST_AUTO_TEST_SUITE(truncation)

BOOST_AUTO_TEST_CASE(a_prompt_that_fills_the_window_was_probably_cut) {
  BOOST_TEST(truncated(10, 100, 100));
  BOOST_TEST(truncated(10, 100, 101));
  BOOST_TEST(!truncated(10, 100, 99));
}

BOOST_AUTO_TEST_CASE(a_text_far_too_long_for_the_window_was_probably_cut) {
  BOOST_TEST(truncated(801, 100, 60));
  BOOST_TEST(!truncated(800, 100, 60));
}

BOOST_AUTO_TEST_CASE(context_and_messages_count_as_well) {
  LLMRequest request;
  request.num_ctx = 100;
  GenerateStats stats;
  stats.prompt_eval_count = 60;
  request.context = std::string(801, 'x');
  BOOST_TEST(probably_truncated(request, stats));
  request.context.reset();
  request.messages = {{.role = "user", .content = std::string(500, 'x')},
                      {.role = "user", .content = std::string(500, 'x')}};
  BOOST_TEST(probably_truncated(request, stats));
}

BOOST_AUTO_TEST_CASE(without_a_window_or_a_count_nothing_is_claimed) {
  BOOST_TEST(!truncated(100'000, {}, 5000));
  BOOST_TEST(!truncated(100'000, 100, 0));
}

BOOST_AUTO_TEST_SUITE_END()
