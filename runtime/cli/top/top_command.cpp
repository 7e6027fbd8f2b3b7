// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/top/top_command.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <variant>

#include "runtime/cli/chosen_node.hpp"
#include "runtime/cli/node_options.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/top/top_feed.hpp"
#include "runtime/cli/top/top_layout.hpp"
#include "runtime/cli/top/top_screen.hpp"

namespace nexus::llm::cli {

namespace {

/// The clock and the age of the data go on without news.
constexpr int redraw_milliseconds = 1000;

/// Blocks the signals of the terminal in the threads that start during its lifetime, so that the
/// main thread gets them.
class TerminalSignals {
public:
  TerminalSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const auto signal : {SIGWINCH, SIGTSTP, SIGCONT})
      sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~TerminalSignals() { deliver(); }
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;

  /// Lets the calling thread get them.
  void deliver() const {
    sigset_t signals;
    sigemptyset(&signals);
    for (const auto signal : {SIGWINCH, SIGTSTP, SIGCONT})
      if (sigismember(&before_, signal) == 0)
        sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  }

private:
  sigset_t before_{};
};

/// Returns the addresses of the nodes, for people.
std::string names_of_nodes(const CommonOptions& common) {
  NodeSettings settings;
  if (common.nodes.empty())
    if (const auto config = load_settings(common))
      settings = config->nodes;
  std::string names;
  for (const auto& node : node_endpoints(common, settings))
    names += (names.empty() ? "" : ", ") + node.text();
  return names;
}

/// Takes what the feed knows.
void take_news(TopFeed& feed, TopState& state, TopControl& control) {
  auto news = feed.take();
  const auto now = TopFeed::Clock::now();
  if (news.data) {
    for (const auto& role : news.data->health.roles)
      state.history[role.role].note(role.tokens, role.generating, news.at);
    state.data = std::move(news.data);
    state.silence = std::chrono::floor<std::chrono::seconds>(now - news.at);
  }
  state.trouble = std::move(news.trouble);
  state.now = std::chrono::system_clock::now();
  control.update(state);
  if (!news.message.empty())
    control.tell(std::move(news.message));
}

/// Draws and obeys keys until the person leaves or the program is told to end.
void watch(TopScreen& screen, TopFeed& feed, const Interrupts& interrupts, TopState state) {
  TopControl control;
  for (;;) {
    take_news(feed, state, control);
    screen.draw(top_lines(state, control, screen.rows(), screen.columns()));
    std::array<pollfd, 3> events{pollfd{STDIN_FILENO, POLLIN, 0},
                                 pollfd{interrupts.descriptor(), POLLIN, 0},
                                 pollfd{feed.descriptor(), POLLIN, 0}};
    static_cast<void>(::poll(events.data(), events.size(), redraw_milliseconds));
    if (interrupts.interrupted())
      return;
    bool any = false;
    while (const auto key = screen.read_key()) {
      any = true;
      if (auto action = control.press(*key, state)) {
        if (std::holds_alternative<LeaveTop>(*action))
          return;
        feed.order(std::move(*action));
      }
    }
    // A terminal that is gone is readable for ever, and gives no key.
    if (!any && (events[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
      return;
  }
}

} // namespace

int run_top(const CommonOptions& common) {
  const TerminalSignals signals;
  Interrupts interrupts;
  Output output{common};
  if (common.json)
    return output.fail({.code = ErrorCode::invalid_argument,
                        .subject = "`top` is for people; `stats --watch --json` is for programs"});
  if (const auto usable = TopScreen::check_terminal(); !usable)
    return output.fail(usable.error());
  const auto chosen = with_chosen_node(common);
  if (!chosen)
    return output.fail(chosen.error());
  // The log would draw into the screen.
  auto quiet = *chosen;
  quiet.verbose = false;
  Output session_output{quiet};
  auto session = Session::start(quiet, interrupts, session_output);
  if (!session)
    return output.fail(session.error());
  {
    TopFeed feed{(*session)->llm(), [root = (*session)->root()] {
                   anon_exit(caf::actor_cast<caf::actor>(root), caf::exit_reason::user_shutdown);
                 }};
    signals.deliver();
    auto screen = TopScreen::open();
    if (!screen)
      return output.fail(screen.error());
    watch(**screen, feed, interrupts, {.node = names_of_nodes(*chosen)});
  }
  return output.success();
}

} // namespace nexus::llm::cli
