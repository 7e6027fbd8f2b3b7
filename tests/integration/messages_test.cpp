// SPDX-License-Identifier: BSD-3-Clause
// Every message can cross the network: what comes out of its bytes is what went in.
#include <boost/test/unit_test.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "messages/portability_network.hpp"
#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/setup.hpp"
#include "tests/filled.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

namespace messages_test {

using test::filled;

namespace {

template <class T> void check_differs(const Field<T>& mine, const Field<T>& theirs) {
  BOOST_TEST(!(mine.value == theirs.value), mine.name << " has its default");
}

/// Fails the test where a member has its default.
template <class T> void check_filled(const T& value) {
  const T blank{};
  T::fields(value, [&blank](auto... mine) {
    T::fields(blank, [&](auto... theirs) { (check_differs(mine, theirs), ...); });
  });
}

struct Config : caf::actor_system_config {
  Config() { setup(*this); }
};

struct Network {
  Config config;
  caf::actor_system system{config};

  template <class T> void crosses() {
    BOOST_TEST_CONTEXT(T::type_name) {
      const auto value = filled<T>();
      check_filled(value);
      const auto bytes = to_bytes(system, caf::make_message(value));
      BOOST_REQUIRE(!bytes.empty());
      const auto message = from_bytes(system, bytes);
      BOOST_REQUIRE(message.template match_elements<T>());
      BOOST_TEST((message.template get_as<T>(0) == value));
      // Cut short, they give nothing and do no harm.
      for (std::size_t size = 0; size < bytes.size(); size += 7)
        static_cast<void>(
            from_bytes(system, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}));
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(messages_over_the_network, Network)

BOOST_AUTO_TEST_CASE(requests_answers_and_streams_cross_it_with_every_member) {
  crosses<LLMRequest>();
  crosses<GenerateOptions>();
  crosses<ChatMessage>();
  crosses<Tool>();
  crosses<LLMResponse>();
  crosses<LLMStreamChunk>();
  crosses<StreamError>();
  crosses<RequestProgress>();
  crosses<StreamBatch>();
  crosses<BatchResponse>();
  crosses<EmbedRequest>();
  crosses<EmbedResponse>();
  crosses<PullProgress>();
  crosses<LLMError>();
}

BOOST_AUTO_TEST_CASE(models_settings_and_state_cross_it_with_every_member) {
  crosses<ModelConfig>();
  crosses<ModelList>();
  crosses<RunningModels>();
  crosses<ModelDetails>();
  crosses<ModelTransfer>();
  crosses<LoadRequest>();
  crosses<CreateRequest>();
  crosses<LLMClientConfig>();
  crosses<QueuePosition>();
  crosses<Health>();
  crosses<SupervisionEvent>();
  crosses<RunningRequests>();
}

BOOST_AUTO_TEST_CASE(what_is_no_value_of_its_enum_does_not_cross_it) {
  auto arrives = [this](const auto& value) {
    return from_bytes(system, to_bytes(system, caf::make_message(value))).size() == 1;
  };
  BOOST_TEST(arrives(RequestProgress{.phase = Phase::done}));
  BOOST_TEST(!arrives(RequestProgress{.phase = static_cast<Phase>(7)}));
  BOOST_TEST(arrives(RoleStats{.role = AIRole::implementation}));
  BOOST_TEST(!arrives(RoleStats{.role = static_cast<AIRole>(2)}));
  BOOST_TEST(!arrives(CircuitHealth{.state = static_cast<Circuit>(200)}));
  auto odd = filled<LLMRequest>();
  GenerateOptions loud;
  loud.think = static_cast<Think>(6);
  BOOST_TEST(!arrives(loud));
  BOOST_TEST(!arrives(ChatMessage{.role = static_cast<ChatRole>(4)}));
  odd.priority = static_cast<Priority>(2);
  BOOST_TEST(!arrives(odd));
  // What it stands in is refused with it.
  BOOST_TEST(!arrives(Health{.roles = {{.role = static_cast<AIRole>(9)}}}));
}

// CAF 1.x writes every number.
BOOST_AUTO_TEST_CASE(numbers_that_are_not_finite_do_not_cross_it,
                     *boost::unit_test::enable_if<messages_are_checked>{}) {
  constexpr auto infinite = std::numeric_limits<double>::infinity();
  for (const double number : {infinite, -infinite, std::numeric_limits<double>::quiet_NaN()}) {
    LLMRequest request;
    request.temperature = number;
    BOOST_TEST(to_bytes(system, caf::make_message(request)).empty());
    const EmbedResponse vectors{.embeddings = {{1}, {2, static_cast<float>(number)}}};
    BOOST_TEST(to_bytes(system, caf::make_message(vectors)).empty());
  }
  LLMRequest request;
  request.temperature = 1.5;
  auto bytes = to_bytes(system, caf::make_message(request));
  constexpr std::string_view one_and_a_half{"\x3F\xF8\0\0\0\0\0\0", 8};
  const auto at =
      std::search(bytes.begin(), bytes.end(), one_and_a_half.begin(), one_and_a_half.end());
  BOOST_REQUIRE((at != bytes.end()));
  at[0] = '\x7F';
  at[1] = '\xF0';
  BOOST_TEST(from_bytes(system, bytes).empty());
}

BOOST_AUTO_TEST_CASE(bytes_that_are_announced_and_do_not_come_take_no_memory,
                     *boost::unit_test::enable_if<messages_are_checked>{}) {
  const auto most_memory = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  LLMResponse response;
  response.logprobs.push_back({.token = "t", .bytes = {1, 2, 3, 4, 5, 6, 7}});
  auto bytes = to_bytes(system, caf::make_message(response));
  const std::string_view seven{"\7\1\2\3\4\5\6\7"};
  const auto at = std::search(bytes.begin(), bytes.end(), seven.begin(), seven.end());
  BOOST_REQUIRE((at != bytes.end()));
  const std::string_view four_billion{"\xff\xff\xff\xff\x0f"};
  bytes.insert(bytes.erase(at), four_billion.begin(), four_billion.end());
  const auto before = most_memory();
  BOOST_TEST(from_bytes(system, bytes).empty());
  BOOST_TEST(most_memory() - before < 100'000);
}

BOOST_AUTO_TEST_CASE(times_that_caf_cannot_print_do_not_cross_it,
                     *boost::unit_test::enable_if<messages_are_checked>{}) {
  using std::chrono::microseconds;
  const auto longest =
      std::chrono::duration_cast<microseconds>(std::chrono::nanoseconds::max()).count();
  const auto crosses = [this](std::int64_t count) {
    const Provenance provenance{.queue_time = microseconds{count}};
    return !from_bytes(system,
                       to_bytes(system, caf::make_message(LLMResponse{.provenance = provenance})))
                .empty();
  };
  BOOST_TEST(crosses(longest));
  BOOST_TEST(crosses(-longest));
  BOOST_TEST(!crosses(longest + 1));
  BOOST_TEST(!crosses(-longest - 1));
}

BOOST_AUTO_TEST_CASE(errors_cross_it_inside_those_of_caf) {
  const auto bytes = to_bytes(system, caf::make_message(to_caf_error(filled<LLMError>())));
  const auto message = from_bytes(system, bytes);
  BOOST_REQUIRE(message.match_elements<caf::error>());
  BOOST_TEST((to_llm_error(message.get_as<caf::error>(0)) == filled<LLMError>()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace messages_test
