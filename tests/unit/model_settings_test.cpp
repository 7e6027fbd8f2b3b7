// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/role/model_settings.hpp"
#include "actors/role/role_defaults.hpp"

using namespace nexus::llm;

namespace model_settings_test {

namespace {

struct Settings {
  LLMClientConfig config;

  Settings() {
    config.model(AIRole::overseer) = "a:1";
    config.model(AIRole::implementation) = "b";
  }
  RoleSettings& overseer() { return config.settings(AIRole::overseer); }
  RoleSettings& implementation() { return config.settings(AIRole::implementation); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(model_settings, Settings)

BOOST_AUTO_TEST_CASE(nothing_is_sent_that_the_settings_leave_open) {
  BOOST_CHECK(settings_of_model(config, "a:1") == ModelSettings{});
  BOOST_CHECK(load_request("a:1", {}, config) == LoadRequest{.model = "a:1"});
  const auto request = with_role_defaults({}, AIRole::overseer, config);
  BOOST_TEST(!request.num_ctx);
  BOOST_TEST(request.keep_alive.value.empty());
  BOOST_TEST(request.raw_options.empty());
  BOOST_TEST(with_model_settings({.model = "a:1"}, config).raw_options.empty());
}

BOOST_AUTO_TEST_CASE(requests_loads_and_embeddings_of_a_model_carry_the_same_values) {
  overseer().num_ctx = 2048;
  overseer().keep_alive = {"1h"};
  overseer().options = R"({"num_gpu":3,"top_k":5})";
  const auto request = with_role_defaults({}, AIRole::overseer, config);
  BOOST_TEST(*request.num_ctx == 2048u);
  BOOST_TEST(request.keep_alive.value == "1h");
  BOOST_TEST(request.raw_options == R"({"num_gpu":3,"top_k":5})");
  const auto load = load_request("A:1", {}, config);
  BOOST_TEST(load.raw_options == R"({"num_gpu":3,"num_ctx":2048})");
  BOOST_TEST(load.keep_alive.value == "1h");
  const auto embedding = with_model_settings({.model = "a:1"}, config);
  BOOST_TEST(embedding.raw_options == R"({"num_gpu":3,"num_ctx":2048})");
  BOOST_TEST(embedding.keep_alive.value == "1h");
}

BOOST_AUTO_TEST_CASE(a_window_among_the_options_counts_where_there_is_no_other) {
  overseer().options = R"({"num_ctx":3000})";
  BOOST_TEST((settings_of_model(config, "a:1").num_ctx == 3000u));
  overseer().num_ctx = 2048;
  BOOST_TEST((settings_of_model(config, "a:1").num_ctx == 2048u));
}

BOOST_AUTO_TEST_CASE(both_roles_send_the_same_to_a_model_that_they_share) {
  config.model(AIRole::implementation) = "a:1";
  overseer().keep_alive = {"1h"};
  implementation().keep_alive = {"2h"};
  BOOST_TEST(settings_of_model(config, "a:1").keep_alive.value == "1h");
  overseer().num_ctx = 2048;
  implementation().num_ctx = 4096;
  for (const auto role : all_roles())
    BOOST_TEST(*with_role_defaults({}, role, config).num_ctx == 4096u);
}

BOOST_AUTO_TEST_CASE(a_fallback_model_has_the_values_of_its_role) {
  overseer().fallback_models = {"c"};
  overseer().num_ctx = 2048;
  LLMRequest request;
  request.model = "c:latest";
  BOOST_TEST(*with_role_defaults(request, AIRole::overseer, config).num_ctx == 2048u);
}

BOOST_AUTO_TEST_CASE(a_model_that_no_role_names_gets_nothing) {
  overseer().num_ctx = 2048;
  overseer().keep_alive = {"1h"};
  LLMRequest request;
  request.model = "other";
  const auto filled = with_role_defaults(request, AIRole::overseer, config);
  BOOST_TEST(!filled.num_ctx);
  BOOST_TEST(filled.keep_alive.value.empty());
}

BOOST_AUTO_TEST_CASE(what_the_caller_asks_for_wins) {
  overseer().num_ctx = 2048;
  overseer().keep_alive = {"1h"};
  EmbedRequest request{.model = "a:1", .raw_options = R"({"num_ctx":64})", .keep_alive = {"0"}};
  const auto filled = with_model_settings(request, config);
  BOOST_TEST(filled.raw_options == R"({"num_ctx":64})");
  BOOST_TEST(filled.keep_alive.value == "0");
  BOOST_TEST(load_request("a:1", {"9m"}, config).keep_alive.value == "9m");
}

BOOST_AUTO_TEST_CASE(options_that_are_no_object_belong_to_no_model) {
  const auto bare = settings_of_model(config, "a:1");
  for (const auto* options : {"nonsense", "[]", "7", "null", ""}) {
    overseer().options = options;
    BOOST_CHECK(settings_of_model(config, "a:1") == bare);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace model_settings_test
