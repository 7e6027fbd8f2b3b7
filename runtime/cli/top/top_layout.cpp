// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/top/top_layout.hpp"

#include <algorithm>
#include <ctime>
#include <string>

#include "runtime/cli/format.hpp"
#include "runtime/cli/model_end.hpp"
#include "runtime/cli/terminal/terminal_filter.hpp"
#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t least_rows = 8;
constexpr std::size_t least_cells = 30;
constexpr std::size_t most_models = 4;
constexpr std::size_t most_events = 4;
constexpr std::size_t longest_history = 60;
/// An answer that is older is told to be old.
constexpr std::chrono::seconds old_answer{4};

using Rows = std::vector<std::vector<std::string>>;

std::string safe(std::string_view text) {
  auto filtered = TerminalFilter{}(text);
  std::ranges::replace(filtered, '\n', ' ');
  std::ranges::replace(filtered, '\t', ' ');
  return filtered;
}

StyledText clipped(const StyledText& line, std::size_t cells) {
  StyledText shown;
  for (const auto& run : line) {
    const auto text = clip_to_width(run.text, cells);
    cells -= width_of(text);
    if (!text.empty())
      shown.push_back({std::string{text}, run.style});
  }
  return shown;
}

std::string_view word_for(Phase phase) {
  switch (phase) {
  case Phase::queued:
    return "queued";
  case Phase::sent:
    return "sent";
  case Phase::loading:
    return "loading";
  case Phase::first_token:
    return "answering";
  case Phase::retrying:
    return "retrying";
  case Phase::restarted:
    return "restarted";
  case Phase::done:
    break;
  }
  return "done";
}

std::string time_of_day(std::chrono::system_clock::time_point now) {
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::string text(8, '\0');
  static_cast<void>(std::strftime(text.data(), text.size() + 1, "%T", &local));
  return text;
}

/// The heading and the entries of a list that may be longer than its place.
struct Section {
  std::string title;
  std::vector<std::string> lines =
      {};                   ///< the first is the heading of the columns, if there are any
  std::size_t selected = 0; ///< an index of `lines`
  bool is_list = false;     ///< has columns and a selection
  bool has_focus = false;
};

