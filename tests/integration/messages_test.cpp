// SPDX-License-Identifier: BSD-3-Clause
// Every message can cross the network: what comes out of its bytes is what went in.
#include <boost/test/unit_test.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/setup.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

namespace messages_test {

namespace {

struct Config : caf::actor_system_config {
  Config() { setup(*this); }
};

struct Network {
  Config config;
  caf::actor_system system{config};

  template <class T> void crosses(const T& value) {
    BOOST_TEST_CONTEXT(T::type_name) {
      const auto bytes = to_bytes(system, caf::make_message(value));
      BOOST_REQUIRE(!bytes.empty());
      const auto message = from_bytes(system, bytes);
      BOOST_REQUIRE(message.template match_elements<T>());
      BOOST_TEST((message.template get_as<T>(0) == value));
      BOOST_TEST(!(message.template get_as<T>(0) == T{}));
      // Cut short, they give nothing and do no harm.
      for (std::size_t size = 0; size < bytes.size(); size += 7)
        static_cast<void>(
            from_bytes(system, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}));
    }
  }
};

LLMError error() {
  return {.code = ErrorCode::stream_interrupted,
          .subject = "m",
          .detail = "d",
          .partial = "p",
          .http_status = 200,
          .retry_after = 3s,
          .model = "m",
          .attempts = 2};
}

LLMResponse response() {
  LLMResponse value;
  value.id = {"a"};
  value.model = "m";
  value.response = "text";
  value.done = true;
  value.context = {{1, 2, 3}};
  value.thinking = "hm";
  value.tool_calls = {{.id = "1", .name = "f", .arguments = "{}"}};
  value.done_reason = "stop";
  value.stats.eval_count = 7;
  value.stats.eval_duration = 5ns;
  value.provenance.attempts = 3;
  value.provenance.total_time = 9us;
  return value;
}

LLMRequest request() {
  LLMRequest value;
  value.id = {"a"};
  value.model = "m";
  value.context = "c";
  value.temperature = 0.5;
  value.max_tokens = 5;
  value.seed = -3;
  value.stop = {"x", "y"};
  value.tools = {{.name = "f", .description = "d", .parameters = "{}"}};
  value.continuation = {4, 5};
  value.priority = Priority::background;
  value.timeout = 5s;
  value.kind = RequestKind::chat;
  value.messages = {{.role = ChatRole::user, .content = "hi", .images = {"QQ=="}}};
  value.stream = true;
  value.attempt = 4;
  return value;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(messages_over_the_network, Network)

BOOST_AUTO_TEST_CASE(requests_answers_and_streams_cross_it_whole) {
  crosses(request());
  crosses(static_cast<const GenerateOptions&>(request()));
  crosses(response());
  crosses(
      LLMStreamChunk{.id = {"a"}, .seq = 3, .response = "x", .done = true, .final = response()});
  crosses(StreamError{.id = {"a"}, .error = error()});
  crosses(RequestProgress{.id = {"a"}, .phase = Phase::loading, .reason = error()});
  crosses(StreamBatch{.id = {"a"}, .attempt = 2, .chunks = {{.id = {"a"}, .response = "x"}}});
  crosses(
      BatchResponse{{{.response = response(), .error = {}}, {.response = {}, .error = error()}}});
  crosses(EmbedRequest{.id = {"a"}, .model = "m", .input = {"x"}, .dimensions = 4});
  crosses(EmbedResponse{.model = "m", .embeddings = {{0.5F, 1.0F}}});
  crosses(PullProgress{.model = "m", .status = "s", .total = 9, .completed = 3});
}

BOOST_AUTO_TEST_CASE(models_settings_and_state_cross_it_whole) {
  crosses(ModelConfig{.name = "m", .role = AIRole::implementation, .base_url = "u"});
  crosses(ModelList{{{.name = "m", .available = true, .size = 5, .modified_at = WallTime{7ns}}}});
  crosses(RunningModels{{{.name = "m", .size = 5, .expires_at = WallTime{7ns}}}});
  crosses(ModelDetails{.name = "m", .capabilities = {"tools"}});
  LLMClientConfig settings;
  settings.timeout = 7s;
  settings.stream_recovery = StreamRecovery::restart;
  settings.roles[AIRole::implementation].fallback_models = {"x"};
  crosses(settings);
  crosses(RunningRequest{.id = {"a"},
                         .role = AIRole::implementation,
                         .task = Task::chat,
                         .phase = Phase::retrying,
                         .model = "m",
                         .attempts = 2,
                         .age = 5ms});
  crosses(RunningRequests{.total = 3, .requests = {{.id = {"a"}}}});
  crosses(QueuePosition{.position = 2, .queue_length = 5});
  crosses(Health{.reachable = true, .version = "1", .components = {{.name = "x"}}, .roles = {{}}});
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
  auto odd = request();
  GenerateOptions loud;
  loud.think = static_cast<Think>(6);
  BOOST_TEST(!arrives(loud));
  BOOST_TEST(!arrives(ChatMessage{.role = static_cast<ChatRole>(4)}));
  odd.priority = static_cast<Priority>(2);
  BOOST_TEST(!arrives(odd));
  // What it stands in is refused with it.
  BOOST_TEST(!arrives(Health{.roles = {{.role = static_cast<AIRole>(9)}}}));
}

BOOST_AUTO_TEST_CASE(errors_cross_it_inside_those_of_caf) {
  const auto bytes = to_bytes(system, caf::make_message(to_caf_error(error())));
  const auto message = from_bytes(system, bytes);
  BOOST_REQUIRE(message.match_elements<caf::error>());
  BOOST_TEST((to_llm_error(message.get_as<caf::error>(0)) == error()));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace messages_test
