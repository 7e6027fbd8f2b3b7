// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include "config/config_file.hpp"
#include "config/config_update.hpp"
#include "nexus_llm/config_store.hpp"
#include "tests/unit/support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace config_update_test {

namespace {

std::string merged(std::string_view target, std::string_view patch) {
  auto document = json::parse(target);
  const auto change = json::parse(patch);
  merge_patch_into(*document, *change, document->GetAllocator());
  return json::to_text(*document);
}

struct InDirectory {
  TemporaryDirectory directory;
  fs::path file = directory / "config.json";
};

} // namespace

BOOST_AUTO_TEST_SUITE(merge_patch)

BOOST_AUTO_TEST_CASE(the_examples_of_rfc_7386_hold) {
  BOOST_TEST(merged(R"({"a":"b"})", R"({"a":"c"})") == R"({"a":"c"})");
  BOOST_TEST(merged(R"({"a":"b"})", R"({"b":"c"})") == R"({"a":"b","b":"c"})");
  BOOST_TEST(merged(R"({"a":"b"})", R"({"a":null})") == "{}");
  BOOST_TEST(merged(R"({"a":"b","b":"c"})", R"({"a":null})") == R"({"b":"c"})");
  BOOST_TEST(merged(R"({"a":["b"]})", R"({"a":"c"})") == R"({"a":"c"})");
  BOOST_TEST(merged(R"({"a":"c"})", R"({"a":["b"]})") == R"({"a":["b"]})");
  BOOST_TEST(merged(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})") == R"({"a":{"b":"d"}})");
  BOOST_TEST(merged(R"({"a":[{"b":"c"}]})", R"({"a":[1]})") == R"({"a":[1]})");
  BOOST_TEST(merged(R"(["a","b"])", R"(["c","d"])") == R"(["c","d"])");
  BOOST_TEST(merged(R"({"a":"b"})", R"(["c"])") == R"(["c"])");
  BOOST_TEST(merged(R"({"a":"foo"})", "null") == "null");
  BOOST_TEST(merged(R"({"e":null})", R"({"a":1})") == R"({"e":null,"a":1})");
  BOOST_TEST(merged("[1,2]", R"({"a":"b","c":null})") == R"({"a":"b"})");
  BOOST_TEST(merged("{}", R"({"a":{"bb":{"ccc":null}}})") == R"({"a":{"bb":{}}})");
}

BOOST_AUTO_TEST_CASE(null_removes_a_member_that_stands_there_twice) {
  BOOST_TEST(merged(R"({"a":1,"b":2,"a":3})", R"({"a":null})") == R"({"b":2})");
}

BOOST_AUTO_TEST_CASE(other_members_keep_their_order_when_one_is_removed) {
  BOOST_TEST(merged(R"({"a":1,"b":2,"c":3,"d":4})", R"({"b":null})") == R"({"a":1,"c":3,"d":4})");
}

