// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/model_manager/model_catalogue.hpp"
#include "actors/model_manager/remote_model.hpp"
#include "actors/ollama_client/pull_tally.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(remote_models)

BOOST_AUTO_TEST_CASE(a_model_of_another_machine_is_refused_unless_the_settings_allow_it) {
  LLMClientConfig config;
  config.allow_remote_models = false;
  const auto refused = remote_refusal("m", "ollama.example", config);
  BOOST_REQUIRE(refused);
  BOOST_TEST(refused->code == ErrorCode::remote_model_refused);
  BOOST_TEST(refused->subject == "m runs at ollama.example");
  BOOST_TEST(refused->model == "m");
  BOOST_TEST(remote_refusal("m:cloud", "", config)->subject == "m:cloud runs at ollama.com");
  BOOST_TEST(remote_refusal("m:cloud", "x.example", config)->subject ==
             "m:cloud runs at x.example");
  BOOST_TEST(!remote_refusal("m", "", config).has_value());
  config.allow_remote_models = true;
  BOOST_TEST(!remote_refusal("m", "ollama.example", config).has_value());
  BOOST_TEST(!remote_refusal("m:cloud", "", config).has_value());
}

BOOST_AUTO_TEST_CASE(the_list_says_where_a_model_runs) {
  LLMClientConfig config;
  config.allow_remote_models = false;
  const std::vector<ModelStatus> installed{{.name = "here:latest"},
                                           {.name = "there:latest", .remote_host = "x.example"}};
  BOOST_TEST(!remote_refusal("here", installed, config).has_value());
  BOOST_TEST(!remote_refusal("nowhere", installed, config).has_value());
  BOOST_TEST(remote_refusal("there", installed, config)->subject == "there runs at x.example");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(model_catalogue)

BOOST_AUTO_TEST_CASE(a_list_is_fresh_for_its_time_and_not_once_it_is_invalid) {
  const ModelCatalogue::Time start{1h};
  ModelCatalogue catalogue{10s};
  BOOST_TEST(!catalogue.fresh(start));
  catalogue.update({}, start);
  BOOST_TEST(catalogue.fresh(start + 9'999ms));
  BOOST_TEST(!catalogue.fresh(start + 10s));
  catalogue.set_ttl(20s);
  BOOST_TEST(catalogue.fresh(start + 10s));
  catalogue.invalidate();
  BOOST_TEST(!catalogue.fresh(start));
}

BOOST_AUTO_TEST_CASE(models_are_found_listed_or_not_until_the_next_list) {
  ModelCatalogue catalogue{10s};
  catalogue.update({{{.name = "a:latest", .size = 1}, {.name = "b:latest", .size = 2}}}, {});
  catalogue.add_unlisted({.name = "c", .size = 3});
  BOOST_REQUIRE(catalogue.find("B") != nullptr);
  BOOST_CHECK(catalogue.find("B")->size == 2u);
  BOOST_REQUIRE(catalogue.find("c:latest") != nullptr);
  BOOST_TEST(catalogue.find("d") == nullptr);
  BOOST_TEST(catalogue.list().models.size() == 2u);
  catalogue.update({{{.name = "d"}}}, {});
  BOOST_TEST(catalogue.find("a") == nullptr);
  BOOST_TEST(catalogue.find("c") == nullptr);
  BOOST_TEST(catalogue.find("d") != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pull_tally)

BOOST_AUTO_TEST_CASE(the_layers_of_a_download_are_added_up) {
  PullTally tally{"m"};
  tally.add({.status = "pulling manifest"});
  BOOST_TEST(tally.progress().model == "m");
  BOOST_TEST(tally.progress().status == "pulling manifest");
  BOOST_TEST(tally.progress().total == 0u);
  tally.add({.status = "pulling a", .digest = "a", .total = 100, .completed = 10});
  tally.add({.status = "pulling b", .digest = "b", .total = 50, .completed = 5});
  BOOST_TEST(tally.progress().total == 150u);
  BOOST_TEST(tally.progress().completed == 15u);
  tally.add({.status = "pulling a", .digest = "a", .total = 100, .completed = 60});
  // One that begins anew goes back.
  tally.add({.status = "pulling b", .digest = "b", .total = 50, .completed = 0});
  BOOST_TEST(tally.progress().total == 150u);
  BOOST_TEST(tally.progress().completed == 60u);
  tally.add({.status = "success"});
  BOOST_TEST(tally.progress().status == "success");
  BOOST_TEST(tally.progress().completed == 60u);
}

BOOST_AUTO_TEST_SUITE_END()
