// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace fs = std::filesystem;
using nexus::llm::test::read_text;

/// Editors that are shell scripts; `$1` is the file.
struct Editing : Fixture {
  void use_editor(const std::string& script) {
    const auto path = home / "an editor";
    write(path, "#!/bin/sh\n" + script + "\n");
    fs::permissions(path, fs::perms::owner_all);
    environment["EDITOR"] = "'" + path.string() + "'";
    environment["TMPDIR"] = copies.string();
    fs::create_directories(copies);
  }

  fs::path copies = home / "tmp";
};

BOOST_FIXTURE_TEST_SUITE(config_edit, Editing)

BOOST_AUTO_TEST_CASE(what_the_editor_leaves_replaces_the_file_and_keeps_its_mode) {
  use_editor(R"(echo '{"llm": {"timeout": 77}, "other": 1}' > "$1")");
  constexpr auto mode = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;
  fs::permissions(config_path(), mode);
  const auto outcome = run({"config", "edit"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(contains(outcome.err, config_path().string() + " is saved"), outcome.err);
  BOOST_TEST(read_text(config_path()) == "{\"llm\": {\"timeout\": 77}, \"other\": 1}\n");
  BOOST_CHECK(fs::status(config_path()).permissions() == mode);
  BOOST_TEST(fs::is_empty(copies));
}

BOOST_AUTO_TEST_CASE(the_editor_gets_a_private_copy_of_the_file) {
  use_editor("cp \"$1\" \"$HOME/seen.json\"; ls -l \"$1\" > \"$HOME/mode\"");
  const auto outcome = run({"config", "edit"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(contains(outcome.err, "is unchanged"), outcome.err);
  BOOST_TEST(read_text(home / "seen.json") == read_text(config_path()));
  BOOST_TEST(read_text(home / "mode").starts_with("-rw-------"));
}

BOOST_AUTO_TEST_CASE(an_invalid_result_changes_nothing_and_is_kept) {
  use_editor(R"(echo '{"llm": {"timeout": "soon"}}' > "$1")");
  const auto before = read_text(config_path());
  const auto outcome = run({"config", "edit"});
  BOOST_TEST(outcome.code == 8);
  BOOST_TEST(contains(outcome.err, "`llm.timeout` must be a number"), outcome.err);
  BOOST_TEST(read_text(config_path()) == before);
  const auto begin = outcome.err.find("What you wrote is in ");
  BOOST_REQUIRE(begin != std::string::npos);
  auto kept = outcome.err.substr(begin + 21);
  kept.resize(kept.find(".json") + 5);
  BOOST_TEST(contains(read_text(kept), "soon"), kept);
}

BOOST_AUTO_TEST_CASE(at_a_terminal_the_editor_is_offered_again) {
  use_editor(R"(if [ -e "$HOME/once" ]; then echo '{"llm": {"timeout": 5}}' > "$1"
                else touch "$HOME/once"; echo '{' > "$1"; fi)");
  Child child{child_options({"config", "edit"}, true)};
  BOOST_TEST(child.read_until("not valid JSON"));
  BOOST_TEST(child.read_until("Edit it again? [Y/n]"));
  child.write("\n");
  BOOST_TEST(child.read_until("is saved"));
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(contains(read_text(config_path()), "\"timeout\": 5"));
}

BOOST_AUTO_TEST_CASE(who_declines_at_a_terminal_keeps_the_old_file) {
  use_editor("echo '{' > \"$1\"");
  const auto before = read_text(config_path());
  Child child{child_options({"config", "edit"}, true)};
  BOOST_TEST(child.read_until("Edit it again? [Y/n]"));
  child.write("n\n");
  BOOST_TEST(child.read_until("What you wrote is in"));
  BOOST_TEST(child.wait() == 8);
  BOOST_TEST(read_text(config_path()) == before);
}

BOOST_AUTO_TEST_CASE(what_another_program_saves_meanwhile_is_not_lost) {
  use_editor("echo '{\"llm\": {\"timeout\": 5}}' > \"$1\"; echo '{}' > '" + config_path().string() +
             "'");
  const auto outcome = run({"config", "edit"});
  BOOST_TEST(outcome.code == 8);
  BOOST_TEST(contains(outcome.err, "another program has changed it meanwhile"), outcome.err);
  BOOST_TEST(read_text(config_path()) == "{}\n");
}

BOOST_AUTO_TEST_CASE(a_new_file_begins_with_the_section_and_doubts_are_told) {
  use_editor("cat \"$1\"; echo '{\"llm\": {\"timeuot\": 5}}' > \"$1\"");
  fs::remove(config_path());
  const auto outcome = run({"config", "edit"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(contains(outcome.out, "\"llm\": {"), outcome.out);
  BOOST_TEST(contains(outcome.err, "the nearest is `llm.timeout`"), outcome.err);
  BOOST_TEST(fs::exists(config_path()));
}

BOOST_AUTO_TEST_CASE(an_editor_that_fails_or_is_missing_changes_nothing) {
  use_editor("echo '{}' > \"$1\"; exit 3");
  const auto before = read_text(config_path());
  const auto failed = run({"config", "edit"});
  BOOST_TEST(failed.code == 2);
  BOOST_TEST(contains(failed.err, "failed, and nothing is changed"), failed.err);
  environment["VISUAL"] = "no-such-editor-anywhere";
  const auto missing = run({"config", "edit"});
  BOOST_TEST(missing.code == 2);
  BOOST_TEST(contains(missing.err, "`no-such-editor-anywhere` is not installed"), missing.err);
  BOOST_TEST(read_text(config_path()) == before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
