// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

BOOST_FIXTURE_TEST_SUITE(configuration, Fixture)

BOOST_AUTO_TEST_CASE(role_set_lasts) {
  const auto before = run({"role", "get"});
  BOOST_TEST(before.out == "overseer: llama3.1:8b\nimplementation: qwen2.5-coder:7b\n");
  const auto set = run({"role", "set", "overseer", "owl"});
  BOOST_TEST(set.code == 0);
  BOOST_TEST(set.out == "");
  BOOST_TEST(run({"role", "get", "overseer"}).out == "owl\n");
  BOOST_TEST(run({"generate", "hi"}).out == "Who.\n");
  BOOST_TEST(json_at(run({"--json", "role", "get"}).out, "overseer") == R"("owl")");
  BOOST_TEST(run({"role", "set", "overseer", "not a name"}).code == 2);
}

BOOST_AUTO_TEST_CASE(show_tells_where_each_setting_comes_from) {
  auto line_of = [](const Outcome& outcome, const std::string& key) {
    for (const auto& line : lines_of(outcome.out))
      if (line.starts_with(key + " = "))
        return line;
    return std::string{};
  };
  const auto from_file = run({"config", "show", "--origin"});
  BOOST_TEST(from_file.code == 0);
  BOOST_TEST(line_of(from_file, "baseUrl").ends_with("(file)"));
  BOOST_TEST(line_of(from_file, "maxRetries") == "maxRetries = 0  (file)");
  BOOST_TEST(line_of(from_file, "timeout") == "timeout = 300  (default)");

  environment["OLLAMA_HOST"] = "127.0.0.1:4711";
  BOOST_TEST(line_of(run({"config", "show", "--origin"}), "baseUrl") ==
             R"(baseUrl = "http://127.0.0.1:4711"  (environment))");
  const auto flags =
      run({"config", "show", "--origin", "--base-url", "http://localhost:1", "--timeout", "7"});
  BOOST_TEST(line_of(flags, "baseUrl") == R"(baseUrl = "http://localhost:1"  (flag))");
  BOOST_TEST(line_of(flags, "timeout") == "timeout = 7  (flag)");

  const auto json = run({"config", "show", "--origin", "--json"});
  BOOST_TEST(json_at(json.out, "maxRetries") == R"({"value":0,"origin":"file"})");
  BOOST_TEST(json_at(run({"config", "show", "--json"}).out, "models.overseer") ==
             R"("llama3.1:8b")");
}

BOOST_AUTO_TEST_CASE(environment_leads_to_ollama) {
  configure("http://127.0.0.1:1");
  environment["OLLAMA_HOST"] = "127.0.0.1:" + std::to_string(simulator->port());
  BOOST_TEST(run({"generate", "hi"}).code == 0);
  environment["OLLAMA_HOST"] = "127.0.0.1:1";
  BOOST_TEST(run({"generate", "--base-url", simulator->base_url(), "hi"}).code == 0);
}

BOOST_AUTO_TEST_CASE(set_and_unset_change_the_file) {
  auto value = [this](const std::string& key) {
    return json_at(run({"config", "show", "--json"}).out, key);
  };
  BOOST_TEST(run({"config", "set", "timeout", "12.5"}).code == 0);
  BOOST_TEST(value("timeout") == "12.5");
  BOOST_TEST(run({"config", "set", "models.overseer", "owl"}).code == 0);
  BOOST_TEST(value("models.overseer") == R"("owl")");
  BOOST_TEST(run({"config", "set", "roles.overseer.keepAlive", "300"}).code == 0);
  BOOST_TEST(value("roles.overseer.keepAlive") == R"("300")");
  BOOST_TEST(run({"config", "set", "roles.overseer.system", R"("Quoted.")"}).code == 0);
  BOOST_TEST(value("roles.overseer.system") == R"("Quoted.")");
  BOOST_TEST(run({"config", "set", "fallbackModels.overseer", R"(["owl"])"}).code == 0);
  BOOST_TEST(value("fallbackModels.overseer") == R"(["owl"])");
  BOOST_TEST(run({"config", "unset", "timeout"}).code == 0);
  BOOST_TEST(value("timeout") == "300");
  BOOST_TEST(value("maxRetries") == "0");
}

BOOST_AUTO_TEST_CASE(values_are_taken_as_people_write_them) {
  auto saved = [this](const Arguments& arguments, const std::string& key) {
    auto all = Arguments{"config", "set", key};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto outcome = run(all);
    BOOST_TEST(outcome.code == 0, outcome.err);
    return json_at(run({"config", "show", "--json"}).out, key);
  };
  BOOST_TEST(saved({"5m"}, "timeout") == "300");
  BOOST_TEST(saved({"1.5"}, "timeout") == "1.5");
  BOOST_TEST(saved({"2s"}, "retryDelay") == "2000");
  BOOST_TEST(saved({"TRUE"}, "cache.enabled") == "true");
  BOOST_TEST(saved({"a:1,b:2"}, "nodes") == R"(["a:1","b:2"])");
  BOOST_TEST(saved({"[]"}, "nodes") == "[]");
  BOOST_TEST(saved({"owl"}, "fallbackModels.overseer") == R"(["owl"])");
  BOOST_TEST(saved({"HTTP://LocalHost:1/"}, "baseUrl") == R"("http://localhost:1")");
  BOOST_TEST(saved({"0.0.0.0:1"}, "baseUrl") == R"("http://127.0.0.1:1")");
}

BOOST_AUTO_TEST_CASE(a_negative_value_is_not_taken_for_an_option) {
  for (const Arguments& value : {Arguments{"-1"}, Arguments{"-1m"}, Arguments{"--", "-1"}}) {
    auto all = Arguments{"config", "set", "roles.overseer.keepAlive"};
    all.insert(all.end(), value.begin(), value.end());
    const auto outcome = run(all);
    BOOST_TEST(outcome.code == 0, outcome.err);
  }
  const auto wrong = run({"config", "set", "timeout", "-1"});
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(contains(wrong.err, "must be a number of seconds"), wrong.err);
}

BOOST_AUTO_TEST_CASE(an_object_is_set_as_a_whole) {
  const auto options = [this] {
    return json_at(run({"config", "show", "--json"}).out, "roles.overseer.options");
  };
  const std::string key = "roles.overseer.options";
  BOOST_TEST(run({"config", "set", key, R"({"top_k":20,"top_p":0.5})"}).code == 0);
  BOOST_TEST(run({"config", "set", key, R"({"top_k":21})"}).code == 0);
  BOOST_TEST(options() == R"({"top_k":21})");
  BOOST_TEST(run({"config", "set", key + ".min_p", "0.1"}).code == 0);
  BOOST_TEST(options() == R"({"top_k":21,"min_p":0.1})");
  const auto unset = run({"config", "unset", key + ".min_p"});
  BOOST_TEST(contains(unset.err, key + ".min_p is unset in "), unset.err);
  BOOST_TEST(options() == R"({"top_k":21})");
  BOOST_TEST(run({"config", "set", key, "{}"}).code == 0);
  BOOST_TEST(options() == "{}");
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_a_wrong_argument_wherever_it_goes) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"timeout", "-5"},
                                                        {"models", "a"},
                                                        {"models.overseer.x", "4"},
                                                        {"nonsense", "4"},
                                                        {"roles.overseer.options.top_k", R"("x")"}})
    BOOST_TEST(run({"config", "set", key, value}).code == 2, key);
}

