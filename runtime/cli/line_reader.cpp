#include "runtime/cli/line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace nexus::llm::cli {

LineReader::Event LineReader::next(std::string& line) {
  // The caller looks at the interrupt itself; without an action it would end the program.
  const auto noticing = interrupts_.during([] {});
  std::array<char, 4096> piece{};
  for (;;) {
    if (interrupts_.interrupted())
      return Event::interrupt;
    if (take_line(line))
      return Event::line;
    if (ended_)
      return Event::end;
    std::array<pollfd, 2> entries{pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{interrupts_.descriptor(), POLLIN, 0}};
    if (::poll(entries.data(), entries.size(), -1) < 0 || entries[0].revents == 0)
      continue;
    const auto count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (count > 0)
      buffer_.append(piece.data(), static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EINTR && errno != EAGAIN))
      ended_ = true;
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
  if (line.ends_with('\r'))
    line.pop_back();
  buffer_.erase(0, end + 1);
  searched_ = 0;
  return true;
}

} // namespace nexus::llm::cli
