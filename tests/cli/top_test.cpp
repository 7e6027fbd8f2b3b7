// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/ioctl.h>

#include <memory>
#include <string>

#include "tests/cli/screen.hpp"
#include "tests/cli/serving.hpp"

namespace nexus::llm::cli::test {

namespace top_test {

namespace {

/// `top` on a terminal, and what its screen shows.
class Watching {
public:
  explicit Watching(ChildOptions options)
      : columns_{options.columns}, rows_{options.rows}, child_{options}, screen_{columns_, rows_} {}

  /// Waits until the screen shows a text, and not the other one.
  bool shows(std::string_view text, std::string_view unlike = {}) {
    return child_.read_until([&](const std::string& all) {
      screen_.feed(std::string_view{all}.substr(fed_));
      fed_ = all.size();
      return contains(screen_.text(), text) &&
             (unlike.empty() || !contains(screen_.text(), unlike));
    });
  }
  void press(std::string_view keys) { child_.write(keys); }

  /// Another size; what was drawn before is of no interest.
  void resize(unsigned short columns, unsigned short rows) {
    const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    screen_ = Screen{columns, rows};
    BOOST_REQUIRE(::ioctl(child_.terminal(), TIOCSWINSZ, &size) == 0);
  }

  [[nodiscard]] std::string text() const { return screen_.text(); }
  [[nodiscard]] Child& child() { return child_; }

private:
  int columns_;
  int rows_;
  Child child_;
  Screen screen_;
  std::size_t fed_ = 0;
};

struct Watched : Serving {
  [[nodiscard]] ChildOptions top_options(Arguments arguments = {"top"}) const {
    auto options = child_options(std::move(arguments), true);
    options.columns = 80;
    options.rows = 24;
    return options;
  }