BOOST_AUTO_TEST_CASE(set_tells_when_it_takes_effect) {
  BOOST_TEST(contains(run({"config", "set", "timeout", "7"}).err,
                      "timeout is 7 in " + config_path().string() + "; what is running"));
  BOOST_TEST(contains(run({"config", "set", "limits.maxMessageBytes", "2000000"}).err,
                      "takes effect at the next start"));
  environment["OLLAMA_HOST"] = "127.0.0.1:1";
  const auto below = run({"config", "set", "baseUrl", "http://localhost:2"});
  BOOST_TEST(below.code == 0);
  BOOST_TEST(contains(below.err, "warning: OLLAMA_HOST"), below.err);
}

BOOST_AUTO_TEST_CASE(saving_that_costs_safety_is_told) {
  std::filesystem::create_hard_link(config_path(), home / "other.json");
  const auto outcome = run({"config", "set", "timeout", "7"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(contains(outcome.err, "warning: " + config_path().string() + " was written in place"),
             outcome.err);
}

BOOST_AUTO_TEST_CASE(settings_come_from_a_pipe_and_are_not_saved_there) {
  const auto text = R"({"llm": {"baseUrl": ")" + simulator->base_url() +
                    R"(", "models": {"overseer": "owl"}, "timeout": 55}})";
  const auto answer = run({"--config", "/dev/stdin", "generate", "Who?"}, text);
  BOOST_TEST(answer.out == "Who.\n", answer.err);
  const auto shown = run({"--config", "/dev/stdin", "config", "show", "--origin"}, text);
  BOOST_TEST(contains(shown.out, "timeout = 55  (file)"), shown.out);
  const auto set = run({"--config", "/dev/stdin", "config", "set", "timeout", "5"}, text);
  BOOST_TEST(set.code == 8);
  BOOST_TEST(contains(set.err, "/dev/stdin (it is a pipe, which can only be read)"), set.err);
  const auto role = run({"--config", "/dev/stdin", "role", "set", "overseer", "owl"}, text);
  BOOST_TEST(role.code == 8, role.err);
}

