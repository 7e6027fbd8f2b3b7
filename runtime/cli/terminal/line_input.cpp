// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/line_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "config/text.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/interrupts.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t longest_input_line = std::size_t{64} << 20;

tl::unexpected<LLMError> no_input(const std::string& name, const std::error_code& error) {
  return failure(ErrorCode::invalid_argument, "`" + name + "` cannot be read: " + error.message());
}

} // namespace

LineInput::LineInput(std::string name, FileDescriptor file)
    : name_{std::move(name)}, file_{std::move(file)}, framer_{std::in_place, longest_input_line} {}

Result<LineInput> LineInput::open(const std::string& path) {
  const bool is_stdin = path == "-";
  FileDescriptor file{is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const std::string name = is_stdin ? "stdin" : path;
  if (!file.valid())
    return no_input(name, last_error());
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
    return no_input(name, std::make_error_code(std::errc::is_a_directory));
  return LineInput{name, std::move(file)};
}

std::string LineInput::place(std::uint64_t line) const {
  return name_ + ":" + std::to_string(line);
}

bool LineInput::rewind() {
  if (::lseek(file_.get(), 0, SEEK_SET) != 0)
    return false;
  framer_.emplace(longest_input_line);
  number_ = 0;
  ended_ = false;
  return true;
}

Result<bool> LineInput::read_more() {
  // The framer moves what is left of a piece with each line that it gives.
  std::array<char, 8 * 1024> buffer{};
  for (;;) {
    std::array<pollfd, 2> entries{pollfd{file_.get(), POLLIN, 0},
                                  pollfd{Interrupts::current_descriptor(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR)
      return no_input(name_, last_error());
    if (entries[1].revents != 0)
      return failure(ErrorCode::cancelled, "");
    if (entries[0].revents == 0)
      continue;
    const auto count = ::read(file_.get(), buffer.data(), buffer.size());
    if (count > 0)
      framer_->append({buffer.data(), static_cast<std::size_t>(count)});
    if (count >= 0)
      return count > 0;
    if (errno != EINTR && errno != EAGAIN)
      return no_input(name_, last_error());
  }
}

Result<std::optional<LineInput::Line>> LineInput::next() {
  for (;;) {
    auto line = framer_->next();
    if (!line && !ended_) {
      const auto more = read_more();
      if (!more)
        return failure(more.error());
      ended_ = !*more;
      continue;
    }
    if (!line)
      line = framer_->last();
    if (!line)
      return std::optional<Line>{};
    ++number_;
    if (line->too_long)
      return failure(ErrorCode::invalid_argument,
                     place(number_) + ": the line is longer than 64 MiB");
    if (const auto fault = text_fault(line->text); !fault.empty())
      return failure(ErrorCode::invalid_argument, "`" + place(number_) + "` " + fault);
    if (number_ == 1)
      line->text = std::string{without_byte_order_mark(line->text)};
    if (!trim(line->text).empty())
      return std::optional{Line{.number = number_, .text = std::move(line->text)}};
  }
}

} // namespace nexus::llm::cli
