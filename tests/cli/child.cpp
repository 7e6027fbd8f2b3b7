// SPDX-License-Identifier: BSD-3-Clause
#include "tests/cli/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace nexus::llm::cli::test {

namespace {

/// A pipe has no room for more where a page of it is missing.
constexpr int page_bytes = 4096;

/// Looks again and again, as nothing tells of it.
template <class Condition> bool wait_for(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

int bytes_in(int pipe) {
  int bytes = 0;
  return ::ioctl(pipe, FIONREAD, &bytes) == 0 ? bytes : -1;
}

void check(int error, const char* what) {
  if (error != 0)
    throw std::system_error{error, std::generic_category(), what};
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe");
  return ends;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

} // namespace

Child::Child(const ChildOptions& options) : patience_{options.patience} {
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> arguments = options.wrapper;
  arguments.push_back(options.program);
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : options.environment)
    environment.push_back(name + "=" + value);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  if (options.terminal)
    start_on_terminal(options, const_cast<char**>(argv.data()), const_cast<char**>(envp.data()));
  else
    start_on_pipes(options, const_cast<char**>(argv.data()), const_cast<char**>(envp.data()));
}

void Child::start_on_pipes(const ChildOptions& options, char** arguments, char** environment) {
  const auto in = make_pipe();
  const auto out = make_pipe();
  const auto err = make_pipe();
  if (options.non_blocking)
    for (const int end : {in[0], out[1], err[1]})
      ::fcntl(end, F_SETFL, ::fcntl(end, F_GETFL) | O_NONBLOCK);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  if (options.output_file.empty())
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  else
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, options.output_file.c_str(),
                                       O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  // A socket of this process that the child held too would outlive its end here.
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int error =
      ::posix_spawn(&process_, arguments[0], &actions, &attributes, arguments, environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  ::close(err[1]);
  input_ = in[1];
  out_.descriptor = out[0];
  err_.descriptor = err[0];
  check(error, "posix_spawn");
}

void Child::start_on_terminal(const ChildOptions& options, char** arguments, char** environment) {
  const winsize size{
      .ws_row = options.rows, .ws_col = options.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int terminal = -1;
  process_ = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (process_ == 0) {
    ::closefrom(STDERR_FILENO + 1);
    if (::chdir(options.directory.c_str()) == 0)
      ::execve(arguments[0], arguments, environment);
    ::_exit(127);
  }
  check(process_ > 0 ? 0 : errno, "forkpty");
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
  input_ = ::dup(terminal);
  ::fcntl(input_, F_SETFD, FD_CLOEXEC);
  out_.descriptor = terminal;
}

Child::~Child() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  close(input_);
  close(out_.descriptor);
  close(err_.descriptor);
}

void Child::close(int& descriptor) {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

void Child::write(std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(input_, text.data(), text.size());
    if (count <= 0)
      return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Child::close_input() { close(input_); }

void Child::close_output() { close(out_.descriptor); }

void Child::signal(int number) const { ::kill(process_, number); }

void Child::signal_all(int number) const { ::kill(-process_, number); }

bool Child::wait_until_read() const {
  return wait_for([this] { return bytes_in(input_) == 0; });
}

bool Child::wait_until_full() const {
  return wait_for([this] {
    return bytes_in(out_.descriptor) >= ::fcntl(out_.descriptor, F_GETPIPE_SZ) - page_bytes + 1;
  });
}

int Child::wait_unread() {
  int status = 0;
  if (!wait_for([&] { return ::waitpid(process_, &status, WNOHANG) == process_; }))
    throw std::runtime_error{"the program did not end"};
  process_ = -1;
  return code_of(status);
}

int Child::code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool Child::read_until(std::string_view text) { return search(out_, text); }

bool Child::read_error_until(std::string_view text) { return search(err_, text); }

bool Child::read_until(const std::function<bool(const std::string&)>& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (!wanted(out_.text))
    if (!read_more(deadline))
      return wanted(out_.text);
  return true;
}

bool Child::search(Stream& stream, std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  for (;;) {
    if (const auto at = stream.text.find(text, stream.found); at != std::string::npos) {
      stream.found = at + text.size();
      return true;
    }
    if (!read_more(deadline))
      return false;
  }
}

bool Child::read_more(std::chrono::steady_clock::time_point deadline) {
  std::array<pollfd, 2> entries{pollfd{out_.descriptor, POLLIN, 0},
                                pollfd{err_.descriptor, POLLIN, 0}};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  const bool over = out_.descriptor < 0 && err_.descriptor < 0;
  if (over || left.count() <= 0)
    return false;
  if (::poll(entries.data(), entries.size(), static_cast<int>(left.count())) <= 0)
    return false;
  std::array<char, 64 * 1024> piece{};
  for (auto* stream : {&out_, &err_}) {
    if (entries[stream == &out_ ? 0 : 1].revents == 0)
      continue;
    const auto count = ::read(stream->descriptor, piece.data(), piece.size());
    // A terminal whose other side was closed reads as an error.
    if (count > 0)
      stream->text.append(piece.data(), static_cast<std::size_t>(count));
    else
      close(stream->descriptor);
  }
  return true;
}

int Child::wait() {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (read_more(deadline)) {
  }
  if (out_.descriptor >= 0 || err_.descriptor >= 0)
    throw std::runtime_error{"the program did not end; it wrote: " + out_.text + err_.text};
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return code_of(status);
}

Outcome outcome_of(Child& child) {
  child.close_input();
  const int code = child.wait();
  return {code, child.out(), child.err()};
}

} // namespace nexus::llm::cli::test
