// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

using simulator::Fault;

BOOST_FIXTURE_TEST_SUITE(interrupt, Fixture)

BOOST_AUTO_TEST_CASE(stops_a_stream_and_keeps_the_text) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(2));
  Child child{child_options({"generate", "hi"})};
  child.close_input();
  BOOST_TEST(child.read_until("one two"));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(child.out() == "one two\n");
  BOOST_TEST(contains(child.err(), "cancelled"));
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
}

BOOST_AUTO_TEST_CASE(stops_before_the_first_token) {
  simulator->inject(Fault::stall_before_response());
  Child child{child_options({"generate", "--no-stream", "hi"})};
  child.close_input();
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  child.signal(SIGTERM);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(child.out() == "");
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
}

BOOST_AUTO_TEST_CASE(is_an_error_object_in_json) {
  simulator->inject(Fault::stall_before_response());
  Child child{child_options({"generate", "--json", "hi"})};
  child.close_input();
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(json_at(child.out(), "error.code") == R"("cancelled")");
}

BOOST_AUTO_TEST_CASE(ends_while_the_prompt_is_read) {
  Child child{child_options({"generate", "-f", "/dev/stdin"})};
  child.write("The beginning of ");
  BOOST_REQUIRE(child.wait_until_read());
  child.signal(SIGTERM);
  BOOST_TEST(child.wait() == 130);
}

BOOST_AUTO_TEST_CASE(ends_other_waits_too) {
  simulator->inject(Fault::stall_before_response().on("/api/tags"));
  Child child{child_options({"models", "list"})};
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
