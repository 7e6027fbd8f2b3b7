// SPDX-License-Identifier: BSD-3-Clause
#include <signal.h>

#include <fstream>

#include "tests/cli/child.hpp"
#include "tests/real/checks.hpp"
#include "tests/real/nexus.hpp"
#include "tests/real/stopwatch.hpp"

namespace nexus::llm::real {

namespace {

using cli::test::Child;
using cli::test::ChildOptions;
using cli::test::Outcome;

/// How the program is run: a home and a configuration of its own.
ChildOptions command(const Stage& stage, std::vector<std::string> arguments,
                     bool terminal = false) {
  const auto home = stage.directory / "command";
  std::filesystem::create_directories(home / "config" / "nexus-overseer");
  std::ofstream{home / "config" / "nexus-overseer" / "config.json"}
      << R"({"llm": {"models": {"overseer": ")" << stage.model << R"(", "implementation": ")"
      << stage.model << R"("}}})" << '\n';
  return {.arguments = std::move(arguments),
          .directory = home,
          .environment = {{"HOME", home.string()},
                          {"XDG_CONFIG_HOME", (home / "config").string()},
                          {"OLLAMA_HOST", stage.base_url},
                          {"TERM", "xterm"},
                          {"PATH", "/usr/bin:/bin"}},
          .output_file = {},
          .terminal = terminal,
          .patience = std::chrono::seconds{120}};
}

Outcome run(const Stage& stage, std::vector<std::string> arguments) {
  Child child{command(stage, std::move(arguments))};
  return outcome_of(child);
}

void require_success(const Outcome& outcome) {
  require(outcome.code == 0,
          "exit code " + std::to_string(outcome.code) + ": " + outcome.err + outcome.out);
}

} // namespace

void command_checks(const Stage& stage, Report& report) {
  report.check("generate streams what it prints as a whole with --no-stream", [&] {
    const std::vector<std::string> arguments{
        "generate", "--temperature", "0",  "--seed",
        "7",        "--max-tokens",  "24", "Name three colours."};
    const auto streamed = run(stage, arguments);
    require_success(streamed);
    auto whole_arguments = arguments;
    whole_arguments.insert(whole_arguments.begin() + 1, "--no-stream");
    const auto whole = run(stage, whole_arguments);
    require_success(whole);
    require(streamed.out == whole.out, streamed.out + " <> " + whole.out);
    return std::to_string(whole.out.size()) + " bytes";
  });

  report.check("Ctrl-C ends generate, and the server is free", [&] {
    {
      Child child{command(stage, {"generate", "--max-tokens", "2000", "--temperature", "0",
                                  "Count from one to one thousand, in words."})};
      child.close_input();
      require(child.read_until(" "), "nothing came: " + child.err());
      child.signal(SIGINT);
      const auto code = child.wait();
      require(code == 130, "exit code " + std::to_string(code));
    }
    Nexus nexus{stage};
    const Stopwatch watch;
    take(nexus->generate("Hello", AIRole::overseer, repeatable(2)));
    require(watch.elapsed() < std::chrono::seconds{10}, "the next answer took " + watch.text());
    return "next answer after " + watch.text();
  });

  report.check("models load warms up what generate uses", [&] {
    require_success(run(stage, {"models", "unload", stage.model}));
    require_success(run(stage, {"models", "load", stage.model}));
    const auto before = loaded(stage);
    const auto outcome =
        run(stage, {"generate", "--json", "--no-stream", "--max-tokens", "2", "Hi"});
    require_success(outcome);
    const auto document = json::parse(outcome.out);
    require(document && document->IsObject(), "no JSON object: " + outcome.out);
    const auto* stats = json::find(*document, "stats");
    require(stats != nullptr && stats->IsObject(), "no stats: " + outcome.out);
    const auto after = loaded(stage);
    require(after.context_length == before.context_length,
            "the window went from " + std::to_string(before.context_length) + " to " +
                std::to_string(after.context_length));
    return std::to_string(after.context_length) + " tokens, loaded in " +
           seconds_text(std::chrono::nanoseconds{json::find_count(*stats, "loadDuration")});
  });

  report.check("doctor finds nothing wrong", [&] {
    const auto outcome = run(stage, {"doctor"});
    require_success(outcome);
    return std::to_string(outcome.out.size() + outcome.err.size()) + " bytes";
  });

  report.check("the demo does its whole job", [&] {
    const Stopwatch watch;
    const auto outcome = run(stage, {"demo"});
    require_success(outcome);
    const auto text = outcome.out + outcome.err;
    require(text.find("job is done") != std::string::npos, text);
    return watch.text();
  });
}

} // namespace nexus::llm::real