BOOST_AUTO_TEST_CASE(a_relative_xdg_directory_is_ignored) {
  environment["XDG_CONFIG_HOME"] = "relative";
  BOOST_TEST(run({"config", "path"}).out ==
             (home / ".config" / "nexus-overseer" / "config.json").string() + "\n");
}

BOOST_AUTO_TEST_CASE(a_model_that_is_not_installed_may_be_chosen_and_is_told) {
  const auto missing = run({"role", "set", "overseer", "kite"});
  BOOST_TEST(missing.code == 0);
  BOOST_TEST(contains(missing.err, "warning: kite is not installed"), missing.err);
  BOOST_TEST(run({"role", "get", "overseer"}).out == "kite\n");
  BOOST_TEST(!contains(run({"role", "set", "overseer", "owl"}).err, "not installed"));
  simulator->stop();
  const auto gone = run({"role", "set", "overseer", "kite"});
  BOOST_TEST(gone.code == 0);
  BOOST_TEST(contains(gone.err, "Whether kite is installed is not known: "), gone.err);
}

BOOST_AUTO_TEST_CASE(role_set_makes_a_file_that_is_named_and_new) {
  environment["OLLAMA_HOST"] = simulator->base_url();
  const auto set = run({"--config", "new/file.json", "role", "set", "implementation", "owl"});
  BOOST_TEST(set.code == 0, set.err);
  const auto file = home / "work" / "new" / "file.json";
  BOOST_TEST(run({"--config", file.string(), "role", "get", "implementation"}).out == "owl\n");
  BOOST_TEST(run({"--config", "none.json", "role", "get"}).code == 8);
}

BOOST_AUTO_TEST_CASE(wrong_changes_are_refused) {
  for (const Arguments& arguments :
       {Arguments{"config", "set", "nonsense", "1"}, Arguments{"config", "set", "timeout", "soon"},
        Arguments{"config", "set", "maxRetries", "1000"},
        Arguments{"config", "set", "baseUrl", "http://example.com"},
        Arguments{"config", "unset", "nonsense"}}) {
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 2, outcome.err);
    BOOST_TEST(outcome.err.starts_with("error: "));
  }
  write(config_path(), "{");
  BOOST_TEST(run({"config", "set", "timeout", "5"}).code == 8);
}

BOOST_AUTO_TEST_CASE(validate_names_what_is_no_setting) {
  write(config_path(), R"({"llm": {"timeuot": 5, "roles": {"overseer": {"numctx": 1, "options":
                         {"top_k": 3}}}, "cache": {}}, "other": {"timeuot": 1}})");
  const auto told = run({"config", "validate"});
  BOOST_TEST(told.code == 0);
  BOOST_TEST(lines_of(told.err).size() == 2u, told.err);
  BOOST_TEST(contains(told.err, "`llm.timeuot` is no setting; the nearest is `llm.timeout`"),
             told.err);
  BOOST_TEST(contains(told.err, "`llm.roles.overseer.numctx` is no setting"), told.err);
  BOOST_TEST(json_at(run({"config", "validate", "--json"}).out, "unknown") ==
             R"(["llm.timeuot","llm.roles.overseer.numctx"])");
}

