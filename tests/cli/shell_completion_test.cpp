// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace completion_test {

/// A shell with the completions of the real program.
struct Completing : Fixture {
  Completing() {
    for (const char* shell : {"bash", "zsh", "fish"})
      write(home / shell, run({"completions", shell}).out);
    write(home / "page.1", run({"man"}).out);
  }

  static bool is_installed(const std::string& program) {
    return std::filesystem::exists("/usr/bin/" + program) ||
           std::filesystem::exists("/bin/" + program);
  }

  /// Runs another program.
  [[nodiscard]] Outcome run_other(const std::string& program, Arguments arguments) const {
    auto options = child_options(std::move(arguments));
    options.program = program;
    Child child{options};
    return outcome_of(child);
  }

  /// What bash offers for the last of these words.
  [[nodiscard]] std::vector<std::string> offered(const Arguments& words) const {
    std::string script = "source \"$HOME/bash\"; COMP_WORDS=(nexus-llm \"$@\"); "
                         "COMP_CWORD=$#; _nexus_llm; printf '%s\\n' \"${COMPREPLY[@]}\"";
    Arguments arguments{"-c", script, "bash"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto outcome = run_other("/bin/bash", arguments);
    BOOST_TEST(outcome.code == 0, outcome.err);
    BOOST_TEST(outcome.err == "");
    auto lines = lines_of(outcome.out);
    std::erase(lines, "");
    return lines;
  }

  [[nodiscard]] bool offers(const Arguments& words, const std::string& wanted) const {
    const auto all = offered(words);
    return std::ranges::find(all, wanted) != all.end();
  }
};

BOOST_FIXTURE_TEST_SUITE(shell_completion, Completing)

BOOST_AUTO_TEST_CASE(bash_completes_commands_at_every_level) {
  const std::vector<std::string> generate{"generate"};
  BOOST_TEST(offered({"gen"}) == generate, boost::test_tools::per_element());
  BOOST_TEST(offers({""}, "models"));
  BOOST_TEST(offers({""}, "completions"));
  BOOST_TEST(offers({"models", ""}, "pull"));
  BOOST_TEST(!offers({"models", ""}, "generate"));
  BOOST_TEST(offers({"--model", "models", "con"}, "config"));
  BOOST_TEST(offers({"config", "v"}, "validate"));
  BOOST_TEST(offered({"generate", "mod"}).empty());
}

BOOST_AUTO_TEST_CASE(bash_completes_options_of_the_command_and_of_all) {
  BOOST_TEST(offers({"serve", "--li"}, "--listen"));
  BOOST_TEST(offers({"serve", "--base"}, "--base-url"));
  BOOST_TEST(offers({"--te"}, "--temperature"));
  BOOST_TEST(!offers({"generate", "--li"}, "--listen"));
  // An alias is the command.
  BOOST_TEST(offers({"models", "ls", "--js"}, "--json"));
}

BOOST_AUTO_TEST_CASE(bash_completes_values) {
  BOOST_TEST(offers({"--role", "over"}, "overseer"));
  BOOST_TEST(offers({"-r", "impl"}, "implementation"));
  BOOST_TEST(offers({"--role", "=", "over"}, "overseer"));
  BOOST_TEST(offers({"--role", "="}, "overseer"));
  BOOST_TEST(offers({"role", "set", "over"}, "overseer"));
  BOOST_TEST(offers({"config", "get", "models.ov"}, "models.overseer"));
  BOOST_TEST(offers({"completions", "f"}, "fish"));
  BOOST_TEST(offered({"--model", ""}).empty());
  write(home / "work" / "a scenario.json", "{}");
  BOOST_TEST(offers({"script", "a"}, "a scenario.json"));
  BOOST_TEST(offers({"--config", "a"}, "a scenario.json"));
  for (const char* option : {"--image", "--tool", "--tool-exec"})
    BOOST_TEST(offers({"generate", option, "a"}, "a scenario.json"));
  BOOST_TEST(offers({"batch", "a"}, "a scenario.json"));
  BOOST_TEST(offers({"batch", "--output", "a"}, "a scenario.json"));
  BOOST_TEST(offers({"simulate", "--fail", "inc"}, "incomplete"));
}

BOOST_AUTO_TEST_CASE(every_command_and_option_of_the_help_is_in_every_script_and_in_the_page) {
  for (const char* file : {"bash", "zsh", "fish", "page.1"}) {
    std::ifstream stream{home / file};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    for (const char* word : {"generate", "pull", "validate", "completions", "unload"})
      BOOST_TEST(contains(text, word), file << " " << word);
    for (std::string word : {"listen", "temperature", "strict"})
      BOOST_TEST(contains(text, word), file << " " << word);
  }
}

BOOST_AUTO_TEST_CASE(each_shell_can_read_its_script) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    if (!is_installed(shell)) {
      BOOST_TEST_MESSAGE("skipped: " << shell << " is not installed");
      continue;
    }
    const auto outcome = run_other("/usr/bin/" + shell, {"-n", (home / shell).string()});
    BOOST_TEST(outcome.code == 0, outcome.err);
    BOOST_TEST(outcome.err == "");
  }
}

