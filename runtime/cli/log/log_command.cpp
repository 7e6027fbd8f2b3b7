// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/log_command.hpp"

#include <unistd.h>

#include <optional>
#include <vector>

#include "runtime/cli/count_text.hpp"
#include "runtime/cli/format.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/state_directory.hpp"
#include "runtime/cli/terminal/answer_to_question.hpp"

namespace nexus::llm::cli {

namespace {

/// The settings; their defaults if they cannot be read, since the log can.
LogSettings settings_of(const CommonOptions& common) {
  const auto config = load_settings(common);
  return config ? config->log : LogSettings{};
}

std::optional<RequestLog> open_log(const LogSettings& settings) {
  auto directory = state_directory(process_environment());
  if (!directory)
    return std::nullopt;
  return RequestLog{std::move(*directory), settings.max_bytes};
}

LLMError no_place() {
  return {.code = ErrorCode::invalid_argument,
          .subject = "there is no place for a log; set HOME or XDG_STATE_HOME"};
}

LLMError cannot(const std::string& what, const RequestLog& log, const std::error_code& error) {
  return {.code = ErrorCode::invalid_argument,
          .subject =
              "the log cannot be " + what + ": " + log.file().string() + ": " + error.message()};
}

void tell_damaged(Output& output, const RequestLog& log, std::size_t damaged) {
  if (damaged > 0)
    output.warning(count_of(damaged, "line") + " of " + log.file().string() +
                   (damaged == 1 ? " is no entry and is" : " are no entries and are") +
                   " left out.");
}

/// Why there is nothing.
std::string text_of_nothing(const LogSettings& settings, const LogQuery& query) {
  if (!query.text.empty() || query.role)
    return "Nothing in the log is like that.";
  return settings.enabled ? "Nothing is logged yet."
                          : "Nothing is logged. `nexus-llm config set log.enabled true` lets the "
                            "program keep prompts and answers.";
}

/// A text on one line.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  return line;
}

std::string table_of(const std::vector<LogEntry>& entries) {
  std::vector<std::vector<std::string>> rows{{"ID", "TIME", "ROLE", "MODEL", "PROMPT"}};
  for (const auto& entry : entries)
    rows.push_back({entry.id, format_wall_time(entry.time), std::string{to_string(entry.role)},
                    entry.model, one_line(entry.prompt)});
  return format_table(rows);
}

std::string text_of(const LogEntry& entry) {
  std::string text;
  auto add = [&text](std::string label, const std::string& value) {
    if (value.empty())
      return;
    label.resize(16, ' ');
    text += label + value + "\n";
  };
  auto add_block = [&text](const std::string& label, const std::string& value) {
    if (!value.empty())
      text += "\n" + label + "\n" + value + (value.ends_with('\n') ? "" : "\n");
  };
  add("id", entry.id);
  add("time", format_wall_time(entry.time));
  add("role", std::string{to_string(entry.role)});
  add("model", entry.model);
  add("duration", format_duration(entry.duration));
  add("tokens",
      std::to_string(entry.prompt_tokens) + " in, " + std::to_string(entry.tokens) + " out");
  add("error", entry.error ? std::string{to_string(*entry.error)} : "");
  add_block("Prompt", entry.prompt);
  add_block("Answer", entry.answer);
  return text;
}

} // namespace

int run_log(const CommonOptions& common, const LogQuery& query) {
  Output output{common};
  const auto settings = settings_of(common);
  const auto log = open_log(settings);
  if (!log)
    return output.fail(no_place());
  const auto found = log->find(query);
  if (found.error)
    return output.fail(cannot("read", *log, found.error));
  tell_damaged(output, *log, found.damaged);
  if (output.json())
    for (const auto& entry : found.entries)
      output.object(entry);
  else if (found.entries.empty())
    output.message(text_of_nothing(settings, query));
  else
    output.answer_table(table_of(found.entries));
  return output.success();
}

int run_log_show(const CommonOptions& common, const std::string& id) {
  Output output{common};
  const auto settings = settings_of(common);
  const auto log = open_log(settings);
  if (!log)
    return output.fail(no_place());
  const auto found = log->find({.limit = id.empty() ? 1u : 2u, .id = id});
  if (found.error)
    return output.fail(cannot("read", *log, found.error));
  tell_damaged(output, *log, found.damaged);
  if (found.entries.empty())
    return output.fail(
        {.code = ErrorCode::invalid_argument,
         .subject = id.empty() ? "the log has no entry" : "the log has no entry `" + id + "`"});
  if (found.entries.size() > 1)
    return output.fail(
        {.code = ErrorCode::invalid_argument,
         .subject = "several entries of the log begin with `" + id + "`; give more of the id"});
  if (output.json())
    output.object(found.entries.front());
  else
    output.answer(text_of(found.entries.front()));
  return output.success();
}

int run_log_clear(const CommonOptions& common, bool certain) {
  Output output{common};
  const auto log = open_log(settings_of(common));
  if (!log)
    return output.fail(no_place());
  const auto found = log->find({});
  if (found.error)
    return output.fail(cannot("read", *log, found.error));
  const auto count = found.entries.size();
  if (!certain) {
    if (!can_ask())
      return output.fail({.code = ErrorCode::invalid_argument,
                          .subject = "`log clear` deletes for good; without a terminal to ask at, "
                                     "it needs --yes"});
    if (!confirm(output,
                 "Delete " +
                     (count == 1 ? "the entry" : "all " + std::to_string(count) + " entries") +
                     " of the log?")) {
      output.message("The log is unchanged.");
      return output.success();
    }
  }
  if (const auto error = log->clear())
    return output.fail(cannot("deleted", *log, error));
  if (output.json())
    output.object(LogCleared{count});
  else
    output.message("The log is empty.");
  return output.success();
}

} // namespace nexus::llm::cli