BOOST_AUTO_TEST_CASE(validate_names_what_is_given_twice_and_fails_only_if_it_is_to) {
  write(config_path(), R"({"llm": {"timeout": 5, "timeout": 6}})");
  const auto told = run({"config", "validate"});
  BOOST_TEST(told.code == 0);
  BOOST_TEST(contains(told.err, "`llm.timeout` is given more than once; the last one counts"),
             told.err);
  const auto strict = run({"config", "validate", "--strict"});
  BOOST_TEST(strict.code == 8);
  BOOST_TEST(strict.out == "");
  BOOST_TEST(contains(strict.err, "keys that are unknown or given twice"), strict.err);
  const auto json = run({"config", "validate", "--strict", "--json"});
  BOOST_TEST(json.code == 8);
  BOOST_TEST(json_at(json.out, "duplicates") == R"(["llm.timeout"])");
  BOOST_TEST(json_at(json.out, "valid") == "false");
  write(config_path(), R"({"llm": {"timeout": 5}})");
  BOOST_TEST(run({"config", "validate", "--strict"}).code == 0);
}

BOOST_AUTO_TEST_CASE(get_shows_a_setting_a_group_or_a_part_for_scripts) {
  BOOST_TEST(run({"config", "get", "models.overseer"}).out == "llama3.1:8b\n");
  BOOST_TEST(run({"config", "get", "llm.models.overseer"}).out == "llama3.1:8b\n");
  BOOST_TEST(run({"config", "get", "maxRetries"}).out == "0\n");
  BOOST_TEST(run({"config", "get", "models"}).out ==
             R"({"overseer":"llama3.1:8b","implementation":"qwen2.5-coder:7b"})"
             "\n");
  const auto json = run({"config", "get", "maxRetries", "--json"}).out;
  BOOST_TEST(json_at(json, "value") == "0");
  BOOST_TEST(json_at(json, "origin") == R"("file")");
  BOOST_TEST(run({"config", "set", "roles.overseer.options", R"({"top_k":3})"}).code == 0);
  BOOST_TEST(run({"config", "get", "roles.overseer.options.top_k"}).out == "3\n");
  BOOST_TEST(run({"config", "get", "roles.overseer.options.top_p"}).code == 2);
  const auto wrong = run({"config", "get", "timeuot"});
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(contains(wrong.err, "`llm.timeuot` is no setting; the nearest is `llm.timeout`"),
             wrong.err);
}

BOOST_AUTO_TEST_CASE(the_section_may_be_named_before_a_key) {
  BOOST_TEST(run({"config", "set", "llm.timeout", "5"}).code == 0);
  BOOST_TEST(run({"config", "get", "timeout"}).out == "5\n");
  BOOST_TEST(run({"config", "unset", "llm.timeout"}).code == 0);
  BOOST_TEST(run({"config", "get", "timeout"}).out == "300\n");
}

BOOST_AUTO_TEST_CASE(a_group_is_set_as_a_whole) {
  BOOST_TEST(run({"config", "set", "cache", R"({"enabled":true,"ttl":7})"}).code == 0);
  BOOST_TEST(run({"config", "set", "cache", R"({"enabled":true})"}).code == 0);
  BOOST_TEST(run({"config", "get", "cache.enabled"}).out == "true\n");
  BOOST_TEST(json_at(run({"config", "get", "cache.ttl", "--json"}).out, "origin") ==
             R"("default")");
}

BOOST_AUTO_TEST_CASE(unset_tells_where_the_value_comes_from_now) {
  BOOST_TEST(run({"config", "set", "timeout", "5"}).code == 0);
  const auto unset = run({"config", "unset", "timeout"});
  BOOST_TEST(contains(unset.err, "timeout is unset in " + config_path().string() +
                                     "; it is 300 now, the default"),
             unset.err);
  environment["OLLAMA_HOST"] = "127.0.0.1:1";
  const auto covered = run({"config", "unset", "baseUrl"});
  BOOST_TEST(contains(covered.err, "it comes from OLLAMA_HOST"), covered.err);
  BOOST_TEST(json_at(run({"config", "unset", "baseUrl", "--json"}).out, "origin") ==
             R"("environment")");
}

BOOST_AUTO_TEST_CASE(a_file_that_the_environment_names_must_exist_or_be_made) {
  environment["NEXUS_OVERSEER_CONFIG"] = (home / "named.json").string();
  for (const Arguments& arguments : {Arguments{"config", "show"}, Arguments{"generate", "hi"},
                                     Arguments{"doctor"}, Arguments{"config", "validate"}}) {
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 8, outcome.err);
    BOOST_TEST(contains(outcome.out + outcome.err, "named.json"), outcome.err);
  }
  BOOST_TEST(contains(run({"config", "show"}).err, "NEXUS_OVERSEER_CONFIG names it"));
  BOOST_TEST(run({"config", "set", "timeout", "5"}).code == 0);
  BOOST_TEST(run({"config", "get", "timeout"}).out == "5\n");
}

