// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/request_builder.hpp"
#include "actors/role/role_defaults.hpp"
#include "config/json.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace role_defaults_test {

namespace {

struct Settings {
  LLMClientConfig config;
  LLMRequest request;

  Settings() {
    auto& role = config.settings(AIRole::overseer);
    role.num_ctx = 2048;
    role.keep_alive = {"1h"};
    role.system = "Plan.";
    role.options = R"({"top_k":20,"seed":1})";
    request.prompt = "Hi";
  }
  [[nodiscard]] LLMRequest filled() const {
    return with_role_defaults(request, AIRole::overseer, config);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(role_defaults, Settings)

BOOST_AUTO_TEST_CASE(what_the_caller_left_open_comes_from_the_role) {
  const auto filled_in = filled();
  BOOST_TEST(filled_in.model == config.model(AIRole::overseer));
  BOOST_TEST(*filled_in.num_ctx == 2048u);
  BOOST_TEST(filled_in.keep_alive.value == "1h");
  BOOST_TEST(*filled_in.system == "Plan.");
  BOOST_TEST(filled_in.raw_options == R"({"top_k":20,"seed":1})");
  BOOST_TEST(filled_in.prompt == "Hi");
}

BOOST_AUTO_TEST_CASE(each_role_has_its_own_settings) {
  const auto other = with_role_defaults(request, AIRole::implementation, config);
  BOOST_TEST(other.model == config.model(AIRole::implementation));
  BOOST_TEST(!other.num_ctx);
  BOOST_TEST(!other.system);
  BOOST_TEST(other.raw_options == "");
}

BOOST_AUTO_TEST_CASE(what_the_caller_set_stays) {
  request.model = config.model(AIRole::overseer);
  request.num_ctx = 16;
  request.keep_alive = {"0"};
  request.system = "";
  request.raw_options = R"({"seed":2,"x":3})";
  const auto filled_in = filled();
  BOOST_TEST(filled_in.model == config.model(AIRole::overseer));
  BOOST_TEST(*filled_in.num_ctx == 16u);
  BOOST_TEST(filled_in.keep_alive.value == "0");
  BOOST_TEST(*filled_in.system == "");
  BOOST_TEST(filled_in.raw_options == R"({"top_k":20,"seed":2,"x":3})");
}

BOOST_AUTO_TEST_CASE(a_context_window_that_the_caller_passes_through_stays) {
  request.raw_options = R"({"num_ctx":16384})";
  const auto body = json::parse(request_builder::body(filled()));
  BOOST_TEST(json::find_count(*json::find(*body, "options"), "num_ctx") == 16384u);
}

BOOST_AUTO_TEST_CASE(null_takes_a_default_option_away) {
  request.raw_options = R"({"seed":null})";
  BOOST_TEST(filled().raw_options == R"({"top_k":20})");
}

BOOST_AUTO_TEST_CASE(options_that_are_no_object_are_left_for_validation_to_name) {
  request.raw_options = "[1]";
  BOOST_TEST(filled().raw_options == "[1]");
}

BOOST_AUTO_TEST_CASE(a_raw_prompt_gets_no_system_text) {
  request.raw = true;
  BOOST_TEST(!filled().system);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace role_defaults_test