  /// A request that takes as long as the test.
  [[nodiscard]] std::unique_ptr<Child> long_request() {
    simulator->set_reply("llama3.1:8b", "one two three");
    simulator->inject(simulator::Fault::stall_after_lines(2));
    auto child = std::make_unique<Child>(child_options({"--connect", address, "generate", "hi"}));
    child->close_input();
    BOOST_TEST(child->read_until("one"));
    return child;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(top, Watched)

BOOST_AUTO_TEST_CASE(the_node_of_this_machine_is_found) {
  const auto stats = run({"stats", "--json"});
  BOOST_TEST(stats.code == 0, stats.err);
  BOOST_TEST(contains(json_at(stats.out, "roles"), "overseer"));
  const auto health = run({"health"});
  BOOST_TEST(health.code == 0, health.err);
  BOOST_TEST(contains(health.out, "OllamaClientActor"));
}

BOOST_AUTO_TEST_CASE(of_several_nodes_one_must_be_named) {
  Child second{child_options({"--config", node_file(), "serve", "--listen", "127.0.0.1:0"})};
  BOOST_REQUIRE(second.read_until("\n"));
  const auto stats = run({"stats"});
  BOOST_TEST(stats.code == 2);
  BOOST_TEST(contains(stats.err, address), stats.err);
  BOOST_TEST(contains(stats.err, "--connect"), stats.err);
  BOOST_TEST(remote({"stats"}).code == 0);
  second.signal(SIGTERM);
  BOOST_TEST(second.wait() == 0);
  BOOST_TEST(run({"stats"}).code == 0);
}

BOOST_AUTO_TEST_CASE(without_a_node_nothing_is_counted) {
  node.signal(SIGKILL);
  BOOST_TEST(node.wait() == 1000 + SIGKILL);
  const auto stats = run({"stats"});
  BOOST_TEST(stats.code == 3);
  BOOST_TEST(stats.out == "");
  BOOST_TEST(contains(stats.err, "No nexus-llm node answers at this machine"), stats.err);
  BOOST_TEST(json_at(run({"stats", "--json"}).out, "error.code") == "\"node_unreachable\"");
  const auto health = run({"health"});
  BOOST_TEST(health.code == 0, health.err);
  BOOST_TEST(contains(health.out, " answers."), health.out);
  BOOST_TEST(!contains(health.out, "OllamaClientActor"), health.out);
  BOOST_TEST(contains(health.err, "No node runs on this machine"), health.err);
  BOOST_TEST(json_at(run({"health", "--json"}).out, "roles") == "[]");
  Child top{top_options()};
  BOOST_TEST(top.wait() == 3);
  BOOST_TEST(contains(top.out(), "No nexus-llm node answers"), top.out());
}

BOOST_AUTO_TEST_CASE(a_request_is_shown_and_cancelled) {
  const auto request = long_request();
  Watching top{top_options()};
  BOOST_TEST(top.shows("REQUESTS 1"), top.text());
  BOOST_TEST(top.shows("answering"), top.text());
  BOOST_TEST(contains(top.text(), address), top.text());
  BOOST_TEST(contains(top.text(), "llama3.1:8b"), top.text());
  top.press("c");
  BOOST_TEST(top.shows("? y/n"), top.text());
  top.press("n");
  BOOST_TEST(top.shows("q quit"), top.text());
  top.press("cy");
  BOOST_TEST(top.shows("is cancelled."), top.text());
  BOOST_TEST(top.shows("REQUESTS 0"), top.text());
  BOOST_TEST(request->wait() != 0);
  top.press("q");
  BOOST_TEST(top.child().wait() == 0);
  // The screen of before.
  BOOST_TEST(contains(top.child().out(), "\033[?1049l"));
}

BOOST_AUTO_TEST_CASE(a_model_is_unloaded) {
  BOOST_TEST(remote({"models", "load", "owl", "--keep-alive", "-1"}).code == 0);
  Watching top{top_options({"top", "--connect", address})};
  BOOST_TEST(top.shows("MODELS IN MEMORY 1"), top.text());
  BOOST_TEST(top.shows("for ever"), top.text());
  top.press("u");
  BOOST_TEST(top.shows("Unload owl"), top.text());
  top.press("y");
  BOOST_TEST(top.shows("is unloaded."), top.text());
  BOOST_TEST(top.shows("MODELS IN MEMORY 0"), top.text());
  top.press("\x03");
  BOOST_TEST(top.child().wait() == 0);
}

BOOST_AUTO_TEST_CASE(another_size_is_obeyed) {
  Watching top{top_options()};
  BOOST_TEST(top.shows("EVENTS"), top.text());
  top.resize(40, 12);
  // It may draw once more for the size of before.
  BOOST_TEST(top.shows("REQUESTS 0", "EVENTS"), top.text());
  top.resize(20, 5);
  BOOST_TEST(top.shows("Too small"), top.text());
  top.resize(80, 24);
  BOOST_TEST(top.shows("EVENTS"), top.text());
  top.press("q");
  BOOST_TEST(top.child().wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_node_that_goes_away_is_told_and_found_again) {
  Watching top{top_options()};
  BOOST_TEST(top.shows("implementation"), top.text());
  node.signal(SIGKILL);
  BOOST_TEST(node.wait() == 1000 + SIGKILL);
  BOOST_TEST(top.shows("No answer for"), top.text());
  BOOST_TEST(contains(top.text(), "implementation"), top.text());
  Child again{child_options({"--config", node_file(), "serve", "--listen", address})};
  BOOST_REQUIRE(again.read_until("\n"));
  BOOST_TEST(top.child().read_until([&](const std::string&) {
    return top.shows("EVENTS") && !contains(top.text(), "No answer for");
  }));
  top.press("q");
  BOOST_TEST(top.child().wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_suspended_view_comes_back) {
  auto options = top_options();
  // A shell with job control, as users have.
  options.wrapper = {"/bin/bash", "-c", "set -m; \"$@\"; echo stopped; read -r line; fg >/dev/null",
                     "bash"};
  Watching top{options};
  BOOST_TEST(top.shows("implementation"), top.text());
  BOOST_TEST(top.child().read_until("\033[?1049h"));
  top.press("\x1A");
  BOOST_TEST(top.shows("stopped"), top.text());
  top.press("go on\n");
  BOOST_TEST(top.child().read_until("\033[?1049h"));
  BOOST_TEST(top.shows("implementation"), top.text());
  top.press("q");
  BOOST_TEST(top.child().wait() == 0);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_it) {
  Watching top{top_options()};
  BOOST_TEST(top.shows("EVENTS"), top.text());
  top.child().signal(SIGTERM);
  BOOST_TEST(top.child().wait() == 0);
  BOOST_TEST(contains(top.child().out(), "\033[?1049l"));
}

BOOST_AUTO_TEST_CASE(a_terminal_is_needed) {
  const auto piped = run({"top"});
  BOOST_TEST(piped.code == 2);
  BOOST_TEST(contains(piped.err, "`stats --watch` does without"), piped.err);
  BOOST_TEST(run({"top", "--json"}).code == 2);
  for (const auto* name : {"dumb", "", "no-such-terminal"}) {
    environment["TERM"] = name;
    Child child{top_options()};
    BOOST_TEST(child.wait() == 2, child.out());
    BOOST_TEST(!contains(child.out(), "\033[?1049h"), child.out());
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace top_test

} // namespace nexus::llm::cli::test
