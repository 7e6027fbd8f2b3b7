// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

BOOST_FIXTURE_TEST_SUITE(simulate, Fixture)

BOOST_AUTO_TEST_CASE(serves_until_it_is_interrupted) {
  Child child{child_options({"simulate", "--token-delay", "0", "--model", "kite"})};
  BOOST_TEST(child.read_until("\n"));
  const auto url = lines_of(child.out()).at(0);
  BOOST_TEST(url.starts_with("http://127.0.0.1:"));
  const auto answer = run({"generate", "--base-url", url, "-m", "kite", "hi"});
  BOOST_TEST(answer.code == 0);
  BOOST_TEST(contains(answer.out, "simulated"));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_8_and_a_wrong_name_2) {
  const auto taken = run({"simulate", "--port", std::to_string(simulator->port())});
  BOOST_TEST(taken.code == 8);
  BOOST_TEST(contains(taken.err, "Listening on 127.0.0.1:"), taken.err);
  BOOST_TEST(run({"simulate", "--model", "not a name"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_tag_asks_a_model_for_what_it_does) {
  Child child{child_options({"simulate", "--token-delay", "0", "-m", "owl:thinking-tools", "-m",
                             "owl:busy", "-m", "owl:broken", "-m", "owl:3b"})};
  BOOST_TEST(child.read_until("\n"));
  configure(lines_of(child.out()).at(0));
  write(home / "work" / "tool.json", R"({"name": "look"})");
  const auto called = run({"generate", "-m", "owl:thinking-tools", "--tool", "tool.json", "hi"});
  BOOST_TEST(called.code == 0, called.err);
  BOOST_TEST(called.out == "look {}\n");
  BOOST_TEST(contains(called.err, "[simulated] The question is read again."), called.err);
  const auto answered = run({"generate", "-m", "owl:thinking-tools", "--tool", "tool.json",
                             "--tool-exec", "echo a mouse #", "hi"});
  BOOST_TEST(contains(answered.out, "The tool said \"a mouse\""), answered.out);
  BOOST_TEST(run({"generate", "-m", "owl:busy", "hi"}).code == 6);
  const auto broken = run({"generate", "-m", "owl:broken", "hi"});
  BOOST_TEST(broken.code == 7);
  BOOST_TEST(contains(broken.err, "a failure that was asked for"), broken.err);
  const auto plain = run({"generate", "-m", "owl:3b", "--tool", "tool.json", "hi"});
  BOOST_TEST(contains(plain.out, "[simulated]"), plain.out);
}

BOOST_AUTO_TEST_CASE(flags_ask_all_models) {
  Child child{child_options({"simulate", "--token-delay", "0", "-m", "owl", "--tools=endless",
                             "--thinking", "--fail", "broken=1", "--fail", "error=1"})};
  BOOST_TEST(child.read_until("\n"));
  configure(lines_of(child.out()).at(0));
  write(home / "work" / "tool.json", R"({"name": "look"})");
  BOOST_TEST(run({"generate", "-m", "owl", "hi"}).code == 7);
  BOOST_TEST(run({"generate", "-m", "owl", "hi"}).code == 6);
  const auto called = run({"generate", "-m", "owl", "--tool", "tool.json", "--tool-exec", "true",
                           "--tool-rounds", "1", "hi"});
  BOOST_TEST(called.code == 2);
  BOOST_TEST(contains(called.err, "--tool-rounds is 1"), called.err);
  BOOST_TEST(contains(called.err, "[simulated] The question"), called.err);
}

BOOST_AUTO_TEST_CASE(wrong_behaviours_are_told) {
  const auto unknown = run({"simulate", "--fail", "bussy"});
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(contains(unknown.err, "`bussy` is no failure; the nearest is `busy`"), unknown.err);
  BOOST_TEST(run({"simulate", "--fail", "busy=0"}).code == 2);
  BOOST_TEST(run({"simulate", "--tools=some"}).code == 2);
  const auto help = run({"simulate", "--help"}).out;
  for (const auto* word : {"owl:thinking-tools", "endless", "incomplete", "garbage"})
    BOOST_TEST(contains(help, word), word);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
