// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::cli::test {

/// Limit of every wait where no other is given; only a failure takes that long.
inline constexpr std::chrono::seconds patience{20};

/// How a child is started.
struct ChildOptions {
  std::vector<std::string> arguments;
  std::filesystem::path directory;
  std::map<std::string, std::string> environment; ///< all of it
  std::string output_file;                        ///< gets stdout, if there is one
  bool terminal = false;                          ///< on a terminal of its own, not on pipes
  unsigned short columns = 100;                   ///< of the terminal
  unsigned short rows = 24;
  std::chrono::seconds patience = test::patience; ///< limit of every wait
  std::string program = NEXUS_LLM_PROGRAM;
  std::vector<std::string> wrapper = {}; ///< a command that runs the program, which follows it
  bool non_blocking = false;             ///< pipes that do not block
};

/// The program, running as a process of its own. Killed when this is destroyed. One thread.
class Child {
public:
  explicit Child(const ChildOptions& options);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void write(std::string_view text);
  void close_input();
  /// Stops reading what the child writes to stdout.
  void close_output();
  void signal(int number) const;

  /// Reads until the text was seen in what the child wrote behind what earlier calls found. On a
  /// terminal stdout and stderr are one. False at the end of the output or of the patience.
  bool read_until(std::string_view text);
  bool read_error_until(std::string_view text);
  /// Reads until all that the child wrote to stdout is as wanted.
  bool read_until(const std::function<bool(const std::string&)>& wanted);
  /// Waits until the child has read all that was written.
  bool wait_until_read() const;
  /// Waits until what the child has written to stdout, and nobody has read, fills the pipe.
  bool wait_until_full() const;
  /// Waits for the end without reading; the same code.
  int wait_unread();
  /// Sends a signal to the child and to those that it started, on a terminal.
  void signal_all(int number) const;

  /// Reads everything and waits for the end. The exit code, or 1000 and the number of a signal.
  int wait();

  /// The terminal, as the keyboard's side sees it.
  [[nodiscard]] int terminal() const { return input_; }
  [[nodiscard]] pid_t process() const { return process_; }
  [[nodiscard]] const std::string& out() const { return out_.text; }
  [[nodiscard]] const std::string& err() const { return err_.text; }

private:
  struct Stream {
    int descriptor = -1;
    std::string text;
    std::size_t found = 0;
  };

  void start_on_pipes(const ChildOptions& options, char** arguments, char** environment);
  void start_on_terminal(const ChildOptions& options, char** arguments, char** environment);
  [[nodiscard]] static int code_of(int status);
  bool search(Stream& stream, std::string_view text);
  /// Reads once. False when both streams are at their end or the time is up.
  bool read_more(std::chrono::steady_clock::time_point deadline);
  static void close(int& descriptor);

  std::chrono::seconds patience_;
  pid_t process_ = -1;
  int input_ = -1;
  Stream out_;
  Stream err_;
};

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// Writes no more to a program, reads everything and waits for its end.
[[nodiscard]] Outcome outcome_of(Child& child);

} // namespace nexus::llm::cli::test
