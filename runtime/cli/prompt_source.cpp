// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/prompt_source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "config/file_io.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/stream_io.hpp"
#include "runtime/cli/terminal/terminal_line.hpp"

namespace nexus::llm::cli {

namespace {

/// Limits the memory of this program; the setting `maxPromptBytes` limits the prompt itself.
constexpr std::size_t largest_input = std::size_t{1} << 30;

Result<std::string> unreadable(const std::string& name, const std::string& why) {
  return failure(ErrorCode::invalid_argument, "`" + name + "` cannot be read: " + why);
}

/// Waits until something can be read. Returns false on an interrupt.
bool wait_for_input(int descriptor) {
  std::array<pollfd, 2> entries{pollfd{descriptor, POLLIN, 0},
                                pollfd{Interrupts::current_descriptor(), POLLIN, 0}};
  while (::poll(entries.data(), entries.size(), -1) < 0 && errno == EINTR) {
  }
  return entries[1].revents == 0;
}

Result<std::string> read_all(int descriptor, const std::string& name) {
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    if (!wait_for_input(descriptor))
      return failure(ErrorCode::cancelled, "");
    const auto count = read_some(descriptor, buffer);
    if (count == 0)
      return text;
    if (count < 0)
      return unreadable(name, std::generic_category().message(errno));
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > largest_input)
      return unreadable(name, "it is too large");
  }
}

/// Converts the bytes of a file to text.
Result<std::string> as_text(Result<std::string> bytes, const std::string& name) {
  if (!bytes)
    return bytes;
  if (const auto fault = text_fault(*bytes); !fault.empty())
    return failure(ErrorCode::invalid_argument, "`" + name + "` " + fault);
  return std::string{without_byte_order_mark(*bytes)};
}

Result<std::string> read_stdin() {
  auto text = as_text(read_all(STDIN_FILENO, "stdin"), "stdin");
  if (!text || ::isatty(STDIN_FILENO) != 1)
    return text;
  for (std::size_t begin = 0; begin < text->size();) {
    const auto end = std::min(text->find('\n', begin), text->size());
    if (is_cut_by_terminal(std::string_view{*text}.substr(begin, end - begin)))
      return failure(ErrorCode::invalid_prompt, cut_line_fault());
    begin = end + 1;
  }
  return text;
}

/// How long stdin may be silent before the user is told that it is read.
constexpr int silence_milliseconds = 1000;

/// Whether stdin may hold a part of the prompt: a file, a pipe or a connection, open for reading. A
/// terminal has it only if the user says so, and devices such as /dev/null never. Neither has a
/// listening socket, as service managers pass on.
bool stdin_may_hold_input() {
  struct stat status {};
  const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY || ::fstat(STDIN_FILENO, &status) != 0)
    return false;
  if (S_ISSOCK(status.st_mode)) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    return ::getpeername(STDIN_FILENO, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
  }
  return S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode);
}

/// Whether a file is stdin under another name, such as /dev/stdin.
bool is_stdin(const std::string& path) {
  struct stat file {};
  struct stat input {};
  return ::stat(path.c_str(), &file) == 0 && ::fstat(STDIN_FILENO, &input) == 0 &&
         file.st_dev == input.st_dev && file.st_ino == input.st_ino;
}

void tell_if_silent(const std::function<void()>& waiting) {
  pollfd entry{STDIN_FILENO, POLLIN, 0};
  if (waiting && ::poll(&entry, 1, silence_milliseconds) == 0)
    waiting();
}

using Words = std::vector<std::string>;

std::string join(Words::const_iterator begin, Words::const_iterator end) {
  std::string text;
  for (auto word = begin; word != end; ++word)
    text += (word == begin ? "" : " ") + *word;
  return text;
}

/// Appends a part after a blank line, without its trailing line ends.
void append_part(std::string& prompt, std::string part) {
  while (part.ends_with('\n') || part.ends_with('\r'))
    part.pop_back();
  if (part.empty())
    return;
  if (!prompt.empty())
    prompt += "\n\n";
  prompt += part;
}

} // namespace

Result<std::string> read_text_file(const std::string& path) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid())
    return unreadable(path, std::generic_category().message(errno));
  return as_text(read_all(file.get(), path), path);
}

Result<std::string> read_prompt(const PromptArguments& arguments,
                                const std::function<void()>& waiting) {
  const auto& words = arguments.words;
  const bool nothing_given = words.empty() && arguments.files.empty();
  if (nothing_given && ::isatty(STDIN_FILENO) == 1)
    return failure(ErrorCode::invalid_prompt,
                   "none is given; write it behind the command, name a file with -f, or pipe it "
                   "in");
  const auto dash = std::find(words.begin(), words.end(), "-");
  const auto behind = dash == words.end() ? dash : dash + 1;
  const bool stdin_wanted = nothing_given || dash != words.end();
  const bool stdin_taken = std::any_of(arguments.taken.begin(), arguments.taken.end(), is_stdin);
  const bool stdin_named =
      std::any_of(arguments.files.begin(), arguments.files.end(),
                  [](const auto& name) { return name == "-" || is_stdin(name); });
  const bool stdin_joins = !stdin_wanted && !stdin_named && !stdin_taken && stdin_may_hold_input();
  const bool stdin_last = stdin_joins || (stdin_wanted && behind == words.end());

  if (const auto fault = text_fault(join(words.begin(), words.end())); !fault.empty())
    return failure(ErrorCode::invalid_prompt, "it " + fault);
  std::string prompt;
  append_part(prompt, join(words.begin(), dash));
  if (stdin_wanted && !stdin_last) {
    auto text = read_stdin();
    if (!text)
      return text;
    append_part(prompt, std::move(*text));
    append_part(prompt, join(behind, words.end()));
  }
  for (const auto& name : arguments.files) {
    auto text = name == "-" ? read_stdin() : read_text_file(name);
    if (!text)
      return text;
    append_part(prompt, std::move(*text));
  }
  if (stdin_last) {
    if (stdin_joins)
      tell_if_silent(waiting);
    auto text = read_stdin();
    if (!text)
      return text;
    append_part(prompt, std::move(*text));
  }
  return prompt;
}

} // namespace nexus::llm::cli