BOOST_AUTO_TEST_CASE(fish_completes_commands_options_and_values) {
  if (!is_installed("fish")) {
    BOOST_TEST_MESSAGE("skipped: fish is not installed");
    return;
  }
  auto fish_offers = [this](const std::string& line, const std::string& wanted) {
    const auto outcome = run_other(
        "/usr/bin/fish", {"--no-config", "-c", "source $HOME/fish; complete -C '" + line + "'"});
    for (const auto& each : lines_of(outcome.out))
      if (each.substr(0, each.find('\t')) == wanted)
        return true;
    return false;
  };
  BOOST_TEST(fish_offers("nexus-llm gen", "generate"));
  BOOST_TEST(fish_offers("nexus-llm --model models models pu", "pull"));
  BOOST_TEST(!fish_offers("nexus-llm models ", "generate"));
  BOOST_TEST(fish_offers("nexus-llm serve --li", "--listen"));
  BOOST_TEST(!fish_offers("nexus-llm generate --li", "--listen"));
  BOOST_TEST(fish_offers("nexus-llm --role ov", "overseer"));
  BOOST_TEST(fish_offers("nexus-llm config get models.ov", "models.overseer"));
}

BOOST_AUTO_TEST_CASE(zsh_walks_to_the_command_and_offers_what_is_below_it) {
  if (!is_installed("zsh")) {
    BOOST_TEST_MESSAGE("skipped: zsh is not installed");
    return;
  }
  // The completion system runs only in an editor: its functions are replaced by ones that print.
  auto zsh_output = [this](const Arguments& words) {
    Arguments arguments{"-f", "-c",
                        "compdef() { }; _files() { print files }; _message() { }; "
                        "compadd() { print -l -- $@ }; "
                        "_describe() { print -l -- ${(P)${@[-1]}} }; "
                        "source $HOME/zsh; words=(nexus-llm \"$@\"); CURRENT=$#words; _nexus_llm",
                        "zsh"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const auto outcome = run_other("/usr/bin/zsh", arguments);
    BOOST_TEST(outcome.code == 0, outcome.err);
    return outcome.out;
  };
  BOOST_TEST(contains(zsh_output({""}), "generate:Answer one prompt\n"));
  BOOST_TEST(contains(zsh_output({"--model", "models", "models", ""}), "pull:Download a model\n"));
  BOOST_TEST(contains(zsh_output({"serve", "--l"}), "--listen:"));
  BOOST_TEST(!contains(zsh_output({"generate", "--l"}), "--listen:"));
  BOOST_TEST(contains(zsh_output({"--role", ""}), "overseer\n"));
  BOOST_TEST(zsh_output({"--config", ""}) == "files\n");
}

BOOST_AUTO_TEST_CASE(an_unknown_shell_is_met_with_those_that_are_known) {
  const auto outcome = run({"completions", "bsh"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "the nearest is `bash`; known are bash, zsh, fish"),
             outcome.err);
}

BOOST_AUTO_TEST_CASE(the_manual_page_is_without_faults) {
  if (is_installed("groff")) {
    const auto outcome =
        run_other("/usr/bin/groff", {"-man", "-ww", "-z", "-Tutf8", (home / "page.1").string()});
    BOOST_TEST(outcome.code == 0);
    BOOST_TEST(outcome.err == "");
  }
  if (is_installed("mandoc")) {
    const auto outcome =
        run_other("/usr/bin/mandoc", {"-Tlint", "-W", "error", (home / "page.1").string()});
    BOOST_TEST(outcome.code == 0, outcome.out);
  }
  if (is_installed("man")) {
    const auto outcome =
        run_other("/usr/bin/man", {"--warnings", "-P", "cat", "-l", (home / "page.1").string()});
    BOOST_TEST(outcome.err == "");
    BOOST_TEST(contains(outcome.out, "SYNOPSIS"), outcome.out);
    BOOST_TEST(contains(outcome.out, "--keep-alive"), outcome.out);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace completion_test

} // namespace nexus::llm::cli::test