BOOST_AUTO_TEST_CASE(without_a_home_nothing_is_written_and_that_is_told) {
  environment.erase("HOME");
  environment.erase("XDG_CONFIG_HOME");
  for (const Arguments& arguments :
       {Arguments{"config", "set", "timeout", "5"}, Arguments{"role", "set", "overseer", "owl"},
        Arguments{"config", "path"}, Arguments{"config", "edit"}}) {
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 8, outcome.err);
    BOOST_TEST(contains(outcome.err, "HOME is not set"), outcome.err);
  }
  BOOST_TEST(std::filesystem::is_empty(home / "work"));
  const auto show = run({"config", "show"});
  BOOST_TEST(show.code == 0, show.err);
  environment["OLLAMA_HOST"] = simulator->base_url();
  BOOST_TEST(run({"generate", "hi"}).code == 0);
}

BOOST_AUTO_TEST_CASE(path_and_validate_know_the_file) {
  BOOST_TEST(run({"config", "path"}).out == config_path().string() + "\n");
  BOOST_TEST(run({"config", "validate"}).code == 0);
  write(home / "work" / "bad.json", R"({"llm": {"timeout": "soon"}})");
  const auto bad = run({"config", "validate", "bad.json"});
  BOOST_TEST(bad.code == 8);
  BOOST_TEST(contains(bad.err, "bad.json"));
  BOOST_TEST(contains(bad.err, "timeout"));
  BOOST_TEST(run({"config", "validate", "nope.json"}).code == 8);
  const auto fresh = run({"config", "set", "--config", "new.json", "timeout", "5"});
  BOOST_TEST(fresh.code == 0, fresh.err);
  BOOST_TEST(run({"config", "validate", "new.json"}).code == 0);
  std::filesystem::remove(config_path());
  BOOST_TEST(run({"config", "validate"}).code == 0);
  BOOST_TEST(json_at(run({"config", "path", "--json"}).out, "exists") == "false");
}

BOOST_AUTO_TEST_CASE(doctor_finds_everything_in_order) {
  const auto outcome = run({"doctor"});
  BOOST_TEST(outcome.code == 0);
  const auto lines = lines_of(outcome.out);
  BOOST_TEST(lines.size() == 4u);
  for (const auto& line : lines)
    BOOST_TEST(line.starts_with("ok "), line);
  const auto json = run({"doctor", "--json"});
  BOOST_TEST(json_at(json.out, "ok") == "true");
  BOOST_TEST(json_at(json.out, "health.reachable") == "true");
}

BOOST_AUTO_TEST_CASE(a_model_that_will_be_refused_is_told_before_it_is_used) {
  simulator->inject(
      nexus::llm::simulator::Fault::respond(
          200, R"({"models":[{"name":"owl","remote_host":"https://example.com:443","size":384}]})")
          .on("/api/tags")
          .times(0));
  const auto set = run({"role", "set", "overseer", "owl"});
  BOOST_TEST(set.code == 0);
  BOOST_TEST(contains(set.err, "owl runs at https://example.com:443"), set.err);
  const auto doctor = run({"doctor"});
  BOOST_TEST(doctor.code != 0);
  BOOST_TEST(contains(doctor.out, "owl runs at https://example.com:443"), doctor.out);
  BOOST_TEST(contains(run({"models", "list"}).out, "at https://example.com:443"));
}

BOOST_AUTO_TEST_CASE(doctor_says_what_is_missing) {
  simulator->remove_model("qwen2.5-coder:7b");
  const auto model = run({"doctor"});
  BOOST_TEST(model.code == 5);
  BOOST_TEST(contains(model.out, "FAIL  implementation model: The model qwen2.5-coder:7b is not "
                                 "installed"));
  simulator->stop();
  const auto gone = run({"doctor"});
  BOOST_TEST(gone.code == 3);
  BOOST_TEST(contains(gone.out, "FAIL  Ollama: Ollama is not running"));
  write(config_path(), "{");
  const auto broken = run({"doctor"});
  BOOST_TEST(broken.code == 8);
  BOOST_TEST(contains(broken.out, "FAIL  configuration: "));
  BOOST_TEST(json_at(run({"doctor", "--json"}).out, "exitCode") == "8");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
