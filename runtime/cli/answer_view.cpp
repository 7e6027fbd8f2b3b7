// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/answer_view.hpp"

#include <unistd.h>

#include <utility>

#include "runtime/cli/format.hpp"
#include "runtime/cli/terminal/terminal_size.hpp"

namespace nexus::llm::cli {

AnswerView::AnswerView(Output& output, bool markdown) : output_{output} {
  if (markdown && output.lays_out())
    markdown_.emplace(output.styles_answers());
}

/// Writes a part of an answer. Lines that begin later have the width that the terminal has now.
bool AnswerView::write(std::string_view text) {
  if (!markdown_)
    return output_.answer(text);
  markdown_->set_width(terminal_columns(STDOUT_FILENO));
  return output_.answer_drawn(markdown_->feed(text));
}

void AnswerView::end_text() {
  if (markdown_)
    output_.answer_drawn(markdown_->finish());
}

bool AnswerView::chunk(const LLMStreamChunk& chunk) {
  text_ += chunk.response;
  if (output_.json())
    return output_.object(chunk);
  output_.aside(chunk.thinking, Style::faint);
  return chunk.response.empty() || write(chunk.response);
}

void AnswerView::progress(const RequestProgress& progress) {
  switch (progress.phase) {
  case Phase::queued:
    output_.status("waiting, place " + std::to_string(progress.queue_position) +
                   " in the queue ...");
    break;
  case Phase::loading:
    output_.status("loading " + progress.model + ", then reading the prompt ...");
    break;
  case Phase::retrying:
    retrying(progress.reason ? sentence(*progress.reason) : "");
    break;
  case Phase::restarted:
    text_.clear();
    end_text();
    output_.finish_line();
    if (output_.json())
      output_.object(progress);
    output_.warning("the answer broke off and starts over; what came before does not count");
    break;
  case Phase::first_token:
    output_.clear_status();
    break;
  case Phase::sent:
  case Phase::done:
    break;
  }
}

/// Without a status line, shows a message for the first failed attempt, since the program would
/// seem to hang otherwise.
void AnswerView::retrying(const std::string& reason) {
  if (output_.shows_status())
    output_.status("trying again: " + reason);
  else if (!std::exchange(retry_told_, true))
    output_.message("trying again: " + reason);
}

void AnswerView::whole(const LLMResponse& response) {
  text_ = response.response;
  if (output_.json()) {
    output_.object(response);
    return;
  }
  output_.aside(response.thinking, Style::faint);
  write(response.response);
}

void AnswerView::finish(const LLMResponse& response) {
  output_.finish_line();
  output_.clear_status();
  output_.finish_aside();
  const auto& provenance = response.provenance;
  if (provenance.fallback)
    output_.warning("the fallback model " + response.model +
                    " answered, because the first choice could not");
  if (!response.remote_host.empty())
    output_.warning("the model ran at " + response.remote_host + ", not on this machine");
  if (provenance.prompt_truncated)
    output_.warning("the prompt was probably cut, as it is longer than the context window; raise "
                    "--num-ctx or shorten it");
  if (provenance.cut_by_length)
    output_.warning("the answer was cut at its length limit; raise --max-tokens or --num-ctx");
  if (output_.verbose())
    show_statistics(response);
}

void AnswerView::show_statistics(const LLMResponse& response) {
  const auto& stats = response.stats;
  const auto& provenance = response.provenance;
  auto rate = [](std::uint64_t count, std::chrono::nanoseconds duration) {
    const auto seconds = std::chrono::duration<double>{duration}.count();
    return format_number(seconds > 0 ? static_cast<double>(count) / seconds : 0, 2) + " tokens/s";
  };
  auto show = [this](std::string name, const std::string& value) {
    name += ':';
    name.resize(22, ' ');
    output_.message(name + value);
  };
  show("total duration", format_duration(stats.total_duration));
  show("load duration", format_duration(stats.load_duration));
  show("prompt eval count", std::to_string(stats.prompt_eval_count) + " token(s)");
  show("prompt eval duration", format_duration(stats.prompt_eval_duration));
  show("prompt eval rate", rate(stats.prompt_eval_count, stats.prompt_eval_duration));
  show("eval count", std::to_string(stats.eval_count) + " token(s)");
  show("eval duration", format_duration(stats.eval_duration));
  show("eval rate", rate(stats.eval_count, stats.eval_duration));
  show("model", response.model);
  show("attempts", std::to_string(provenance.attempts));
  show("queue time", format_duration(provenance.queue_time));
  // Unknown for an answer without streaming.
  if (provenance.first_chunk_time.count() > 0)
    show("first chunk time", format_duration(provenance.first_chunk_time));
}

} // namespace nexus::llm::cli
