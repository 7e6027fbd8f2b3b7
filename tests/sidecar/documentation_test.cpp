// SPDX-License-Identifier: BSD-3-Clause
// The session in docs/sidecar.md happens as it is written there.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>

#include "tests/sidecar/sidecar_fixture.hpp"

namespace nexus::llm::sidecar::test {

BOOST_FIXTURE_TEST_CASE(the_documented_session_happens, Sidecar) {
  simulator->set_reply("llama3.1:8b", "Hello to you.");
  std::ifstream page{SIDECAR_PAGE};
  std::size_t answers = 0;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("> {"))
      front.write(line.substr(2) + "\n");
    if (!line.starts_with("< {"))
      continue;
    std::string seen;
    do
      seen = front.line();
    while (contains(seen, "llm/progress"));
    const auto wanted = json::parse(line.substr(2));
    const auto got = json::parse(seen);
    BOOST_REQUIRE_MESSAGE(wanted && got, "wanted: " << line << "\ngot: " << seen);
    BOOST_TEST(cli::test::has_all(*got, *wanted), "wanted: " << line << "\ngot: " << seen);
    ++answers;
  }
  BOOST_TEST(answers == 9u);
}

} // namespace nexus::llm::sidecar::test
