// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/own_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <stdexcept>

#include "tests/real/model_folder.hpp"
#include "tests/real/plain_client.hpp"

namespace nexus::llm::real {

namespace {

using namespace std::chrono_literals;

/// The process group of the server that runs, or 0.
std::atomic<pid_t> running_group = 0;

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound)
    throw std::runtime_error{"no free port"};
  return ntohs(address.sin_port);
}

/// The fields of /proc/PID/stat behind the name, which may hold anything.
std::vector<std::string> stat_of(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::vector<std::string> fields;
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos)
    return fields;
  std::istringstream rest{text.substr(name_end + 1)};
  for (std::string field; rest >> field;)
    fields.push_back(field);
  return fields;
}

} // namespace

OwnServer::OwnServer(std::filesystem::path program, std::filesystem::path directory,
                     const std::filesystem::path& models,
                     std::map<std::string, std::string> environment)
    : program_{std::move(program)}, directory_{std::move(directory)}, environment_{
                                                                          std::move(environment)} {
  make_view(models, directory_ / "models");
  const auto address = "127.0.0.1:" + std::to_string(free_port());
  base_url_ = "http://" + address;
  environment_["HOME"] = directory_.string();
  environment_["PATH"] = "/usr/bin:/bin";
  environment_["OLLAMA_HOST"] = address;
  environment_["OLLAMA_MODELS"] = (directory_ / "models").string();
}

OwnServer::~OwnServer() {
  if (process_ > 0)
    stop(SIGTERM);
}

void OwnServer::start() {
  std::vector<std::string> texts;
  for (const auto& [name, value] : environment_)
    texts.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (auto& text : texts)
    environment.push_back(text.data());
  environment.push_back(nullptr);
  std::string program = program_.string();
  std::string command = "serve";
  char* arguments[] = {program.data(), command.data(), nullptr};
  const auto log = (directory_ / "server.log").string();
  process_ = ::fork();
  if (process_ == 0) {
    ::setpgid(0, 0);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::closefrom(STDERR_FILENO + 1);
    ::execve(arguments[0], arguments, environment.data());
    ::_exit(127);
  }
  if (process_ < 0)
    throw std::runtime_error{"fork failed"};
  ::setpgid(process_, process_);
  running_group = process_;
  const PlainClient client{base_url_};
  if (!eventually(60s, [&] { return client.get("/api/version").status == 200; }))
    throw std::runtime_error{"`ollama serve` does not answer; its log is " + log};
}

void OwnServer::stop(int signal) {
  ::kill(process_, signal);
  if (!eventually(20s, [this] { return ::waitpid(process_, nullptr, WNOHANG) == process_; })) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  // A runner outlives a server that was killed.
  ::kill(-process_, SIGKILL);
  running_group = 0;
  process_ = -1;
}

void OwnServer::kill_running() {
  if (const auto group = running_group.load(); group > 0)
    ::kill(-group, SIGKILL);
}

std::vector<pid_t> OwnServer::runners() const {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    const auto process = static_cast<pid_t>(std::stol(name));
    const auto fields = stat_of(process);
    // State, parent and group come first.
    if (process != process_ && fields.size() > 2 && fields[0] != "Z" &&
        fields[2] == std::to_string(process_))
      found.push_back(process);
  }
  return found;
}

std::chrono::milliseconds processor_time(pid_t process) {
  const auto fields = stat_of(process);
  // utime and stime are fields 14 and 15 of the whole line.
  if (fields.size() < 13)
    return 0ms;
  const auto ticks = std::stoll(fields[11]) + std::stoll(fields[12]);
  return std::chrono::milliseconds{ticks * 1000 / ::sysconf(_SC_CLK_TCK)};
}

void pass(std::chrono::milliseconds time) { ::poll(nullptr, 0, static_cast<int>(time.count())); }

} // namespace nexus::llm::real
