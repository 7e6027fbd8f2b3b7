// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace standard_streams_test {

namespace {

/// Runs the program with its standard streams changed by a shell, such as `>&-`.
std::vector<std::string> with_streams(const std::string& redirection) {
  return {"/bin/sh", "-c", "exec \"$@\" " + redirection, "sh"};
}

/// More than fits into a pipe.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 20000; ++i)
    text += "word " + std::to_string(i) + "\n";
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(standard_streams, Fixture)

BOOST_AUTO_TEST_CASE(an_answer_is_whole_on_a_stdout_that_does_not_block) {
  const auto text = long_text();
  simulator->set_reply("llama3.1:8b", text);
  for (const Arguments& arguments :
       {Arguments{"generate", "hi"}, Arguments{"generate", "--no-stream", "hi"}}) {
    auto options = child_options(arguments);
    options.non_blocking = true;
    Child child{options};
    child.close_input();
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST((child.out() == text));
  }
}

BOOST_AUTO_TEST_CASE(messages_are_whole_on_a_stderr_that_does_not_block) {
  auto models = Fixture::options();
  models.models.back().thinking = long_text();
  simulator = std::make_unique<simulator::Simulator>(models);
  configure(simulator->base_url());
  auto options = child_options({"generate", "-m", "owl", "--think", "hoot"});
  options.non_blocking = true;
  Child child{options};
  child.close_input();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST((child.err() == long_text()));
}

BOOST_AUTO_TEST_CASE(a_stdin_that_does_not_block_is_read_to_its_end) {
  for (const auto& [arguments, code] :
       {std::pair{Arguments{"generate", "-"}, "/api/generate"}, {Arguments{"chat"}, "/api/chat"}}) {
    auto options = child_options(arguments);
    options.non_blocking = true;
    Child child{options};
    child.write("one ");
    BOOST_TEST(child.wait_until_read());
    child.write("two");
    child.close_input();
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(contains(last_body(code), "one two"));
  }
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_the_wait_for_a_reader) {
  simulator->set_reply("llama3.1:8b", long_text());
  for (const bool non_blocking : {true, false}) {
    auto options = child_options({"generate", "--no-stream", "hi"});
    options.non_blocking = non_blocking;
    Child child{options};
    child.close_input();
    BOOST_TEST(child.wait_until_full());
    child.signal(SIGINT);
    BOOST_TEST(child.wait_unread() == 130);
    BOOST_TEST(child.read_error_until("cancelled"), child.err());
  }
}

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_is_an_error) {
  for (const Arguments& arguments :
       {Arguments{"generate", "hi"}, Arguments{"generate", "--json", "hi"},
        Arguments{"models", "list"}, Arguments{"chat"}, Arguments{"--help"}, Arguments{"--version"},
        Arguments{"script", "--schema"}, Arguments{"serve", "--listen", "127.0.0.1:0"},
        Arguments{"simulate"}, Arguments{"sidecar"}})
    for (const char* redirection : {">/dev/full", ">&-"}) {
      auto options = child_options(arguments);
      options.wrapper = with_streams(redirection);
      Child child{options};
      child.write(arguments.front() == "sidecar"
                      ? R"({"jsonrpc":"2.0","id":1,"method":"llm_version"})"
                        "\n"
                      : "hi\n");
      child.close_input();
      BOOST_TEST(child.wait() == 10, arguments.front() << redirection);
      BOOST_TEST(contains(child.err(), "error: The answer could not be written"), child.err());
    }
}

BOOST_AUTO_TEST_CASE(input_that_cannot_be_read_is_an_error) {
  for (const Arguments& arguments : {Arguments{"chat"}, Arguments{"generate"}})
    for (const char* redirection : {"</", "<&-"}) {
      auto options = child_options(arguments);
      options.wrapper = with_streams(redirection);
      Child child{options};
      BOOST_TEST(child.wait() == 2, arguments.front() << redirection);
      BOOST_TEST(contains(child.err(), "cannot be read: "), child.err());
    }
  const auto folder = run({"generate", "-f", home.string(), "hi"});
  BOOST_TEST(folder.code == 2);
  BOOST_TEST(contains(folder.err, "Is a directory"), folder.err);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace standard_streams_test

} // namespace nexus::llm::cli::test
