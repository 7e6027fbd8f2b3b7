// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/node_address.hpp"
#include "runtime/node/node_choice.hpp"
#include "runtime/node/node_figures.hpp"
#include "tests/node/fixture.hpp"

namespace nexus::llm::test {

namespace pool_test {

namespace {

constexpr auto overseer = AIRole::overseer;
using namespace std::chrono_literals;

/// Two machines, each with an Ollama and a node before it, and this process as the client of both.
struct TwoNodes : NodeFixture {
  TwoNodes() {
    other_ollama = std::make_unique<simulator::Simulator>(options());
    start_other();
    simulator->set_reply("llama3.1:8b", "here");
    other_ollama->set_reply("llama3.1:8b", "there");
  }

  void start_other() {
    other = std::make_unique<Child>(
        child_options({"serve", "--base-url", other_ollama->base_url(), "--listen",
                       "127.0.0.1:" + std::to_string(other_endpoint.port)}));
    BOOST_REQUIRE_MESSAGE(other->read_until("\n"), other->err());
    other_endpoint = parse_endpoint(other->out().substr(0, other->out().find('\n'))).value();
  }
  void kill_other() {
    other->signal(SIGKILL);
    BOOST_TEST(other->wait() == 1000 + SIGKILL);
  }
  [[nodiscard]] std::unique_ptr<RemoteLLM> connect_both(std::chrono::milliseconds wait = 30s) {
    auto remote = RemoteLLM::connect(*system, {endpoint, other_endpoint}, wait);
    BOOST_REQUIRE_MESSAGE(remote, (remote ? "" : log_line(remote.error())));
    // The first word comes from one; health tells when there are two, which all know their models.
    LLMIntegration api{*system, (*remote)->handles()};
    for (std::size_t components = 0; components < 12;) {
      components = api.health().value().components.size();
      BOOST_REQUIRE(components > 0);
    }
    return std::move(*remote);
  }

