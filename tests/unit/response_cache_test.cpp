// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/role/response_cache.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

namespace response_cache_test {

namespace {

const ResponseCache::Time start{1h};

CacheSettings settings(std::uint64_t bytes = 1u << 20) {
  return {.enabled = true, .max_bytes = bytes, .ttl = 60s};
}

LLMResponse answer(std::string text) {
  LLMResponse response;
  response.response = std::move(text);
  return response;
}

/// What an entry holds at least.
std::uint64_t least_size(const std::string& key, const LLMResponse& response) {
  std::uint64_t bytes = key.size() + response.response.size() + response.thinking.size();
  bytes += response.context ? response.context->size() * sizeof(std::uint32_t) : 0;
  for (const auto& call : response.tool_calls)
    bytes += sizeof call + call.id.size() + call.name.size() + call.arguments.size();
  return bytes;
}

LLMRequest request(std::optional<double> temperature, std::optional<std::int64_t> seed,
                   std::string options = {}) {
  LLMRequest result;
  result.temperature = temperature;
  result.seed = seed;
  result.raw_options = std::move(options);
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(response_cache)

BOOST_AUTO_TEST_CASE(an_answer_is_found_by_its_key_until_its_time_is_over) {
  ResponseCache cache{settings()};
  cache.insert("k", answer("a"), start);
  BOOST_CHECK(cache.find("k", start + 59s) == answer("a"));
  BOOST_CHECK(!cache.find("other", start));
  BOOST_CHECK(!cache.find("k", start + 60s));
  BOOST_TEST(cache.size() == 0u);
  BOOST_TEST(cache.bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(answers_may_take_exactly_as_much_as_is_allowed) {
  // The least with which so many answers of one size are kept.
  const auto needed = [](std::size_t count) {
    for (std::uint64_t bytes = 1;; ++bytes) {
      ResponseCache cache{settings(bytes)};
      for (std::size_t i = 0; i < count; ++i)
        cache.insert(std::to_string(i), answer("a"), start);
      if (cache.size() == count)
        return bytes;
    }
  };
  ResponseCache cache{settings()};
  cache.insert("0", answer("a"), start);
  BOOST_TEST(needed(1) == cache.bytes());
  BOOST_TEST(needed(2) == 2 * cache.bytes());
}

BOOST_AUTO_TEST_CASE(a_look_does_not_make_an_answer_live_longer) {
  ResponseCache cache{settings()};
  cache.insert("k", answer("a"), start);
  BOOST_CHECK(cache.find("k", start + 50s));
  BOOST_CHECK(!cache.find("k", start + 61s));
}

BOOST_AUTO_TEST_CASE(a_new_answer_replaces_the_old_one) {
  ResponseCache cache{settings()};
  cache.insert("k", answer("a"), start);
  const auto bytes = cache.bytes();
  cache.insert("k", answer("b"), start + 30s);
  BOOST_TEST(cache.size() == 1u);
  BOOST_TEST(cache.bytes() == bytes);
  BOOST_CHECK(cache.find("k", start + 80s) == answer("b"));
}

BOOST_AUTO_TEST_CASE(the_least_recently_used_answer_goes_first) {
  ResponseCache cache{settings(5000)};
  for (const auto* key : {"a", "b", "c"})
    cache.insert(key, answer(std::string(1000, 'x')), start);
  BOOST_TEST(cache.size() == 3u);
  BOOST_CHECK(cache.find("a", start));
  cache.insert("d", answer(std::string(1000, 'x')), start);
  BOOST_CHECK(cache.find("a", start));
  BOOST_CHECK(!cache.find("b", start));
  BOOST_CHECK(cache.find("d", start));
}

BOOST_AUTO_TEST_CASE(the_bound_in_bytes_always_holds) {
  constexpr std::uint64_t bound = 10'000;
  ResponseCache cache{settings(bound)};
  for (std::size_t i = 1; i < 200; ++i) {
    auto response = answer(std::string(i * 7, 'x'));
    response.thinking = std::string(i, 't');
    response.context.emplace(i);
    response.tool_calls.assign(i % 3, {.id = std::string(i, 'i')});
    cache.insert(std::string(i, 'k'), response, start);
    // What is in it is weighed here, since the cache may be wrong about itself.
    std::uint64_t held = 0;
    std::size_t entries = 0;
    for (std::size_t k = 1; k <= i; ++k)
      if (const auto found = cache.find(std::string(k, 'k'), start)) {
        ++entries;
        held += least_size(std::string(k, 'k'), *found);
      }
    BOOST_REQUIRE(held <= bound);
    BOOST_REQUIRE(held <= cache.bytes());
    BOOST_REQUIRE(cache.bytes() <= bound);
    BOOST_REQUIRE(entries == cache.size());
    BOOST_REQUIRE(entries > 0u);
  }
}

BOOST_AUTO_TEST_CASE(every_part_of_an_answer_takes_room) {
  const auto cost = [](const LLMResponse& response, const std::string& key = "k") {
    ResponseCache cache{settings()};
    cache.insert(key, response, start);
    return cache.bytes();
  };
  const auto bare = cost({});
  BOOST_TEST(bare >= 512u);
  BOOST_TEST(cost({}, std::string(101, 'k')) == bare + 200);
  BOOST_TEST(cost(answer(std::string(100, 'x'))) == bare + 100);
  LLMResponse response;
  response.thinking = std::string(100, 't');
  BOOST_TEST(cost(response) == bare + 100);
  response = {};
  response.context.emplace(100);
  BOOST_TEST(cost(response) == bare + 400);
  response = {};
  response.tool_calls = {{.id = "12", .name = "345", .arguments = "6789"},
                         {.id = "1", .name = "2", .arguments = "3"}};
  BOOST_TEST(cost(response) == bare + 2 * sizeof(ToolCall) + 9 + 3);
}

BOOST_AUTO_TEST_CASE(an_answer_larger_than_the_cache_is_not_kept_and_removes_the_old_one) {
  ResponseCache cache{settings(5000)};
  cache.insert("k", answer("a"), start);
  cache.insert("other", answer("b"), start);
  cache.insert("k", answer(std::string(6000, 'x')), start);
  BOOST_CHECK(!cache.find("k", start));
  BOOST_CHECK(cache.find("other", start));
}

BOOST_AUTO_TEST_CASE(a_cache_that_is_not_enabled_keeps_nothing) {
  ResponseCache cache{CacheSettings{}};
  cache.insert("k", answer("a"), start);
  BOOST_CHECK(!cache.find("k", start));
  BOOST_TEST(cache.size() == 0u);
}

BOOST_AUTO_TEST_CASE(other_settings_hold_at_once) {
  ResponseCache cache{settings(5000)};
  cache.insert("a", answer(std::string(1000, 'x')), start);
  cache.insert("b", answer(std::string(1000, 'x')), start);
  cache.set_settings(settings(2000));
  BOOST_CHECK(!cache.find("a", start));
  BOOST_CHECK(cache.find("b", start));
  auto off = settings(2000);
  off.enabled = false;
  cache.set_settings(off);
  BOOST_TEST(cache.size() == 0u);
  cache.set_settings(settings(2000));
  cache.insert("c", answer("x"), start);
  BOOST_CHECK(cache.find("c", start));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(repeatable_requests)

BOOST_AUTO_TEST_CASE(temperature_none_or_a_seed_makes_a_request_repeatable) {
  BOOST_TEST(is_repeatable(request(0.0, {})));
  BOOST_TEST(is_repeatable(request({}, 42)));
  BOOST_TEST(is_repeatable(request(0.9, 42)));
  BOOST_TEST(is_repeatable(request({}, {}, R"({"temperature":0})")));
  BOOST_TEST(is_repeatable(request({}, {}, R"({"seed":5})")));
  BOOST_TEST(is_repeatable(request(0.9, {}, R"({"seed":5})")));
}

BOOST_AUTO_TEST_CASE(everything_else_is_not_repeatable) {
  BOOST_TEST(!is_repeatable(request({}, {})));
  BOOST_TEST(!is_repeatable(request(0.1, {})));
  BOOST_TEST(!is_repeatable(request({}, {}, R"({"top_k":1})")));
  BOOST_TEST(!is_repeatable(request({}, {}, R"({"temperature":0.5,"seed":null})")));
  BOOST_TEST(!is_repeatable(request({}, {}, "nonsense")));
}

BOOST_AUTO_TEST_CASE(a_named_temperature_wins_over_one_that_is_passed_through) {
  BOOST_TEST(!is_repeatable(request(0.5, {}, R"({"temperature":0})")));
  BOOST_TEST(is_repeatable(request(0.0, {}, R"({"temperature":0.5})")));
}

BOOST_AUTO_TEST_CASE(the_seed_that_means_a_random_one_is_not_repeatable) {
  BOOST_TEST(!is_repeatable(request(0.9, -1)));
  BOOST_TEST(!is_repeatable(request({}, {}, R"({"seed":-1})")));
  BOOST_TEST(is_repeatable(request(0.0, -1)));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace response_cache_test
