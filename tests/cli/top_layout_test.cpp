// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <string>

#include "runtime/cli/chat/token_history.hpp"
#include "runtime/cli/model_end.hpp"
#include "runtime/cli/terminal/text_width.hpp"
#include "runtime/cli/top/top_control.hpp"
#include "runtime/cli/top/top_layout.hpp"

namespace nexus::llm::cli::test {

namespace top_layout_test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto implementation = AIRole::implementation;

TopState busy() {
  TopState state{.node = "127.0.0.1:11435"};
  TopData data;
  data.health.reachable = true;
  data.health.version = "0.5.1";
  data.health.components = {{.name = "OllamaClientActor", .running = true, .restarts = 2}};
  data.health.roles = {{.role = AIRole::overseer,
                        .queued = 3,
                        .in_flight = 4,
                        .answered = 120,
                        .failed = 1,
                        .retries = 5},
                       {.role = implementation}};
  data.health.events = {{SupervisionEvent::Kind::component_failed, "OllamaClientActor", "it broke"},
                        {SupervisionEvent::Kind::component_restarted, "OllamaClientActor", ""}};
  data.models = {{.name = "llama3.1:8b",
                  .size = 5'000'000'000,
                  .expires_at = WallTime{} + std::chrono::seconds{1000}},
                 {.name = "owl", .expires_at = WallTime{} + std::chrono::days{365 * 200}}};
  data.requests = {{.id = {"run-a"},
                    .task = Task::chat,
                    .phase = Phase::first_token,
                    .model = "llama3.1:8b",
                    .attempts = 1,
                    .age = milliseconds{65'000}},
                   {.id = {"run-b"}, .role = implementation, .phase = Phase::queued}};
  data.requests_total = 2;
  state.data = data;
  state.now = std::chrono::system_clock::time_point{} + seconds{900};
  return state;
}

std::string text_of(const StyledText& line) {
  std::string text;
  for (const auto& run : line)
    text += run.text;
  return text;
}

std::string screen_of(const TopState& state, const TopControl& control = {}, std::size_t rows = 24,
                      std::size_t cells = 80) {
  std::string text;
  for (const auto& line : top_lines(state, control, rows, cells))
    text += text_of(line) + "\n";
  return text;
}

bool shows(const std::string& screen, std::string_view text) {
  return screen.find(text) != std::string::npos;
}

/// The text of the line that is selected.
std::string selected_in(const TopState& state, const TopControl& control, std::size_t rows = 24) {
  for (const auto& line : top_lines(state, control, rows, 80))
    for (const auto& run : line)
      if (run.style.reversed)
        return run.text;
  return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(top_layout)

BOOST_AUTO_TEST_CASE(the_smallest_screen_shows_what_can_be_cancelled) {
  auto state = busy();
  state.data->health.components.clear();
  const TopControl control;
  const auto screen = screen_of(state, control, 8, 80);
  BOOST_TEST(shows(screen, "REQUESTS 2"), screen);
  BOOST_TEST(shows(screen, "run-a"), screen);
  BOOST_TEST(!shows(screen, "QUEUE"), screen);
  BOOST_TEST(shows(screen_of(state, control, 12, 80), "QUEUE"));
}

BOOST_AUTO_TEST_CASE(everything_stands_on_the_usual_screen) {
  const auto screen = screen_of(busy());
  for (const std::string_view text : {"127.0.0.1:11435",
                                      "Ollama 0.5.1",
                                      "circuit closed",
                                      "restarts: OllamaClientActor 2",
                                      "ROLE",
                                      "overseer",
                                      "implementation",
                                      "MODELS IN MEMORY 2",
                                      "llama3.1:8b  5.0 GB",
                                      "1m40s",
                                      "for ever",
                                      "REQUESTS 2",
                                      "answering",
                                      "1m05s",
                                      "run-a",
                                      "queued",
                                      "run-b",
                                      "EVENTS",
                                      "component_failed OllamaClientActor: it broke",
                                      "q quit"})
    BOOST_TEST(shows(screen, text), text << " is missing in\n" << screen);
  BOOST_TEST(std::ranges::count(screen, '\n') == 24);
}

BOOST_AUTO_TEST_CASE(every_size_fits) {
  auto state = busy();
  state.data->requests.resize(50, state.data->requests.back());
  state.data->health.components.push_back({.name = "RoleActor", .last_failure = "gone"});
  state.trouble = "The node does not answer.";
  for (std::size_t rows = 0; rows < 40; ++rows)
    for (std::size_t cells = 1; cells < 130; cells += 3) {
      const auto lines = top_lines(state, {}, rows, cells);
      BOOST_REQUIRE(lines.size() <= rows);
      for (const auto& line : lines)
        BOOST_REQUIRE(width_of(text_of(line)) <= cells);
    }
  BOOST_TEST(shows(screen_of(state, {}, 7, 80), "Too small"));
  BOOST_TEST(shows(screen_of(state, {}, 24, 29), "Too small"));
}

BOOST_AUTO_TEST_CASE(before_the_first_answer_nothing_is_counted) {
  const auto screen = screen_of({.node = "x:1"});
  BOOST_TEST(shows(screen, "Waiting for the first answer"));
  BOOST_TEST(!shows(screen, "ROLE"));
}

BOOST_AUTO_TEST_CASE(a_node_that_is_gone_is_told_with_the_age_of_what_is_shown) {
  auto state = busy();
  state.trouble = "No node answers.";
  state.silence = seconds{75};
  BOOST_TEST(shows(screen_of(state), "No answer for 1m15s. No node answers."));
}

BOOST_AUTO_TEST_CASE(an_open_circuit_and_a_silent_ollama_are_told) {
  auto state = busy();
  state.data->health.reachable = false;
  state.data->health.circuit = {.state = Circuit::open,
                                .failures = 5,
                                .next_probe = milliseconds{2500},
                                .last_failure = "connection refused"};
  const auto screen = screen_of(state);
  BOOST_TEST(shows(screen, "Ollama does not answer."));
  BOOST_TEST(shows(screen, "circuit open, next probe in 3s (connection refused)"));
}

BOOST_AUTO_TEST_CASE(what_a_node_tells_cannot_control_the_terminal) {
  auto state = busy();
  state.data->requests[0].id = {"a\033[2Jb"};
  state.data->health.events[0].detail = "x\ny\033]0;z\a";
  const auto screen = screen_of(state);
  BOOST_TEST(!shows(screen, "\033"));
  BOOST_TEST(shows(screen, "a[2Jb"));
}

BOOST_AUTO_TEST_CASE(the_selection_stays_with_its_entry) {
  auto state = busy();
  TopControl control;
  control.update(state);
  BOOST_TEST(shows(selected_in(state, control), "run-a"));
  BOOST_TEST(!control.press(TopKey::down, state).has_value());
  BOOST_TEST(shows(selected_in(state, control), "run-b"));
  // An entry before it has ended.
  state.data->requests.erase(state.data->requests.begin());
  control.update(state);
  BOOST_TEST(shows(selected_in(state, control), "run-b"));
  state.data->requests.clear();
  control.update(state);
  BOOST_TEST(selected_in(state, control) == "");
  BOOST_TEST(!control.press(TopKey::down, state).has_value());
  BOOST_TEST(!control.press(TopKey::cancel, state).has_value());
  BOOST_TEST(control.message() == "There is no request to cancel.");
}

BOOST_AUTO_TEST_CASE(a_long_list_follows_the_selection) {
  auto state = busy();
  state.data->requests.clear();
  for (int i = 0; i < 100; ++i)
    state.data->requests.push_back({.id = {"id-" + std::to_string(i)}});
  TopControl control;
  control.update(state);
  for (int i = 0; i < 100; ++i) {
    BOOST_REQUIRE(shows(selected_in(state, control), "id-" + std::to_string(i)));
    static_cast<void>(control.press(TopKey::down, state));
  }
  static_cast<void>(control.press(TopKey::first, state));
  BOOST_TEST(shows(selected_in(state, control), "id-0"));
  static_cast<void>(control.press(TopKey::last, state));
  BOOST_TEST(shows(selected_in(state, control), "id-99"));
}

BOOST_AUTO_TEST_CASE(cancelling_is_confirmed) {
  const auto state = busy();
  TopControl control;
  control.update(state);
  BOOST_TEST(!control.press(TopKey::cancel, state).has_value());
  BOOST_TEST(shows(screen_of(state, control), "Cancel the request run-a? y/n"));
  // Anything else means no, and a resize means nothing.
  BOOST_TEST(!control.press(TopKey::redraw, state).has_value());
  BOOST_TEST(!control.press(TopKey::other, state).has_value());
  BOOST_TEST(!control.press(TopKey::yes, state).has_value());
  static_cast<void>(control.press(TopKey::cancel, state));
  const auto action = control.press(TopKey::yes, state);
  BOOST_REQUIRE(action.has_value());
  BOOST_TEST(std::get<CancelRequest>(*action).id.value == "run-a");
  BOOST_TEST(control.question() == "");
}

BOOST_AUTO_TEST_CASE(a_question_is_about_the_entry_that_was_selected) {
  auto state = busy();
  TopControl control;
  control.update(state);
  static_cast<void>(control.press(TopKey::cancel, state));
  state.data->requests.erase(state.data->requests.begin());
  control.update(state);
  BOOST_TEST(std::get<CancelRequest>(control.press(TopKey::yes, state).value()).id.value ==
             "run-a");
}

BOOST_AUTO_TEST_CASE(unloading_is_confirmed) {
  const auto state = busy();
  TopControl control;
  control.update(state);
  static_cast<void>(control.press(TopKey::next_list, state));
  static_cast<void>(control.press(TopKey::down, state));
  BOOST_TEST(selected_in(state, control).starts_with("owl"));
  static_cast<void>(control.press(TopKey::unload, state));
  BOOST_TEST(control.question() == "Unload owl? y/n");
  BOOST_TEST(std::get<UnloadModel>(control.press(TopKey::yes, state).value()).model == "owl");
  BOOST_TEST(std::holds_alternative<LeaveTop>(control.press(TopKey::quit, state).value()));
}

BOOST_AUTO_TEST_CASE(tokens_belong_to_the_time_in_which_they_were_made) {
  TokenHistory history;
  const TokenHistory::Time begin{seconds{100}};
  history.note(1000, seconds{50}, begin);
  BOOST_TEST(history.rate() == 0);
  history.note(1100, seconds{60}, begin + seconds{20});
  BOOST_TEST(history.rate() == 10);
  const auto recent = history.recent(20);
  BOOST_TEST(recent.size() == 20u);
  BOOST_TEST(recent[9] == 0);
  BOOST_TEST(recent[10] == 10);
  BOOST_TEST(recent[19] == 10);
  history.note(1100, seconds{60}, begin + seconds{25});
  BOOST_TEST(history.rate() == 5);
  // A node that has started anew.
  history.note(7, seconds{1}, begin + seconds{26});
  history.note(17, seconds{2}, begin + seconds{200});
  const auto minute = history.recent(60);
  BOOST_TEST(std::accumulate(minute.begin(), minute.end(), 0.0) == 10);
}

BOOST_AUTO_TEST_CASE(bars_are_relative_to_the_highest) {
  BOOST_TEST(bars_of({0, 1, 4, 8}) == " ▁▄█");
  BOOST_TEST(bars_of({0, 0}) == "  ");
  BOOST_TEST(bars_of({}) == "");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_model_is_a_time_for_ever_or_near) {
  const std::chrono::system_clock::time_point now{seconds{1000}};
  BOOST_TEST(time_left(std::nullopt, now) == "-");
  BOOST_TEST(time_left(WallTime{seconds{1130}}, now) == "2m10s");
  BOOST_TEST(time_left(WallTime{seconds{999}}, now) == "stopping");
  BOOST_TEST(time_left(WallTime{std::chrono::days{365 * 250}}, now) == "for ever");
  BOOST_TEST(time_of_end(WallTime{std::chrono::days{365 * 250}}, now) == "for ever");
  BOOST_TEST(time_of_end(std::nullopt, now) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace top_layout_test

} // namespace nexus::llm::cli::test
