// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/terminal/terminal_line.hpp"

namespace nexus::llm::cli {

namespace {
constexpr std::size_t longest_line = std::size_t{1} << 30;
} // namespace

LineSource::Event LineReader::next(std::string_view sign, std::string& line) {
  if (person_)
    output_.aside(sign);
  const auto event = wait_for(line);
  if (person_ && event == Event::line)
    output_.aside_ended_by_user();
  return event == Event::line ? check(line) : event;
}

LineSource::Event LineReader::wait_for(std::string& line) {
  // The caller checks for interrupts; without an action, an interrupt would terminate the program.
  const auto noticing = interrupts_.during([] {});
  std::array<char, 4096> piece{};
  for (;;) {
    if (interrupts_.interrupted())
      return Event::interrupt;
    if (take_line(line))
      return Event::line;
    if (ended_)
      return Event::end;
    if (buffer_.size() > longest_line) {
      error_ = {.code = ErrorCode::invalid_prompt, .subject = "a line of stdin is too long"};
      return Event::broken;
    }
    std::array<pollfd, 2> entries{pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{interrupts_.descriptor(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0 || entries[0].revents == 0)
      continue;
    const auto count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count > 0) {
      buffer_.append(piece.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      ended_ = true;
    } else if (errno != EINTR && errno != EAGAIN) {
      error_ = {.code = ErrorCode::invalid_argument,
                .subject = "stdin cannot be read: " + std::generic_category().message(errno)};
      return Event::broken;
    }
  }
}

bool LineReader::take_line(std::string& line) {
  auto end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    if (!ended_ || buffer_.empty())
      return false;
    end = buffer_.size();
  }
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  searched_ = 0;
  return true;
}

/// Rejects a line that is not text or is truncated.
LineSource::Event LineReader::check(std::string& line) {
  if (person_ && is_cut_by_terminal(line)) {
    error_ = {.code = ErrorCode::invalid_prompt, .subject = cut_line_fault()};
    return Event::failed;
  }
  if (!std::exchange(begun_, true))
    line.erase(0, line.size() - without_byte_order_mark(line).size());
  if (line.ends_with('\r'))
    line.pop_back();
  if (auto fault = text_fault(line); !fault.empty()) {
    error_ = {.code = ErrorCode::invalid_prompt, .subject = "a line of stdin " + fault};
    return Event::failed;
  }
  return Event::line;
}

} // namespace nexus::llm::cli