  std::unique_ptr<simulator::Simulator> other_ollama;
  Endpoint other_endpoint{"127.0.0.1", 0};
  std::unique_ptr<Child> other;
};

std::uint64_t generations(const simulator::Simulator& ollama) {
  std::uint64_t count = 0;
  for (const auto& request : ollama.requests())
    count += request.target == "/api/generate" ? 1 : 0;
  return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(node_choice)

BOOST_AUTO_TEST_CASE(the_node_with_the_least_to_do_is_chosen) {
  BOOST_TEST(!choose_node({}).has_value());
  BOOST_TEST(*choose_node({{.index = 0, .outstanding = 2}, {.index = 1, .outstanding = 1}}) == 1u);
  BOOST_TEST(*choose_node({{.index = 0, .outstanding = 1}, {.index = 1, .outstanding = 1}}) == 0u);
}

BOOST_AUTO_TEST_CASE(a_node_without_the_model_is_chosen_only_where_there_is_none_with_it) {
  BOOST_TEST(*choose_node({{.index = 0, .can_serve = false, .outstanding = 0},
                           {.index = 1, .can_serve = true, .outstanding = 9}}) == 1u);
  BOOST_TEST(*choose_node({{.index = 0, .can_serve = false, .outstanding = 3},
                           {.index = 1, .can_serve = false, .outstanding = 2}}) == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_node_has_decides_what_it_can_serve) {
  const NodeModels nothing_known;
  BOOST_TEST(nothing_known.can_serve(overseer, "x"));
  NodeModels known{.known = true, .installed = {"llama3.1:8b", "owl:latest"}, .of_role = {}};
  known.of_role[overseer] = "llama3.1:8b";
  known.of_role[AIRole::implementation] = "qwen2.5-coder:7b";
  BOOST_TEST(known.can_serve(overseer, ""));
  BOOST_TEST(!known.can_serve(AIRole::implementation, ""));
  BOOST_TEST(known.can_serve(AIRole::implementation, "OWL"));
  BOOST_TEST(!known.can_serve(overseer, "kite"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(node_figures)

BOOST_AUTO_TEST_CASE(every_figure_is_added_up) {
  // A different number for each, so that a mixed-up sum is noticed.
  RoleStats one{.role = overseer};
  std::uint64_t number = 0;
  RoleStats::fields(one, [&number](auto... field) {
    auto set = [&number](auto& value) {
      using T = std::decay_t<decltype(value)>;
      if constexpr (!std::is_same_v<T, AIRole>)
        value = static_cast<T>(++number);
    };
    (set(field.value), ...);
  });
  const auto sum = sum_of(overseer, {{"a", one}, {"b", one}});
  std::uint64_t expected = 0;
  RoleStats::fields(sum, [&expected](auto... field) {
    auto check = [&expected](const auto& value) {
      using T = std::decay_t<decltype(value)>;
      if constexpr (!std::is_same_v<T, AIRole>)
        BOOST_TEST((value == static_cast<T>(2 * ++expected)), expected);
    };
    (check(field.value), ...);
  });
  BOOST_TEST(number > 10u);
}

BOOST_AUTO_TEST_CASE(requests_of_all_nodes_are_listed_by_age) {
  using std::chrono::milliseconds;
  const RunningRequests here{
      .total = 300,
      .requests = {{.id = {"a"}, .age = milliseconds{9}}, {.id = {"b"}, .age = milliseconds{1}}}};
  const RunningRequests there{
      .total = 255,
      .requests = std::vector<RunningRequest>(255, {.id = {"c"}, .age = milliseconds{5}})};
  const auto both = sum_of(OfNodes<RunningRequests>{{"x", here}, {"y", there}});
  BOOST_TEST(both.total == 555u);
  BOOST_REQUIRE(both.requests.size() == RunningRequests::most);
  BOOST_TEST(both.requests.front().id.value == "a");
  BOOST_TEST(both.requests.back().id.value == "c");
}

BOOST_AUTO_TEST_CASE(the_health_of_one_node_is_told_as_it_is_and_that_of_several_by_name) {
  Health here{.reachable = true, .version = "1"};
  here.components = {{.name = "A", .running = true, .restarts = 2}};
  here.roles = {{.role = AIRole::implementation, .answered = 3}};
  BOOST_TEST((sum_of({{"x", here}}) == here));
  const auto both = sum_of({{"x", here}, {"y", Health{}}});
  BOOST_TEST(both.reachable);
  BOOST_TEST(both.components.front().name == "x A");
  BOOST_TEST(both.roles[index_of(AIRole::implementation)].answered == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(pools, TwoNodes)

BOOST_AUTO_TEST_CASE(requests_are_spread_by_outstanding_work) {
  const auto remote = connect_both();
  simulator->set_delays(0ms, 100ms, 0ms);
  other_ollama->set_delays(0ms, 100ms, 0ms);
  caf::scoped_actor self{*system};
  using Pending =
      decltype(ask(self, remote->role(overseer), patience, generate_atom_v, std::string{}));
  std::vector<Pending> pending;
  for (int i = 0; i < 8; ++i)
    pending.push_back(
        ask(self, remote->role(overseer), patience, generate_atom_v, std::string{"Count"}));
  for (auto& each : pending)
    BOOST_TEST(outcome_of(std::move(each)) == "answered");
  BOOST_TEST(generations(*simulator) == 4u);
  BOOST_TEST(generations(*other_ollama) == 4u);
}

BOOST_AUTO_TEST_CASE(a_node_that_dies_has_its_requests_answered_by_the_other) {
  const auto remote = connect_both();
  simulator->inject(Fault::stall_before_response().times(0));
  caf::scoped_actor self{*system};
  // The first goes to the first node, which says nothing.
  const auto record = std::make_shared<Record>();
  auto streamed = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  kill_node();
  BOOST_TEST(outcome_of(std::move(streamed)) == "answered");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "there");
  // While it is away, everything goes to the other.
  LLMIntegration api{*system, remote->handles()};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(api.generate("Count", overseer).value().response == "there");
  BOOST_TEST(api.list_available_models().has_value());
}

BOOST_AUTO_TEST_CASE(a_node_that_returns_is_taken_back) {
  const auto remote = connect_both();
  LLMIntegration api{*system, remote->handles()};
  kill_node();
  BOOST_TEST(api.generate("Count", overseer).value().response == "there");
  start_node();
  std::string response;
  for (int tries = 0; tries < 200 && response != "here"; ++tries) {
    response = api.generate("Count", overseer).value().response;
    caf::scoped_actor pause{*system};
    pause->receive(caf::after(10ms) >> [] {});
  }
  BOOST_TEST(response == "here");
}

BOOST_AUTO_TEST_CASE(a_request_goes_to_the_node_that_has_its_model) {
  other_ollama->add_model({.name = "kite", .reply = "in the sky"});
  const auto remote = connect_both();
  LLMIntegration api{*system, remote->handles()};
  GenerateOptions options;
  options.model = "kite";
  // The news of the models comes soon after the connection.
  Result<LLMResponse> answer = failure(ErrorCode::internal_error, "");
  for (int tries = 0; tries < 200 && !answer; ++tries)
    answer = api.generate("Where?", overseer, options);
  BOOST_REQUIRE(answer);
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(api.generate("Where?", overseer, options).value().response == "in the sky");
}

BOOST_AUTO_TEST_CASE(figures_are_those_of_all_nodes_together) {
  const auto remote = connect_both();
  LLMIntegration api{*system, remote->handles()};
  caf::scoped_actor self{*system};
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(api.generate("Count", overseer).has_value());
  BOOST_TEST(api.stats(overseer).value().answered == 4u);
  const auto health = api.health().value();
  BOOST_TEST(health.reachable);
  BOOST_TEST(health.components.size() == 14u);
  BOOST_TEST(health.components.front().name.find(' ') != std::string::npos);
  BOOST_TEST(health.roles.size() == 2u);
}

BOOST_AUTO_TEST_CASE(no_node_at_all_is_an_error_and_one_is_enough) {
  kill_node();
  LLMIntegration api{*system,
                     RemoteLLM::connect(*system, {endpoint, other_endpoint}).value()->handles()};
  kill_other();
  const auto none = RemoteLLM::connect(*system, {endpoint, other_endpoint}, 100ms);
  BOOST_REQUIRE(!none);
  BOOST_TEST(to_string(none.error().code) == "node_unreachable");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace pool_test

} // namespace nexus::llm::test