BOOST_AUTO_TEST_CASE(a_path_is_set_through_objects_that_are_made_on_the_way) {
  json::Document section{rapidjson::kObjectType};
  auto& allocator = section.GetAllocator();
  set_path(section, "a.b.c", json::Value{1}, allocator);
  set_path(section, "a.b.c", json::Value{2}, allocator);
  set_path(section, "a.d", json::Value{3}, allocator);
  BOOST_TEST(json::to_text(section) == R"({"a":{"b":{"c":2},"d":3}})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(updates)

BOOST_AUTO_TEST_CASE(an_update_changes_what_it_names_and_nothing_else) {
  LLMClientConfig before;
  before.max_retries = 9;
  before.settings(AIRole::overseer).options = R"({"top_k":1})";
  const auto after =
      apply_update(before, R"({"timeout":5,"roles":{"overseer":{"options":{"seed":2}}}})");
  BOOST_REQUIRE_MESSAGE(after, sentence_of(after));
  auto expected = before;
  expected.timeout = 5s;
  expected.settings(AIRole::overseer).options = R"({"top_k":1,"seed":2})";
  BOOST_CHECK(*after == expected);
}

BOOST_AUTO_TEST_CASE(null_brings_a_default_back_also_for_whole_groups) {
  LLMClientConfig before;
  before.timeout = 5s;
  before.limits.max_batch = 3;
  before.limits.max_subscribers = 3;
  BOOST_CHECK(apply_update(before, R"({"timeout":null,"limits":null})") == LLMClientConfig{});
  BOOST_TEST(apply_update(before, R"({"limits":{"maxBatch":null}})")->limits.max_subscribers == 3u);
}

BOOST_AUTO_TEST_CASE(what_is_no_setting_is_refused_by_name) {
  for (const auto& [patch, name] :
       {std::pair{R"({"timeOut":5})", "`llm.timeOut`"},
        std::pair{R"({"models":{"reviewer":"m"}})", "`llm.models.reviewer`"},
        std::pair{R"({"roles":{"overseer":{"x":null}}})", "`llm.roles.overseer.x`"},
        std::pair{R"({"":1})", "`llm.`"}}) {
    const auto result = apply_update({}, patch);
    BOOST_TEST(code_of(result) == ErrorCode::invalid_argument, patch);
    BOOST_TEST(contains(sentence_of(result), name), sentence_of(result));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_json_object_is_refused_in_one_proper_sentence) {
  for (const auto* patch :
       {"", "nonsense", "[]", "null", "5", "{\"timeout\":5", "{\"timeout\":5} x"}) {
    const auto result = apply_update({}, patch);
    BOOST_TEST(code_of(result) == ErrorCode::invalid_argument, patch);
    BOOST_TEST(!sentence_of(result).ends_with(".."), sentence_of(result));
  }
}

BOOST_AUTO_TEST_CASE(wrong_values_are_refused) {
  for (const auto* patch : {R"({"timeout":-1})", R"({"models":5})", R"({"models":{"overseer":""}})",
                            R"({"baseUrl":"http://example.com"})"})
    BOOST_TEST(code_of(apply_update({}, patch)) == ErrorCode::config_value_invalid, patch);
}

BOOST_FIXTURE_TEST_CASE(a_file_takes_an_update_and_keeps_the_rest, InDirectory) {
  write_text(file, R"({"own":[1 , 2],"llm":{"x":1,"timeout":5,"models":{"overseer":"m"}}})");
  const auto config =
      update_config(file, R"({"timeout":null,"maxRetries":1,"models":{"implementation":"n"}})");
  BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
  BOOST_CHECK(config->timeout == 300s);
  BOOST_CHECK(load_config(file) == *config);
  const auto text = read_text(file);
  BOOST_TEST(text.starts_with(R"({"own":[1 , 2],"llm":{)"), text);
  BOOST_TEST(json::to_text(*json::parse(text)) ==
             R"({"own":[1,2],"llm":{"x":1,"models":{"overseer":"m","implementation":"n"},)"
             R"("maxRetries":1}})");
}

BOOST_FIXTURE_TEST_CASE(several_defaults_come_back_at_once_also_from_groups, InDirectory) {
  write_text(file, R"({"llm":{"timeout":5,"limits":{"maxBatch":3,"queueLength":4,"ageing":1},)"
                   R"("gapTimeout":6,"maxRetries":1}})");
  BOOST_REQUIRE(update_config(
      file, R"({"limits":{"maxBatch":null,"queueLength":null},"timeout":null,"gapTimeout":null})"));
  BOOST_TEST(read_text(file) == R"({"llm":{"limits":{"ageing":1},"maxRetries":1}})");
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_cannot_be_made_is_told, InDirectory) {
  write_text(file, "{}");
  const auto saved = update_config(file / "sub" / "config.json", R"({"timeout":5})");
  BOOST_TEST(code_of(saved) == ErrorCode::config_write_failed);
  BOOST_TEST(contains(sentence_of(saved), "Not a directory"), sentence_of(saved));
}

BOOST_FIXTURE_TEST_CASE(options_of_a_role_are_merged_with_those_in_the_file, InDirectory) {
  write_text(file, R"({"llm":{"roles":{"overseer":{"options":{"top_k":1,"seed":2}}}}})");
  const auto config =
      update_config(file, R"({"roles":{"overseer":{"options":{"seed":null,"top_p":0.5}}}})");
  BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
  BOOST_TEST(config->settings(AIRole::overseer).options == R"({"top_k":1,"top_p":0.5})");
}

BOOST_FIXTURE_TEST_CASE(a_refused_update_leaves_the_file_alone, InDirectory) {
  const auto* text = R"({"llm":{"timeout":5}})";
  write_text(file, text);
  BOOST_TEST(code_of(update_config(file, R"({"nope":1})")) == ErrorCode::invalid_argument);
  BOOST_TEST(code_of(update_config(file, R"({"timeout":-1})")) == ErrorCode::config_value_invalid);
  BOOST_TEST(read_text(file) == text);
}

BOOST_FIXTURE_TEST_CASE(null_brings_a_default_back_in_a_file_that_sets_the_key_twice, InDirectory) {
  write_text(file, R"({"llm":{"timeout":5,"timeout":6}})");
  const auto config = update_config(file, R"({"timeout":null})");
  BOOST_REQUIRE(config);
  BOOST_CHECK(config->timeout == 300s);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(config_store, InDirectory)

BOOST_AUTO_TEST_CASE(a_missing_file_means_the_defaults_and_is_made_by_the_first_save) {
  const auto store = make_file_store(file);
  BOOST_CHECK(store->load() == LLMClientConfig{});
  BOOST_TEST(!fs::exists(file));
  LLMClientConfig config;
  config.max_retries = 1;
  BOOST_CHECK(store->save(config) == config);
  BOOST_CHECK(make_file_store(file)->load() == config);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_leaves_the_settings_as_it_said) {
  std::ofstream{file} << R"({"llm":{"timeout":13}})";
  const auto store = make_file_store(file);
  BOOST_CHECK(store->load()->timeout == 13s);
  std::filesystem::remove(file);
  BOOST_CHECK(store->load()->timeout == 13s);
  // What is saved then is all that the new file says.
  BOOST_TEST(store->update(R"({"maxRetries":1})")->max_retries == 1u);
  BOOST_CHECK(store->load() == make_file_store(file)->load());
}

BOOST_AUTO_TEST_CASE(what_was_saved_holds_also_when_its_file_is_gone) {
  const auto store = make_file_store(file);
  LLMClientConfig config;
  config.max_retries = 1;
  BOOST_REQUIRE(store->save(config));
  fs::remove(file);
  BOOST_TEST(store->load()->max_retries == 1u);
}

BOOST_AUTO_TEST_CASE(overrides_hold_for_this_run_and_never_reach_the_file) {
  write_text(file, R"({"llm":{"timeout":5}})");
  const auto store = make_file_store(file, {.base_url = "http://127.0.0.1:9", .timeout = 8000ms});
  auto config = store->load();
  BOOST_REQUIRE(config);
  BOOST_TEST(config->base_url == "http://127.0.0.1:9");
  BOOST_CHECK(config->timeout == 8s);
  config->max_retries = 1;
  const auto saved = store->save(*config);
  BOOST_REQUIRE(saved);
  BOOST_CHECK(saved->timeout == 8s);
  const auto updated = store->update(R"({"gapTimeout":3})");
  BOOST_REQUIRE(updated);
  BOOST_TEST(updated->base_url == "http://127.0.0.1:9");
  const auto stored = load_config(file);
  BOOST_TEST(stored->base_url == "http://localhost:11434");
  BOOST_CHECK(stored->timeout == 5s);
  BOOST_TEST(stored->max_retries == 1u);
  BOOST_CHECK(stored->gap_timeout == 3s);
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_looked_at_gives_errors_and_no_exceptions) {
  fs::create_symlink("loop", directory / "loop");
  for (const auto& path : {directory / "loop", directory / std::string(300, 'n')}) {
    const auto store = make_file_store(path);
    BOOST_CHECK_NO_THROW(BOOST_TEST(!store->load()));
    BOOST_CHECK_NO_THROW(BOOST_TEST(!store->save({})));
    BOOST_CHECK_NO_THROW(BOOST_TEST(!store->update(R"({"timeout":5})")));
  }
}

BOOST_AUTO_TEST_CASE(the_file_of_a_store_is_watched_unless_that_is_not_wanted) {
  BOOST_TEST((make_file_store(file)->watched_file() == file));
  BOOST_TEST(!unwatched(make_file_store(file))->watched_file());
  BOOST_TEST(!make_memory_store({})->watched_file());
  BOOST_TEST(!make_file_store("/dev/null")->watched_file());
  write_text(file, R"({"llm":{"timeout":5}})");
  const auto store = unwatched(make_file_store(file));
  BOOST_CHECK(store->load()->timeout == 5s);
  BOOST_CHECK(store->update(R"({"timeout":6})")->timeout == 6s);
  LLMClientConfig config;
  config.timeout = 7s;
  BOOST_CHECK(store->save(config)->timeout == 7s);
}

BOOST_AUTO_TEST_CASE(retries_that_hold_for_this_run_never_reach_the_file) {
  const auto store =
      make_file_store(file, {.base_url = {}, .timeout = {}, .max_retries = 0, .max_concurrent = 3});
  auto config = store->load();
  BOOST_TEST(config->max_retries == 0u);
  BOOST_TEST(config->limits.max_concurrent == 3u);
  config->gap_timeout = 3s;
  BOOST_REQUIRE(store->save(*config));
  BOOST_TEST(load_config(file)->max_retries == 3u);
  BOOST_TEST(load_config(file)->limits.max_concurrent == Limits{}.max_concurrent);
  BOOST_TEST(make_file_store(file)->load()->limits.max_concurrent == Limits{}.max_concurrent);
}

BOOST_AUTO_TEST_CASE(what_saving_had_to_do_without_is_told) {
  write_text(file, "{}");
  fs::create_hard_link(file, directory / "other.json");
  std::vector<std::string> warnings;
  const auto store =
      make_file_store(file, {}, [&](const std::string& line) { warnings.push_back(line); });
  BOOST_REQUIRE(store->update(R"({"timeout":5})"));
  BOOST_TEST(warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_store_in_memory_obeys_the_same_rules) {
  const auto store = make_memory_store({});
  BOOST_TEST(store->update(R"({"baseUrl":"HTTP://LocalHost:11434/"})")->base_url ==
             "http://localhost:11434");
  BOOST_TEST(make_memory_store({.base_url = "0.0.0.0"})->load()->base_url ==
             "http://127.0.0.1:11434");
  BOOST_CHECK(store->load() == LLMClientConfig{});
  BOOST_CHECK(store->update(R"({"timeout":5})")->timeout == 5s);
  BOOST_TEST(code_of(store->update(R"({"timeout":-5})")) == ErrorCode::config_value_invalid);
  BOOST_CHECK(store->load()->timeout == 5s);
  LLMClientConfig wrong;
  wrong.max_retries = 1000;
  BOOST_TEST(code_of(store->save(wrong)) == ErrorCode::config_value_invalid);
  BOOST_CHECK(store->load()->timeout == 5s);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_update_test
