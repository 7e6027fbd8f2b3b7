// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <map>

#include "config/config_file.hpp"
#include "config/json.hpp"
#include "tests/unit/support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace config_file_test {

namespace {

Environment environment(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
}

struct InDirectory {
  TemporaryDirectory directory;
  fs::path file = directory / "config.json";

  Result<LLMClientConfig> loaded(std::string_view text) const {
    write_text(file, text);
    return load_config(file);
  }
  /// Saves a changed timeout over `text` and returns what the file holds then.
  std::string saved_over(std::string_view text) const {
    write_text(file, text);
    auto config = load_config(file);
    BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
    config->timeout = 7s;
    const auto saved = save_config(file, *config);
    BOOST_REQUIRE_MESSAGE(saved, sentence_of(saved));
    return read_text(file);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(config_search)

BOOST_FIXTURE_TEST_CASE(the_first_place_that_is_named_or_exists_wins, InDirectory) {
  using Reason = ConfigLocation::Reason;
  const auto work = directory / "work";
  const auto project = work / ".nexus-overseer" / "config.json";
  const auto xdg = directory / "xdg";
  const auto user = xdg / "nexus-overseer" / "config.json";
  fs::create_directories(project.parent_path());
  fs::create_directories(user.parent_path());
  write_text(project, "{}");
  write_text(user, "{}");
  const auto all = environment({{"NEXUS_OVERSEER_CONFIG", "/named/by/environment.json"},
                                {"XDG_CONFIG_HOME", xdg.string()},
                                {"HOME", (directory / "home").string()}});
  auto found = find_config("/given.json", all, work);
  BOOST_TEST(found.path == "/given.json");
  BOOST_CHECK(found.reason == Reason::given && !found.exists);

  found = find_config({}, all, work);
  BOOST_TEST(found.path == "/named/by/environment.json");
  BOOST_CHECK(found.reason == Reason::environment && !found.exists);

  const auto without_name = environment({{"XDG_CONFIG_HOME", xdg.string()}});
  found = find_config({}, without_name, work);
  BOOST_TEST(found.path == project);
  BOOST_CHECK(found.reason == Reason::project && found.exists);

  fs::remove(project);
  found = find_config({}, without_name, work);
  BOOST_TEST(found.path == user);
  BOOST_CHECK(found.reason == Reason::user && found.exists);
}

BOOST_FIXTURE_TEST_CASE(without_xdg_the_home_directory_is_used, InDirectory) {
  const auto home = directory / "home";
  const auto found = find_config({}, environment({{"HOME", home.string()}}), directory.path());
  BOOST_TEST(found.path == home / ".config" / "nexus-overseer" / "config.json");
  BOOST_CHECK(found.reason == ConfigLocation::Reason::user);
  BOOST_TEST(!found.exists);
}

BOOST_FIXTURE_TEST_CASE(a_relative_or_empty_xdg_directory_is_ignored, InDirectory) {
  const auto home = directory / "home";
  const auto xdg = environment({{"XDG_CONFIG_HOME", "relative"}, {"HOME", home.string()}});
  BOOST_TEST(find_config({}, xdg, directory.path()).path ==
             home / ".config" / "nexus-overseer" / "config.json");
  const auto alone = environment({{"XDG_CONFIG_HOME", "./relative"}});
  BOOST_CHECK(find_config({}, alone, directory.path()).reason == ConfigLocation::Reason::nowhere);
}

BOOST_AUTO_TEST_CASE(a_tilde_that_the_shell_left_is_the_home_directory) {
  const auto home = environment({{"HOME", "/home/me"}, {"NEXUS_OVERSEER_CONFIG", "~/c.json"}});
  BOOST_TEST(find_config("~/a/b.json", home, "/").path == "/home/me/a/b.json");
  BOOST_TEST(find_config({}, home, "/").path == "/home/me/c.json");
  BOOST_TEST(expand_home("~", home) == "/home/me");
  for (const auto* path : {"~other/x", "/~/x", "a/~/x", "~x"})
    BOOST_TEST(expand_home(path, home) == path);
  BOOST_TEST(expand_home("~/x", environment({})) == "~/x");
}

BOOST_FIXTURE_TEST_CASE(a_new_file_goes_to_the_project_where_that_has_a_directory, InDirectory) {
  const auto home = environment({{"HOME", (directory / "home").string()}});
  fs::create_directories(directory / ".nexus-overseer");
  const auto found = find_config({}, home, directory.path());
  BOOST_TEST(found.path == directory / ".nexus-overseer" / "config.json");
  BOOST_TEST(!found.exists);
}

BOOST_FIXTURE_TEST_CASE(without_any_home_a_file_is_in_the_project_directory_or_nowhere,
                        InDirectory) {
  auto found = find_config({}, environment({}), directory.path());
  BOOST_CHECK(found.reason == ConfigLocation::Reason::nowhere);
  BOOST_TEST(found.path.empty());
  BOOST_TEST(!found.exists);
  fs::create_directories(directory / ".nexus-overseer");
  found = find_config({}, environment({}), directory.path());
  BOOST_TEST(found.path == directory / ".nexus-overseer" / "config.json");
}

BOOST_AUTO_TEST_CASE(nothing_is_saved_nowhere) {
  const auto saved = save_config({}, LLMClientConfig{});
  BOOST_TEST(code_of(saved) == ErrorCode::config_write_failed);
  BOOST_TEST(contains(sentence_of(saved), "HOME is not set"), sentence_of(saved));
  BOOST_TEST(contains(sentence_of(update_config({}, R"({"timeout":5})")), "HOME is not set"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(config_loading, InDirectory)

BOOST_AUTO_TEST_CASE(the_file_of_the_specification_is_read) {
  const auto config = loaded(R"({
    "llm": {
      "baseUrl": "http://127.0.0.1:11435", "timeout": 60, "maxRetries": 5, "retryDelay": 250,
      "models": {"overseer": "a", "implementation": "b:c"}
    }
  })");
  BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
  BOOST_TEST(config->base_url == "http://127.0.0.1:11435");
  BOOST_CHECK(config->timeout == 60s);
  BOOST_TEST(config->max_retries == 5u);
  BOOST_CHECK(config->retry_delay == 250ms);
  BOOST_TEST(config->model(AIRole::overseer) == "a");
  BOOST_TEST(config->model(AIRole::implementation) == "b:c");
}

BOOST_AUTO_TEST_CASE(a_file_without_our_section_gives_the_defaults) {
  for (const auto* text : {"{}", "{\"editor\": {\"timeout\": 1}}", "{\"llm\": {}}"})
    BOOST_CHECK(loaded(text) == LLMClientConfig{});
}

BOOST_AUTO_TEST_CASE(a_missing_file_cannot_be_read) {
  const auto config = load_config(directory / "none.json");
  BOOST_TEST(code_of(config) == ErrorCode::config_unreadable);
  BOOST_TEST(contains(sentence_of(config), (directory / "none.json").string()));
}

BOOST_AUTO_TEST_CASE(broken_json_is_told_with_path_and_line_in_one_proper_sentence) {
  for (const auto* text :
       {"{\n\"llm\": {\n\"timeout\": 5,,\n}}", "{\n\n\"a\" 1}", "{\n\n", "\n\n[}"}) {
    const auto config = loaded(text);
    BOOST_TEST(code_of(config) == ErrorCode::config_malformed);
    const auto sentence = sentence_of(config);
    BOOST_TEST(contains(sentence, file.string() + ", line 3"), sentence);
    BOOST_TEST(!sentence.ends_with(".."), sentence);
  }
  BOOST_TEST(contains(sentence_of(loaded("[]")), file.string() + ", line 1: it must be an object"));
  for (const auto* text : {"", "[]", "1", "\xEF\xBB\xBF", "{}\xEF\xBB\xBF", "{} trailing",
                           "{'a':1}", "{\"a\":\"\xFF\"}"})
    BOOST_TEST(code_of(loaded(text)) == ErrorCode::config_malformed, text);
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_no_part_of_the_text) {
  BOOST_CHECK(loaded("\xEF\xBB\xBF{\"llm\": {\"timeout\": 77}}")->timeout == 77s);
  const auto broken = loaded("\xEF\xBB\xBF{\n\"llm\": }");
  BOOST_TEST(contains(sentence_of(broken), "line 2, column 8"), sentence_of(broken));
}

BOOST_AUTO_TEST_CASE(a_file_in_another_encoding_is_told_with_its_name_and_the_encoding) {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> rows[] = {
      {"\xFF\xFE{\0}\0"s, "UTF-16"},
      {"\xFE\xFF\0{\0}"s, "UTF-16"},
      {"{\0}\0\n\0 \0"s, "UTF-16"},
      {"\xFF\xFE\0\0{\0\0\0}\0\0\0"s, "UTF-32"},
      {"{\"llm\": {}, \"name\": \"Jos\xE9\"}", "ISO-8859-1"},
      {"{\"llm\": {\"timeout\": 1, \"x\": \"\x93quoted\x94\"}}", "WINDOWS-1252"},
  };
  for (const auto& [bytes, name] : rows) {
    const auto config = loaded(bytes);
    BOOST_TEST(code_of(config) == ErrorCode::config_malformed, name);
    BOOST_TEST(contains(sentence_of(config), name), sentence_of(config));
    BOOST_TEST(contains(sentence_of(config), file.string()), sentence_of(config));
    BOOST_TEST(!update_config(file, R"({"maxRetries":1})"));
    BOOST_TEST(read_text(file) == bytes);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_holds_a_dot_is_not_taken_for_a_path) {
  const auto config = loaded("{\n\"llm.timeout\": 1,\n\"llm\": {\"timeout\": \"soon\"}}");
  BOOST_TEST(contains(sentence_of(config), "line 3"), sentence_of(config));
  write_text(file, R"({"llm.timeout": 1, "llm": {"models.overseer": "x"}})");
  BOOST_TEST(!file_sets(file, "timeout"));
  BOOST_TEST(!file_sets(file, "models.overseer"));
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_told_with_path_line_and_key) {
  struct Row {
    const char* value;
    const char* key;
  };
  for (const auto& [value, key] :
       {Row{R"("timeout": "soon")", "`llm.timeout`"},
        Row{R"("maxRetries": 1000)", "`llm.maxRetries`"},
        Row{R"("models": {"overseer": 5})", "`llm.models.overseer`"},
        Row{R"("baseUrl": "http://example.com")", "`llm.baseUrl`"},
        Row{R"("models": [])", "`llm.models`"}, Row{R"("timeout": null)", "`llm.timeout`"}}) {
    const auto config = loaded("{\n \"llm\": {\n\n  " + std::string{value} + "\n }\n}\n");
    BOOST_TEST(code_of(config) == ErrorCode::config_value_invalid, value);
    const auto sentence = sentence_of(config);
    BOOST_TEST(contains(sentence, key), sentence);
    BOOST_TEST(contains(sentence, file.string() + ", line 4"), sentence);
  }
  BOOST_TEST(code_of(loaded(R"({"llm": 5})")) == ErrorCode::config_value_invalid);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_broken_or_wrong_is_never_overwritten) {
  for (const auto* text : {"{ broken", R"({"llm": {"timeout": "x"}})", "[]", R"({"llm": null})"}) {
    write_text(file, text);
    BOOST_TEST(!save_config(file, {}), text);
    LLMClientConfig changed;
    changed.timeout = 7s;
    BOOST_TEST(!save_config(file, changed), text);
    BOOST_TEST(!update_config(file, R"({"maxRetries": 1})"), text);
    BOOST_TEST(read_text(file) == text);
  }
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused_without_a_crash) {
  BOOST_TEST(code_of(loaded("{\"x\":" + std::string(200'000, '['))) == ErrorCode::config_malformed);
}

BOOST_AUTO_TEST_CASE(which_keys_the_file_sets_is_known) {
  write_text(file, R"({"llm": {"timeout": 300, "models": {"overseer": "m"}}, "maxRetries": 1})");
  BOOST_TEST(file_sets(file, "timeout"));
  BOOST_TEST(file_sets(file, "models.overseer"));
  BOOST_TEST(!file_sets(file, "models.implementation"));
  BOOST_TEST(!file_sets(file, "maxRetries"));
  BOOST_TEST(!file_sets(directory / "none.json", "timeout"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(config_saving, InDirectory)

BOOST_AUTO_TEST_CASE(what_was_saved_is_loaded_again) {
  LLMClientConfig config;
  config.timeout = 1500ms;
  config.model(AIRole::overseer) = "m:1";
  config.settings(AIRole::overseer).options = R"({"top_k":20})";
  config.settings(AIRole::implementation).fallback_models = {"a", "b"};
  config.limits.max_batch = 5;
  config.cache.enabled = true;
  config.stream_recovery = StreamRecovery::restart;
  BOOST_REQUIRE(save_config(file, config));
  BOOST_CHECK(load_config(file) == config);
}

BOOST_AUTO_TEST_CASE(everything_outside_the_section_stays_byte_for_byte) {
  const std::string before = "{ \"editor\":{ \"font\" :\"Caf\\u00e9 \\/ \", \"n\":"
                             "123456789012345678901234567890.10, \"e\": 1.0E+2 },\r\n\t\"llm\" : ";
  const std::string after = " ,\r\n  \"after\":[1 ,2,{\"llm\":{}}], \"z\": \"}\"  }   \n\n";
  for (const auto* section : {"{}", "{\"timeout\":5}", "{ \"x\": {\"y\": [1, {\"z\": {}}] } }"}) {
    const auto text = saved_over(before + section + after);
    BOOST_TEST(text.starts_with(before), text);
    BOOST_TEST(text.ends_with(after), text);
    BOOST_TEST(json::parse(text).has_value(), text);
    BOOST_CHECK(load_config(file)->timeout == 7s);
  }
}

BOOST_AUTO_TEST_CASE(the_section_is_added_to_a_file_without_it) {
  for (const auto* text : {"{}", "{ }\n", "{\"a\": {}}", "{\"a\": [1]}\n", "{\n  \"a\": \"}\"\n}\n",
                           "{\"a\":{\"llm\":1}}"}) {
    const auto result = saved_over(text);
    const auto parsed = json::parse(result);
    BOOST_REQUIRE_MESSAGE(parsed, result);
    BOOST_TEST(json::find(*parsed, "llm") != nullptr, result);
    BOOST_CHECK(load_config(file)->timeout == 7s);
  }
  BOOST_TEST(saved_over("{\"a\" : 1.00 }").starts_with("{\"a\" : 1.00,"));
}

BOOST_AUTO_TEST_CASE(a_change_touches_the_bytes_of_its_value_alone) {
  const std::string before = "\xEF\xBB\xBF{\r\n\t\"llm\": {\r\n\t\t\"mine\": [1, 2 ,3],\r\n"
                             "\t\t\"big\": 12345678901234567890123,\r\n\t\t\"timeout\": ";
  const std::string after = ",\r\n\t\t\"ratio\": {\"a\": 0.10, \"b\": 1E3},\r\n"
                            "\t\t\"exact\": 3.141592653589793238462643\r\n\t}\r\n}\r\n";
  BOOST_TEST(saved_over(before + "5.00" + after) == before + "7" + after);
  write_text(file, before + "5" + after);
  BOOST_REQUIRE(update_config(file, R"({"timeout": 7})"));
  BOOST_TEST(read_text(file) == before + "7" + after);
}

BOOST_AUTO_TEST_CASE(saving_what_the_file_says_already_does_not_touch_it) {
  const auto* text = R"({"llm": {"timeout": 7.0, "baseUrl": "HTTP://LOCALHOST:11434/"}})";
  BOOST_TEST(saved_over(text) == text);
  const auto written = fs::last_write_time(file);
  BOOST_REQUIRE(update_config(file, "{}"));
  BOOST_REQUIRE(update_config(file, R"({"timeout": 7})"));
  BOOST_CHECK(fs::last_write_time(file) == written);
  BOOST_TEST(read_text(file) == text);
}

BOOST_AUTO_TEST_CASE(a_new_file_is_laid_out_for_people) {
  BOOST_REQUIRE(update_config(file, R"({"timeout": 7, "models": {"overseer": "m"},
                                        "fallbackModels": {"overseer": ["a", "b"]}})"));
  BOOST_TEST(read_text(file) == R"({
  "llm": {
    "timeout": 7,
    "models": {
      "overseer": "m"
    },
    "fallbackModels": {
      "overseer": ["a", "b"]
    }
  }
}
)");
}

BOOST_AUTO_TEST_CASE(unknown_keys_of_every_level_survive_in_order) {
  const auto text = saved_over(R"({"llm":{"zeta":1,"models":{"reviewer":"m","overseer":"x"},
      "timeout":5,"roles":{"overseer":{"colour":"red","numCtx":64},"tester":{"numCtx":1}},
      "limits":{"own":true},"alpha":[{"b":2,"a":1}]}})");
  const auto parsed = json::parse(text);
  BOOST_REQUIRE_MESSAGE(parsed, text);
  BOOST_TEST(
      json::to_text(*parsed) ==
      R"({"llm":{"zeta":1,"models":{"reviewer":"m","overseer":"x"},)"
      R"("timeout":7,"roles":{"overseer":{"colour":"red","numCtx":64},"tester":{"numCtx":1}},)"
      R"("limits":{"own":true},"alpha":[{"b":2,"a":1}]}})");
}

BOOST_AUTO_TEST_CASE(only_what_differs_from_the_file_is_written) {
  const auto text = saved_over(R"({"llm":{"maxRetries":2}})");
  BOOST_TEST(json::to_text(*json::parse(text)) == R"({"llm":{"maxRetries":2,"timeout":7}})");
}

BOOST_AUTO_TEST_CASE(saving_what_the_file_says_already_leaves_it_loadable_with_the_same_values) {
  write_text(file, R"({"llm":{"timeout":5}})");
  const auto before = load_config(file);
  BOOST_REQUIRE(save_config(file, *before));
  BOOST_CHECK(load_config(file) == before);
}

BOOST_AUTO_TEST_CASE(saving_twice_changes_nothing_more) {
  const auto once = saved_over(R"({"llm":{"unknown":{"x":[1,2]}},"b":2})");
  BOOST_TEST(saved_over(once) == once);
}

BOOST_AUTO_TEST_CASE(the_last_of_two_sections_counts_and_is_the_one_that_changes) {
  const auto text = saved_over(R"({"llm":{"timeout":1},"llm":{"timeout":2}})");
  BOOST_TEST(contains(text, R"({"llm":{"timeout":1},)"), text);
  BOOST_CHECK(load_config(file)->timeout == 7s);
}

BOOST_AUTO_TEST_CASE(invalid_settings_are_not_saved) {
  LLMClientConfig config;
  config.timeout = 0ms;
  BOOST_TEST(code_of(save_config(file, config)) == ErrorCode::config_value_invalid);
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(directories_are_made_on_the_way) {
  const auto deep = directory / "a" / "b" / "config.json";
  LLMClientConfig config;
  config.max_retries = 9;
  BOOST_REQUIRE(save_config(deep, config));
  BOOST_TEST(load_config(deep)->max_retries == 9u);
}

BOOST_FIXTURE_TEST_CASE(a_whole_file_is_replaced_only_by_a_valid_one_that_nobody_else_changed,
                        InDirectory) {
  const std::string before = R"({"llm":{"timeout":1}})";
  const std::string after = R"({"llm":{"timeout":2},"other":3})";
  write_text(file, before);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  const auto wrong = replace_config(file, before, R"({"llm":{"timeout":"soon"}})");
  BOOST_TEST(code_of(wrong) == ErrorCode::config_value_invalid);
  const auto late = replace_config(file, "{}", after);
  BOOST_TEST(code_of(late) == ErrorCode::config_write_failed);
  BOOST_TEST(contains(sentence_of(late), "another program has changed it"), sentence_of(late));
  BOOST_TEST(read_text(file) == before);
  const auto saved = replace_config(file, before, after);
  BOOST_TEST(saved.has_value(), sentence_of(saved));
  BOOST_TEST(read_text(file) == after);
  BOOST_CHECK(fs::status(file).permissions() ==
              (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
}

BOOST_FIXTURE_TEST_CASE(a_file_to_edit_may_be_missing_but_not_beyond_all_bounds, InDirectory) {
  const auto missing = read_to_edit(directory / "none.json");
  BOOST_REQUIRE_MESSAGE(missing, sentence_of(missing));
  BOOST_TEST(*missing == "");
  // What cannot be saved to cannot be edited.
  BOOST_TEST(code_of(read_to_edit(file.parent_path())) == ErrorCode::config_write_failed);
  BOOST_TEST(code_of(read_to_edit("/dev/null")) == ErrorCode::config_write_failed);
  BOOST_TEST(code_of(read_to_edit("")) == ErrorCode::config_write_failed);
  fs::resize_file((write_text(file, "{}"), file), std::uintmax_t{1} << 26);
  BOOST_TEST(code_of(read_to_edit(file)) == ErrorCode::config_unreadable);
  BOOST_TEST(code_of(replace_config(file, "{}", "{}")) == ErrorCode::config_unreadable);
}

BOOST_FIXTURE_TEST_CASE(doubts_are_about_our_section_alone, InDirectory) {
  write_text(file, R"({"llm":{"a":1},"other":{"x":1,"x":2},"llm":{"timeuot":1,"timeout":1,
                       "timeout":2}})");
  const auto doubts = doubts_about(file);
  const std::vector<std::string> unknown{"timeuot"};
  const std::vector<std::string> duplicates{"llm", "llm.timeout"};
  BOOST_TEST(doubts.unknown == unknown, boost::test_tools::per_element());
  BOOST_TEST(doubts.duplicates == duplicates, boost::test_tools::per_element());
  BOOST_TEST(doubts_about(directory / "missing.json").empty());
  write_text(file, R"({"llm":{"timeout":1},"other":{"x":1,"x":2}})");
  BOOST_TEST(doubts_about(file).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_file_test
