// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace nexus::llm::real {

/// An Ollama of our own: `ollama serve` in a process group of its own, on a port of its own, with
/// its home and a view of the models in a directory of ours. It and its runners end with this. One
/// thread.
class OwnServer {
public:
  /// `directory` must exist; it gets the home, the log and the view of `models`.
  OwnServer(std::filesystem::path program, std::filesystem::path directory,
            const std::filesystem::path& models, std::map<std::string, std::string> environment);
  ~OwnServer();
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  /// Starts it and waits until it answers. Throws where it does not.
  void start();
  /// Sends the signal to the server alone and waits for its end; its runners are ended with it.
  void stop(int signal);

  /// Kills the server that runs now, if any, with its runners: for the end of this program. Any
  /// thread.
  static void kill_running();

  [[nodiscard]] const std::string& base_url() const { return base_url_; }
  /// The processes that hold the models.
  [[nodiscard]] std::vector<pid_t> runners() const;

private:
  std::filesystem::path program_;
  std::filesystem::path directory_;
  std::map<std::string, std::string> environment_;
  std::string base_url_;
  pid_t process_ = -1;
};

/// Processor time that a process has used; 0 where there is none.
[[nodiscard]] std::chrono::milliseconds processor_time(pid_t process);

/// Lets time pass that is itself what a check is about, such as how long a server is down.
void pass(std::chrono::milliseconds time);

/// Asks again and again until it holds; false when it does not within the time.
template <class Predicate>
[[nodiscard]] bool eventually(std::chrono::milliseconds limit, Predicate predicate) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    pass(std::chrono::milliseconds{20});
  }
  return true;
}

} // namespace nexus::llm::real
