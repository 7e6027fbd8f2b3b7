// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/file_sink.hpp"

#include <string_view>

#include "runtime/cli/count_text.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

void FileSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  auto text = note_of_missing(message);
  text.append(line.data(), line.size());
  const auto error = file_.add(text);
  if (!error) {
    missing_ = 0;
    return;
  }
  why_ = error;
  if (missing_++ == 0)
    output_.warning("The log file " + name_ + " cannot be written (" + error.message() +
                    "). Lines are missing there until it can.");
}

std::string FileSink::note_of_missing(const spdlog::details::log_msg& next) {
  if (missing_ == 0)
    return {};
  const auto text = count_of(missing_, "line") + (missing_ == 1 ? " is" : " are") +
                    " missing here: " + why_.message();
  auto note = next;
  note.level = spdlog::level::warn;
  note.payload = text;
  spdlog::memory_buf_t line;
  formatter_->format(note, line);
  return {line.data(), line.size()};
}

} // namespace nexus::llm::cli
