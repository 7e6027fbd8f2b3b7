// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/answer_to_question.hpp"

#include <unistd.h>

#include <cerrno>

#include "config/text.hpp"

namespace nexus::llm::cli {

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

std::optional<std::string> answer_to(Output& output, const std::string& question) {
  output.aside(question + " ");
  std::string answer;
  for (char c = '\0';;) {
    const auto count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return std::nullopt;
    if (c == '\n')
      break;
    answer += c;
  }
  output.aside_ended_by_user();
  return std::string{trim(answer)};
}

bool confirm(Output& output, const std::string& question) {
  const auto answer = answer_to(output, question + " [y/N]");
  return answer && (*answer == "y" || *answer == "Y" || *answer == "yes");
}

} // namespace nexus::llm::cli
