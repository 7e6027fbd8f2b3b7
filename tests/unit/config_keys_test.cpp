// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(config_keys_table)

namespace {

/// A value for each setting that differs from its default.
const std::map<std::string, std::string> other_values{
    {"baseUrl", R"("http://127.0.0.1:4321")"},
    {"timeout", "1.5"},
    {"maxRetries", "0"},
    {"retryDelay", "0"},
    {"models.overseer", R"("a/b:c")"},
    {"models.implementation", R"("x")"},
    {"fallbackModels.overseer", R"(["x","y:z"])"},
    {"fallbackModels.implementation", R"(["q"])"},
    {"roles.overseer.numCtx", "4"},
    {"roles.overseer.keepAlive", R"("-1")"},
    {"roles.overseer.system", R"("Be brief.")"},
    {"roles.overseer.options", R"({"top_k":20,"unknown":[1]})"},
    {"roles.implementation.numCtx", "16777216"},
    {"roles.implementation.keepAlive", R"("1h30m")"},
    {"roles.implementation.system", R"("\u00e9")"},
    {"roles.implementation.options", R"({"stop":["a"]})"},
    {"maxRetryDelay", "1"},
    {"connectTimeout", "0.25"},
    {"gapTimeout", "604800"},
    {"totalTimeout", "3600"},
    {"streamRecovery", R"("restart")"},
    {"allowRemoteModels", "true"},
    {"modelListTtl", "0"},
    {"limits.maxConcurrent", "16384"},
    {"limits.queueLength", "0"},
    {"limits.ageing", "0.5"},
    {"limits.maxPromptBytes", "1"},
    {"limits.maxResponseBytes", "1024"},
    {"limits.maxLineBytes", "1073741824"},
    {"limits.maxJsonDepth", "8"},
    {"limits.maxSubscribers", "1"},
    {"limits.subscriberWindow", "1"},
    {"limits.subscriberTimeout", "1.5"},
    {"limits.maxBatch", "1"},
    {"limits.maxMessageBytes", "1048576"},
    {"cache.enabled", "true"},
    {"cache.maxBytes", "0"},
    {"cache.ttl", "1"},
    {"supervision.maxRestarts", "0"},
    {"supervision.window", "1"},
    {"circuitBreaker.maxFailures", "0"},
    {"circuitBreaker.resetTimeout", "2"},
    {"circuitBreaker.maxResetTimeout", "7"},
    {"log.enabled", "true"},
    {"log.maxBytes", "1048576"},
    {"nodes", R"(["box:1","[::1]:2"])"},
    {"tls.certificate", R"("a.pem")"},
    {"tls.key", R"("a.key")"},
    {"tls.authority", R"("ca.pem")"},
};

/// The value for a setting; a role without values of its own has those of the first one. Empty if
/// there is none.
std::string other_value(std::string path) {
  if (const auto value = other_values.find(path); value != other_values.end())
    return value->second;
  for (const auto role : all_roles()) {
    const auto part = "." + std::string{to_string(role)};
    const auto at = path.find(part);
    const auto end = at + part.size();
    if (at != std::string::npos && (end == path.size() || path[end] == '.'))
      path.replace(at, part.size(), ".overseer");
  }
  const auto value = other_values.find(path);
  return value != other_values.end() ? value->second : "";
}

std::string wrong_with(const ConfigKey& key, std::string_view text) {
  LLMClientConfig config;
  return key.set(config, *json::parse(text));
}

Result<LLMClientConfig> applied(std::string_view section) {
  return apply_section({}, *json::parse(section));
}

} // namespace

BOOST_AUTO_TEST_CASE(the_defaults_are_those_of_the_specification) {
  const LLMClientConfig config;
  BOOST_TEST(config.base_url == "http://localhost:11434");
  BOOST_CHECK(config.timeout == 300s);
  BOOST_TEST(config.max_retries == 3u);
  BOOST_CHECK(config.retry_delay == 1000ms);
  BOOST_TEST(config.model(AIRole::overseer) == "llama3.1:8b");
  BOOST_TEST(config.model(AIRole::implementation) == "qwen2.5-coder:7b");
  BOOST_TEST(validate(config).has_value());
}

BOOST_AUTO_TEST_CASE(every_path_is_unique_and_found_by_its_name) {
  std::set<std::string> paths;
  for (const auto& key : config_keys()) {
    BOOST_TEST(paths.insert(key.path).second, key.path);
    BOOST_TEST(find_config_key(key.path) == &key, key.path);
  }
  BOOST_TEST(find_config_key("models") == nullptr);
  BOOST_TEST(find_config_key("") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_bounds_of_a_setting_are_accepted_and_nothing_beyond_them) {
  struct Bounds {
    const char* path;
    std::vector<const char*> within;
    std::vector<const char*> beyond;
  };
  constexpr auto thirty_days = "2592000";
  constexpr auto more_than_thirty_days = "2592000.001";
  const Bounds rows[] = {
      {"timeout", {"0.001", "604800"}, {"0", "604800.001"}},
      {"maxRetries", {"0", "100"}, {"-1", "101"}},
      {"retryDelay", {"0", "600000"}, {"-1", "600001"}},
      {"maxRetryDelay", {"1", "3600000"}, {"0", "3600001"}},
      {"connectTimeout", {"0.001", "3600"}, {"0", "3600.001"}},
      {"gapTimeout", {"0.001", "604800"}, {"0", "604800.001"}},
      {"totalTimeout", {"0", thirty_days}, {"-0.001", more_than_thirty_days}},
      {"modelListTtl", {"0", "86400"}, {"-0.001", "86400.001"}},
      {"roles.overseer.numCtx", {"4", "16777216"}, {"3", "16777217"}},
      {"limits.maxConcurrent", {"1", "16384"}, {"0", "16385"}},
      {"limits.queueLength", {"0", "100000"}, {"-1", "100001"}},
      {"limits.ageing", {"0", "86400"}, {"-0.001", "86400.001"}},
      {"limits.maxPromptBytes", {"1", "1073741824"}, {"0", "1073741825"}},
      {"limits.maxResponseBytes", {"1024", "1073741824"}, {"1023", "1073741825"}},
      {"limits.maxLineBytes", {"1024", "1073741824"}, {"1023", "1073741825"}},
      {"limits.maxJsonDepth", {"8", "10000"}, {"7", "10001"}},
      {"limits.maxSubscribers", {"1", "10000"}, {"0", "10001"}},
      {"limits.subscriberWindow", {"1", "10000"}, {"0", "10001"}},
      {"limits.subscriberTimeout", {"0.001", "604800"}, {"0", "604800.001"}},
      {"limits.maxBatch", {"1", "100000"}, {"0", "100001"}},
      {"limits.maxMessageBytes", {"1048576", "4294967295"}, {"1048575", "4294967296"}},
      {"cache.maxBytes", {"0", "1073741824"}, {"-1", "1073741825"}},
      {"cache.ttl", {"0", thirty_days}, {"-0.001", more_than_thirty_days}},
      {"supervision.maxRestarts", {"0", "1000"}, {"-1", "1001"}},
      {"supervision.window", {"1", "86400"}, {"0.999", "86400.001"}},
      {"circuitBreaker.maxFailures", {"0", "1000"}, {"-1", "1001"}},
      {"circuitBreaker.resetTimeout", {"1", "3600000"}, {"0", "3600001"}},
      {"circuitBreaker.maxResetTimeout", {"1", "3600000"}, {"0", "3600001"}},
      {"log.maxBytes", {"1048576", "1073741824"}, {"1048575", "1073741825"}},
  };
  for (const auto& row : rows) {
    const auto* key = find_config_key(row.path);
    BOOST_REQUIRE_MESSAGE(key != nullptr, row.path);
    for (const auto* value : row.within)
      BOOST_TEST(wrong_with(*key, value) == "", row.path << " " << value);
    for (const auto* value : row.beyond)
      BOOST_TEST(wrong_with(*key, value) != "", row.path << " " << value);
  }
}

BOOST_AUTO_TEST_CASE(every_setting_is_described_in_one_sentence) {
  for (const auto& key : config_keys()) {
    BOOST_TEST(!key.type.empty(), key.path);
    BOOST_TEST(key.description.ends_with('.'), key.path);
  }
}

BOOST_AUTO_TEST_CASE(every_default_is_accepted_again) {
  for (const auto& key : config_keys()) {
    const auto text = value_text(key, {});
    BOOST_TEST(wrong_with(key, text) == "", key.path << " " << text);
  }
}

BOOST_AUTO_TEST_CASE(every_setting_goes_in_and_comes_out_unchanged_and_touches_nothing_else) {
  for (const auto& [path, value] : other_values)
    BOOST_TEST(find_config_key(path) != nullptr, path);
  for (const auto& key : config_keys()) {
    const auto value = other_value(key.path);
    BOOST_REQUIRE_MESSAGE(!value.empty(), "no value for " << key.path);
    LLMClientConfig config;
    const auto parsed = json::parse(value);
    BOOST_TEST(key.set(config, *parsed) == "", key.path);
    BOOST_TEST(value_text(key, config) == json::to_text(*parsed), key.path);
    for (const auto& other : config_keys())
      if (other.path != key.path)
        BOOST_TEST(value_text(other, config) == value_text(other, {}),
                   key.path << " changes " << other.path);
  }
}

BOOST_AUTO_TEST_CASE(null_leaves_window_and_keep_alive_to_ollama) {
  LLMClientConfig config;
  config.settings(AIRole::overseer).num_ctx = 64;
  config.settings(AIRole::overseer).keep_alive = {"1h"};
  for (const auto* path : {"roles.overseer.numCtx", "roles.overseer.keepAlive"}) {
    const auto& key = *find_config_key(path);
    BOOST_TEST(value_text(key, {}) == "null");
    BOOST_TEST(key.set(config, json::Value{}) == "");
  }
  BOOST_CHECK(config == LLMClientConfig{});
}

BOOST_AUTO_TEST_CASE(every_setting_refuses_wrong_types_in_words_and_stays_as_it_was) {
  for (const auto& key : config_keys())
    for (const auto* wrong : {"null", "[1]", "{\"num_ctx\":\"x\"}", "-1", "\"\\u0000\""}) {
      // These may be left to Ollama, and seconds may be negative: for ever.
      const bool keep_alive = key.path.ends_with(".keepAlive");
      if ((keep_alive || key.path.ends_with(".numCtx")) && std::string_view{wrong} == "null")
        continue;
      if (keep_alive && std::string_view{wrong} == "-1")
        continue;
      LLMClientConfig config;
      const auto sentence = key.set(config, *json::parse(wrong));
      const bool told = sentence.starts_with("must be ") || sentence.starts_with("has an option");
      BOOST_TEST(told, key.path << " with " << wrong << ": " << sentence);
      BOOST_CHECK(config == LLMClientConfig{});
    }
}

BOOST_AUTO_TEST_CASE(values_are_read_in_the_forms_in_which_people_write_them) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"timeout", R"("300")", "300"},
      {"timeout", R"(" 1.5 ")", "1.5"},
      {"timeout", R"("5m")", "300"},
      {"timeout", R"("1m30s")", "90"},
      {"timeout", "3e2", "300"},
      {"retryDelay", R"("2s")", "2000"},
      {"retryDelay", R"("250ms")", "250"},
      {"retryDelay", R"("250")", "250"},
      {"maxRetries", "3.0", "3"},
      {"maxRetries", R"("3")", "3"},
      {"limits.maxPromptBytes", "1e6", "1000000"},
      {"limits.maxMessageBytes", R"("4294967295")", "4294967295"},
      {"cache.enabled", R"("True")", "true"},
      {"fallbackModels.overseer", R"("a")", R"(["a"])"},
      {"fallbackModels.overseer", R"("a:1, b/c:2")", R"(["a:1","b/c:2"])"},
      {"fallbackModels.overseer", R"("")", "[]"},
      {"nodes", R"("box:1,[::1]:2")", R"(["box:1","[::1]:2"])"},
      {"baseUrl", R"("HTTP://LocalHost:11434//")", R"("http://localhost:11434")"},
      {"baseUrl", R"("0.0.0.0")", R"("http://127.0.0.1:11434")"},
  };
  for (const auto& [path, value, meant] : rows) {
    LLMClientConfig config;
    const auto& key = *find_config_key(path);
    BOOST_TEST(key.set(config, *json::parse(value)) == "", path << " " << value);
    BOOST_TEST(value_text(key, config) == meant, path << " " << value);
  }
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_refused) {
  const std::pair<const char*, const char*> rows[] = {
      {"timeout", "0"},
      {"timeout", "604801"},
      {"timeout", "1e300"},
      {"maxRetries", "101"},
      {"maxRetries", "1.5"},
      {"maxRetries", "4294967296"},
      {"retryDelay", "600001"},
      {"maxRetryDelay", "0"},
      {"roles.overseer.numCtx", "3"},
      {"roles.overseer.numCtx", "16777217"},
      {"limits.maxConcurrent", "0"},
      {"limits.maxJsonDepth", "7"},
      {"limits.maxLineBytes", "1023"},
      {"supervision.window", "0.5"},
      {"streamRecovery", R"("maybe")"},
      {"roles.overseer.keepAlive", R"("soon")"},
      {"baseUrl", R"("http://example.com")"},
      {"baseUrl", R"("http://8.8.8.8:11434")"},
      {"models.overseer", R"("a b")"},
      {"fallbackModels.overseer", R"(["a b"])"},
      {"fallbackModels.overseer", R"([1])"},
      {"roles.overseer.options", R"({"stop":"x"})"},
      {"cache.enabled", "1"},
      {"cache.enabled", R"("yes")"},
      {"timeout", R"("")"},
      {"timeout", R"("5 apples")"},
      {"timeout", R"("-5s")"},
      {"timeout", R"("inf")"},
      {"timeout", R"("0x10")"},
      {"timeout", R"("200000h")"},
      {"timeout", "true"},
      {"maxRetries", R"("3.5")"},
      {"maxRetries", R"("-3")"},
      {"maxRetries", R"("three")"},
      {"maxRetries", "1e30"},
      {"nodes", R"("box:1,,box:2")"},
      {"fallbackModels.overseer", R"("a b")"},
  };
  for (const auto& [path, value] : rows)
    BOOST_TEST(wrong_with(*find_config_key(path), value) != "", path << " " << value);
}

BOOST_AUTO_TEST_CASE(a_list_may_hold_64_nodes) {
  std::string list = R"(["n:1")";
  for (int i = 1; i < 64; ++i)
    list += R"(,"n:1")";
  const auto& key = *find_config_key("nodes");
  BOOST_TEST(wrong_with(key, list + "]") == "");
  BOOST_TEST(wrong_with(key, list + R"(,"n:1"])") == "must be a list of at most 64 addresses");
  BOOST_TEST(wrong_with(key, R"(["n:1","n:x"])") ==
             "must be a list of addresses such as `gpu-box:11435`");
}

BOOST_AUTO_TEST_CASE(too_many_fallback_models_are_refused) {
  std::string list = "[\"m\"";
  for (int i = 1; i < 16; ++i)
    list += ",\"m\"";
  const auto& key = *find_config_key("fallbackModels.overseer");
  BOOST_TEST(wrong_with(key, list + "]") == "");
  BOOST_TEST(wrong_with(key, list + ",\"m\"]") != "");
}

BOOST_AUTO_TEST_CASE(a_section_is_put_over_the_defaults) {
  const auto config = applied(R"({"timeout":2,"models":{"overseer":"m"},"unknown":{"timeout":9}})");
  BOOST_REQUIRE(config);
  BOOST_CHECK(config->timeout == 2s);
  BOOST_TEST(config->model(AIRole::overseer) == "m");
  BOOST_TEST(config->model(AIRole::implementation) == "qwen2.5-coder:7b");
}

BOOST_AUTO_TEST_CASE(a_wrong_section_is_refused_with_the_key) {
  for (const auto& [section, key] : std::map<std::string, std::string>{
           {R"([])", "`llm`"},
           {R"({"timeout":"x"})", "`llm.timeout`"},
           {R"({"models":"x"})", "`llm.models`"},
           {R"({"roles":{"overseer":[]}})", "`llm.roles.overseer`"},
           {R"({"limits":{"maxBatch":0}})", "`llm.limits.maxBatch`"}}) {
    const auto config = applied(section);
    BOOST_TEST(code_of(config) == ErrorCode::config_value_invalid, section);
    BOOST_TEST(contains(sentence_of(config), key), sentence_of(config));
  }
}

BOOST_AUTO_TEST_CASE(settings_filled_in_by_code_obey_the_same_rules) {
  auto refused = [](auto change) {
    LLMClientConfig config;
    change(config);
    return code_of(validate(config)) == ErrorCode::config_value_invalid;
  };
  BOOST_TEST(refused([](auto& c) { c.timeout = 0ms; }));
  BOOST_TEST(refused([](auto& c) { c.timeout = std::chrono::milliseconds::max(); }));
  BOOST_TEST(refused([](auto& c) { c.max_retries = 101; }));
  BOOST_TEST(refused([](auto& c) { c.base_url = "http://10.0.0.1"; }));
  BOOST_TEST(refused([](auto& c) { c.settings(AIRole::overseer).options = "not json"; }));
  BOOST_TEST(refused([](auto& c) { c.settings(AIRole::implementation).options = "[]"; }));
  BOOST_TEST(
      refused([](auto& c) { c.settings(AIRole::implementation).options = R"({"stop":"x"})"; }));
  BOOST_TEST(refused([](auto& c) { c.settings(AIRole::overseer).system = "\xFF"; }));
  BOOST_TEST(refused([](auto& c) { c.settings(AIRole::overseer).fallback_models = {""}; }));
  BOOST_TEST(refused([](auto& c) { c.limits.max_line_bytes = 1; }));
}

BOOST_AUTO_TEST_CASE(a_mistyped_key_is_near_with_or_without_its_group) {
  BOOST_TEST(nearest_config_key("timeuot") == "timeout");
  BOOST_TEST(nearest_config_key("roles.overseer.numctx") == "roles.overseer.numCtx");
  BOOST_TEST(nearest_config_key("numCtx") == "roles.overseer.numCtx");
  BOOST_TEST(nearest_config_key("circutBreaker") == "circuitBreaker");
  BOOST_TEST(nearest_config_key("zzz") == "");
  BOOST_TEST(unknown_key_text("timeuot") ==
             "`llm.timeuot` is no setting; the nearest is `llm.timeout`");
  BOOST_TEST(unknown_key_text("zzz") == "`llm.zzz` is no setting");
}

BOOST_AUTO_TEST_CASE(the_section_may_stand_before_a_key_and_groups_are_known) {
  BOOST_TEST(without_section("llm.timeout") == "timeout");
  BOOST_TEST(without_section("timeout") == "timeout");
  BOOST_TEST(without_section("llm") == "llm");
  BOOST_TEST(is_config_group("models"));
  BOOST_TEST(is_config_group("roles.overseer"));
  BOOST_TEST(!is_config_group("model"));
  BOOST_TEST(!is_config_group("timeout"));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_given_twice_is_found_once_and_where_it_counts) {
  const auto section = json::parse(R"({"timeout":1,"timeout":2,"timeout":3,
      "models":{"overseer":"a","overseer":"b"},"models":{"implementation":"c"},
      "roles":{"overseer":{"options":{"top_k":1,"top_k":2}}}})");
  BOOST_REQUIRE(section);
  const std::vector<std::string> expected{"timeout", "models", "roles.overseer.options.top_k"};
  BOOST_TEST(duplicate_keys(*section) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_nodes_need_is_read_at_the_start_alone) {
  std::vector<std::string> at_start;
  for (const auto& key : config_keys())
    if (key.at_start)
      at_start.push_back(key.path);
  const std::vector<std::string> expected{
      "limits.maxMessageBytes", "log.enabled", "log.maxBytes", "nodes",
      "tls.certificate",        "tls.key",     "tls.authority"};
  BOOST_TEST(at_start == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_section_that_is_no_object_has_no_keys_to_complain_of) {
  for (const auto* section : {"7", "[]", "null", R"("x")"}) {
    BOOST_TEST(unknown_keys(*json::parse(section)).empty());
    BOOST_TEST(duplicate_keys(*json::parse(section)).empty());
  }
}

BOOST_AUTO_TEST_CASE(options_that_code_sets_must_be_an_object_too) {
  for (const auto* options : {"nonsense", "[]", "7", "null", ""}) {
    LLMClientConfig config;
    config.settings(AIRole::implementation).options = options;
    BOOST_TEST(code_of(validate(config)) == ErrorCode::config_value_invalid, options);
    BOOST_TEST(contains(sentence_of(validate(config)), "roles.implementation"), options);
  }
}

BOOST_AUTO_TEST_CASE(the_type_of_a_number_tells_its_unit_and_its_range) {
  BOOST_TEST(find_config_key("timeout")->type == "seconds, 0.001 to 604800");
  BOOST_TEST(find_config_key("limits.maxMessageBytes")->type ==
             "whole number, 1048576 to 4294967295");
}

BOOST_AUTO_TEST_SUITE_END()
