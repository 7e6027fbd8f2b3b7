// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace documentation_test {

/// The examples of docs/command-line.md, and the files that they need.
struct Documentation : Fixture {
  Documentation() {
    simulator->add_model({.name = "nomic-embed-text", .capabilities = {"embedding"}});
    simulator->add_model({.name = "owl:thinking-tools", .calls_first_tool = true});
    std::ifstream file{NEXUS_LLM_DOCS "/command-line.md"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    for (std::size_t at = 0; (at = text.find("\n```", at)) != std::string::npos;) {
      const auto begin = text.find('\n', at + 1) + 1;
      const auto end = text.find("\n```", begin - 1);
      const auto language = text.substr(at + 4, begin - at - 5);
      blocks.emplace_back(language, text.substr(begin, end + 1 - begin));
      at = end + 4;
    }
    const auto work = home / "work";
    write(work / "weather.sh", "#!/bin/sh\necho 12 degrees\n");
    std::filesystem::permissions(work / "weather.sh", std::filesystem::perms::owner_all);
    write(work / "titles.txt", "One\nTwo\n");
    for (const auto& [language, block] : blocks)
      if (language == "json")
        write(work / (contains(block, "get_weather") ? "weather.json" : "prompts.jsonl"), block);
    environment["PATH"] =
        std::filesystem::path{NEXUS_LLM_PROGRAM}.parent_path().string() + ":/usr/bin:/bin";
  }

  [[nodiscard]] Outcome shell(const std::string& command) const {
    auto options = child_options({"-c", command});
    options.program = "/bin/sh";
    Child child{options};
    return outcome_of(child);
  }

  std::vector<std::pair<std::string, std::string>> blocks;
};

BOOST_FIXTURE_TEST_SUITE(documentation, Documentation)

BOOST_AUTO_TEST_CASE(every_example_works) {
  std::size_t count = 0;
  for (const auto& [language, block] : blocks) {
    if (language != "sh")
      continue;
    for (auto command : lines_of(block)) {
      // This simulator plays the one of the example.
      if (command.starts_with("nexus-llm simulate"))
        continue;
      if (command.starts_with("jq ") && !std::filesystem::exists("/usr/bin/jq"))
        continue;
      if (const auto port = command.find(":11436"); port != std::string::npos)
        command.replace(port + 1, 5, std::to_string(simulator->port()));
      const auto outcome = shell(command);
      BOOST_TEST(outcome.code == 0, command << ": " << outcome.err);
      ++count;
    }
  }
  BOOST_TEST(count >= 8u);
  BOOST_TEST(std::filesystem::file_size(home / "work" / "count.sh") > 0u);
  BOOST_TEST(std::filesystem::file_size(home / "work" / "titles.f32") == 2u * 64 * 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace documentation_test

} // namespace nexus::llm::cli::test
