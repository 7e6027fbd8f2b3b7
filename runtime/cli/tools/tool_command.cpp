// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/tools/tool_command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/file_io.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/format.hpp"
#include "runtime/cli/process_descriptor.hpp"
#include "runtime/cli/spawn_plan.hpp"

namespace nexus::llm::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t largest_result = std::size_t{1} << 20;
/// How long a command may take to end after SIGTERM.
constexpr std::chrono::milliseconds time_to_end{1000};
/// How often to look whether the child has ended where the system does not tell.
constexpr int look_milliseconds = 50;
constexpr std::string_view name_variable = "NEXUS_LLM_TOOL=";

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;

  static Pipe make() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      ends = {-1, -1};
    return {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
  }
};

void make_non_blocking(const FileDescriptor& file) {
  ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) | O_NONBLOCK);
}

/// The environment of this process and the name of the tool.
std::vector<std::string> environment_with(const std::string& tool) {
  auto variables = own_environment();
  std::erase_if(variables,
                [](const auto& variable) { return variable.starts_with(name_variable); });
  variables.push_back(std::string{name_variable} + tool);
  return variables;
}

/// The command while it runs, with its process group.
class RunningCommand {
public:
  RunningCommand() = default;
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;
  ~RunningCommand() {
    if (process_ > 0 && !status_) {
      ::kill(-process_, SIGKILL);
      wait(0);
    }
    Interrupts::kill_at_end(0);
  }

  /// Returns 0 or `errno`.
  int start(const std::string& command, const std::string& tool) {
    auto input = Pipe::make();
    auto output = Pipe::make();
    if (!input.read_end.valid() || !output.read_end.valid())
      return errno;
    SpawnPlan plan;
    plan.give(input.read_end.get(), STDIN_FILENO);
    plan.give(output.write_end.get(), STDOUT_FILENO);
    plan.leave_terminal();
    const auto error = plan.start(command + " \"$@\"", tool, environment_with(tool), process_);
    if (error != 0) {
      process_ = -1;
      return error;
    }
    Interrupts::kill_at_end(process_);
    end_ = open_process(process_);
    input_ = std::move(input.write_end);
    output_ = std::move(output.read_end);
    make_non_blocking(input_);
    make_non_blocking(output_);
    return 0;
  }

  void give(std::string_view& text) {
    const auto count = ::write(input_.get(), text.data(), text.size());
    if (count >= 0)
      text.remove_prefix(static_cast<std::size_t>(count));
    // A command need not read its input.
    else if (errno != EAGAIN && errno != EINTR)
      text = {};
    if (text.empty())
      input_ = FileDescriptor{};
  }

  /// Reads what is there. Closes the output at its end.
  void take(std::string& text) {
    std::array<char, 16384> buffer{};
    for (;;) {
      const auto count = ::read(output_.get(), buffer.data(), buffer.size());
      if (count > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > largest_result)
          return;
      } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        output_ = FileDescriptor{};
        return;
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }

  [[nodiscard]] int input() const { return input_.get(); }
  [[nodiscard]] int output() const { return output_.get(); }
  [[nodiscard]] int end() const { return end_.get(); }
  [[nodiscard]] const std::optional<int>& status() const { return status_; }

  /// Looks whether the command itself has ended.
  bool has_ended() { return status_ || wait(WNOHANG); }

  /// Ends the process group.
  void stop() {
    ::kill(-process_, SIGTERM);
    const auto deadline = Clock::now() + time_to_end;
    while (!has_ended() && Clock::now() < deadline) {
      pollfd entry{end_.get(), POLLIN, 0};
      static_cast<void>(::poll(&entry, 1, look_milliseconds));
    }
    ::kill(-process_, SIGKILL);
    if (!status_)
      wait(0);
  }

private:
  bool wait(int options) {
    int status = 0;
    pid_t ended = -1;
    do
      ended = ::waitpid(process_, &status, options);
    while (ended < 0 && errno == EINTR);
    if (ended == 0)
      return false;
    status_ = ended == process_ ? status : 0;
    Interrupts::kill_at_end(0);
    return true;
  }

  pid_t process_ = -1;
  FileDescriptor end_;
  FileDescriptor input_;
  FileDescriptor output_;
  std::optional<int> status_;
};

std::string fault_of_status(int status) {
  constexpr int not_found = 127;
  if (WIFSIGNALED(status))
    return std::string{"the command was ended by signal "} + std::to_string(WTERMSIG(status)) +
           " (" + ::strsignal(WTERMSIG(status)) + ")";
  const int code = WEXITSTATUS(status);
  if (code == 0)
    return {};
  return "the command failed with exit code " + std::to_string(code) +
         (code == not_found ? " (it is not installed)" : "");
}

} // namespace

ToolCommand::Outcome ToolCommand::run(const ToolCall& call) const {
  RunningCommand command;
  if (const auto error = command.start(command_, call.name))
    return {.output = {},
            .fault = "the command cannot be run: " + std::generic_category().message(error)};
  Outcome outcome;
  std::string_view input = call.arguments;
  command.give(input);
  const auto deadline = Clock::now() + timeout_;
  // A process that the command leaves behind may hold the output open.
  while (!command.has_ended()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (interrupts_.interrupted() || left <= 0 || outcome.output.size() > largest_result)
      break;
    std::array<pollfd, 4> entries{
        pollfd{command.input(), POLLOUT, 0}, pollfd{command.output(), POLLIN, 0},
        pollfd{command.end(), POLLIN, 0}, pollfd{interrupts_.descriptor(), POLLIN, 0}};
    const auto longest =
        command.end() >= 0 ? left : std::min<decltype(left)>(left, look_milliseconds);
    static_cast<void>(::poll(entries.data(), entries.size(),
                             static_cast<int>(std::min<decltype(longest)>(longest, 60'000))));
    if (entries[0].revents != 0)
      command.give(input);
    if (entries[1].revents != 0)
      command.take(outcome.output);
  }
  if (command.has_ended()) {
    if (command.output() >= 0)
      command.take(outcome.output);
    outcome.fault = fault_of_status(*command.status());
  } else {
    outcome.fault = interrupts_.interrupted() ? "the command was interrupted"
                    : outcome.output.size() > largest_result
                        ? "the command printed more than " + format_bytes(largest_result)
                        : "the command took longer than " + format_duration(timeout_);
    command.stop();
  }
  if (outcome.output.size() > largest_result) {
    outcome.output.clear();
    outcome.fault = "the command printed more than " + format_bytes(largest_result);
  }
  if (!is_clean_text(outcome.output)) {
    outcome.output.clear();
    if (outcome.fault.empty())
      outcome.fault = "the command printed what is not UTF-8 text";
  }
  while (outcome.output.ends_with('\n') || outcome.output.ends_with('\r'))
    outcome.output.pop_back();
  return outcome;
}

} // namespace nexus::llm::cli