std::vector<std::string> table_lines(const Rows& rows) {
  std::vector<std::string> lines;
  const auto text = format_table(rows);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Lays out one screen. Not thread-safe.
class Layout {
public:
  Layout(const TopState& state, const TopControl& control, std::size_t rows, std::size_t cells)
      : state_{state}, control_{control}, rows_{rows}, cells_{cells} {}

  std::vector<StyledText> lines() {
    if (rows_ < least_rows || cells_ < least_cells) {
      if (rows_ > 0)
        lines_.push_back(
            clipped({{"Too small: 30 columns and 8 rows are the least.", {}}}, cells_));
      return std::move(lines_);
    }
    add_head();
    if (state_.data)
      add_data(*state_.data);
    else if (state_.trouble.empty())
      add({{"Waiting for the first answer ...", {}}});
    lines_.resize(rows_ - 1);
    lines_.push_back(clipped(foot(), cells_));
    return std::move(lines_);
  }

private:
  /// Adds a line, if there is room for it and for the last line.
  void add(const StyledText& line) {
    if (lines_.size() + 1 < rows_)
      lines_.push_back(clipped(line, cells_));
  }

  void add_head() {
    const std::string left = "nexus-llm top  " + safe(state_.node);
    std::string right;
    if (state_.data) {
      const auto& health = state_.data->health;
      right = health.reachable ? "Ollama " + safe(health.version) + "  " : "";
    }
    right += time_of_day(state_.now);
    const auto used = width_of(left) + width_of(right);
    const auto gap = used + 2 <= cells_ ? cells_ - used : 2;
    add({{left, {.strong = true}}, {std::string(gap, ' ') + right, {}}});
    if (!state_.trouble.empty() || (state_.data && state_.silence >= old_answer))
      add({{(state_.data ? "No answer for " + format_coarse(state_.silence) + ". " : "") +
                safe(state_.trouble),
            {.strong = true}}});
  }

  void add_data(const TopData& data) {
    add_conditions(data.health);
    constexpr std::size_t least_of_requests = 5;
    // On a small screen, the list that `c` is for comes before the figures of the roles.
    const auto roles = role_lines(data.health);
    if (lines_.size() + 1 + roles.size() + least_of_requests + 1 <= rows_) {
      add({});
      for (const auto& line : roles)
        add({{line, {.strong = &line == &roles.front()}}});
    }
    auto requests = request_section(data);
    auto models = model_section(data);
    auto events = event_section(data.health);
    // The heading of a section, and of its columns, are lines as well, and so is a blank one
    // before.
    const auto room = rows_ > lines_.size() + 1 ? rows_ - lines_.size() - 1 : 0;
    const auto of_models = std::min(models.lines.size(), most_models + 1) + 2;
    const auto of_events = std::min(events.lines.size(), most_events) + 2;
    const bool has_models = room >= least_of_requests + of_models;
    const bool has_events = has_models && room >= least_of_requests + of_models + of_events;
    const auto others = (has_models ? of_models : 0) + (has_events ? of_events : 0);
    if (has_models)
      add_section(models, of_models);
    add_section(requests, room - others);
    if (has_events)
      add_section(events, of_events);
  }

  void add_conditions(const Health& health) {
    if (!health.reachable)
      add({{"Ollama does not answer.", {.strong = true}}});
    const auto& circuit = health.circuit;
    std::string text =
        "circuit " +
        std::string{circuit.state == Circuit::half_open ? "half open" : to_string(circuit.state)};
    if (circuit.state == Circuit::open)
      text += ", next probe in " +
              format_coarse(std::chrono::ceil<std::chrono::seconds>(circuit.next_probe));
    if (!circuit.last_failure.empty())
      text += " (" + safe(circuit.last_failure) + ")";
    std::string restarts;
    for (const auto& component : health.components) {
      if (component.restarts > 0)
        restarts += (restarts.empty() ? "" : ", ") + safe(component.name) + " " +
                    std::to_string(component.restarts);
      if (!component.running)
        add({{safe(component.name) + " does not run. " + safe(component.last_failure),
              {.strong = true}}});
    }
    add({{text, {.strong = circuit.state != Circuit::closed}},
         {"  restarts: " + (restarts.empty() ? "none" : restarts), {.strong = !restarts.empty()}}});
  }

  [[nodiscard]] std::vector<std::string> role_lines(const Health& health) const {
    const auto rows_with = [&](std::size_t history) {
      Rows rows{{"ROLE", "QUEUE", "RUN", "TOK/S", history > 0 ? "HISTORY" : "", "DONE", "FAILED",
                 "RETRIES"}};
      for (const auto& role : health.roles) {
        const auto& tokens = state_.history[role.role];
        rows.push_back({std::string{to_string(role.role)}, std::to_string(role.queued),
                        std::to_string(role.in_flight), format_number(tokens.rate(), 1),
                        bars_of(tokens.recent(history)), std::to_string(role.answered),
                        std::to_string(role.failed), std::to_string(role.retries)});
      }
      return rows;
    };
    const auto bare = table_lines(rows_with(0));
    const auto used = bare.empty() ? 0 : width_of(bare.front());
    constexpr std::size_t least_history = 7;
    const auto history =
        used + least_history > cells_ ? 0 : std::min(longest_history, cells_ - used);
    return table_lines(rows_with(history));
  }

  Section request_section(const TopData& data) const {
    Section section{.title = "REQUESTS " + std::to_string(data.requests_total),
                    .is_list = true,
                    .has_focus = control_.list() == TopControl::List::requests};
    if (data.requests.empty())
      return section;
    Rows rows{{"ROLE", "TASK", "PHASE", "AGE", "MODEL", "TRY", "ID"}};
    for (const auto& request : data.requests)
      rows.push_back({std::string{to_string(request.role)}, std::string{to_string(request.task)},
                      std::string{word_for(request.phase)},
                      format_coarse(std::chrono::floor<std::chrono::seconds>(request.age)),
                      request.model.empty() ? "-" : safe(request.model),
                      std::to_string(request.attempts), safe(request.id.value)});
    section.lines = table_lines(rows);
    section.selected = control_.selected(TopControl::List::requests) + 1;
    return section;
  }

  Section model_section(const TopData& data) const {
    Section section{.title = "MODELS IN MEMORY " + std::to_string(data.models.size()),
                    .is_list = true,
                    .has_focus = control_.list() == TopControl::List::models};
    if (data.models.empty())
      return section;
    Rows rows{{"MODEL", "SIZE", "ON GPU", "CONTEXT", "LEFT"}};
    for (const auto& model : data.models)
      rows.push_back({safe(model.name), format_bytes(model.size), format_bytes(model.size_vram),
                      model.context_length ? std::to_string(model.context_length) : "-",
                      time_left(model.expires_at, state_.now)});
    section.lines = table_lines(rows);
    section.selected = control_.selected(TopControl::List::models) + 1;
    return section;
  }

  static Section event_section(const Health& health) {
    Section section{.title = "EVENTS"};
    const auto count = std::min(health.events.size(), most_events);
    for (auto event = health.events.end() - static_cast<std::ptrdiff_t>(count);
         event != health.events.end(); ++event)
      section.lines.push_back(std::string{to_string(event->kind)} + " " + safe(event->subject) +
                              (event->detail.empty() ? "" : ": " + safe(event->detail)));
    return section;
  }

  /// Adds a section with a blank line before it, in at most so many lines. The selected entry is
  /// among those that fit.
  void add_section(const Section& section, std::size_t room) {
    if (room < 2)
      return;
    add({});
    add({{section.title, {.strong = true, .underlined = section.has_focus}}});
    room -= 2;
    const auto& lines = section.lines;
    if (lines.empty() || room == 0)
      return;
    std::size_t first = 0;
    if (section.is_list) {
      add({{lines.front(), {.faint = true}}});
      first = 1;
      if (--room == 0)
        return;
      if (section.selected >= first + room)
        first = section.selected - room + 1;
    }
    for (std::size_t i = first; i < std::min(lines.size(), first + room); ++i) {
      const bool selected = section.is_list && section.has_focus && i == section.selected;
      auto text = lines[i];
      if (selected && width_of(text) < cells_)
        text.append(cells_ - width_of(text), ' ');
      add({{text, {.reversed = selected}}});
    }
  }

  [[nodiscard]] StyledText foot() const {
    if (const auto question = control_.question(); !question.empty())
      return {{safe(question), {.reversed = true}}};
    if (!control_.message().empty())
      return {{safe(control_.message()), {.strong = true}}};
    return {{"q quit  Tab other list  Up Down select  c cancel request  u unload model",
             {.faint = true}}};
  }

  const TopState& state_;
  const TopControl& control_;
  std::size_t rows_;
  std::size_t cells_;
  std::vector<StyledText> lines_;
};

} // namespace

std::vector<StyledText> top_lines(const TopState& state, const TopControl& control,
                                  std::size_t rows, std::size_t cells) {
  return Layout{state, control, rows, cells}.lines();
}

} // namespace nexus::llm::cli
