// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/local_nodes.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <utility>

#include "config/node_address.hpp"
#include "config/text.hpp"
#include "runtime/cli/state_directory.hpp"

namespace nexus::llm::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* service_directory = "/run/nexus-llm";
constexpr std::size_t largest_announcement = 4096;
/// Others may read the file of a service; the state directory of a user is private anyway.
constexpr mode_t announcement_mode = 0644;

bool is_process_name(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

/// An address that a client of this machine can use.
Endpoint reachable(Endpoint endpoint) {
  if (endpoint.host == "0.0.0.0")
    endpoint.host = "127.0.0.1";
  else if (endpoint.host == "::")
    endpoint.host = "::1";
  return endpoint;
}

LLMError not_announced(const fs::path& path, const std::error_code& error) {
  return {.code = ErrorCode::internal_error, .detail = path.string() + ": " + error.message()};
}

/// Returns the address in the file of a node that runs; removes the file of one that does not.
std::optional<Endpoint> read_announcement(const fs::path& path) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return std::nullopt;
  }
  if (errno != EWOULDBLOCK)
    return std::nullopt;
  std::error_code error;
  const auto text = read_file(path, largest_announcement, error);
  if (!text || trim(*text).empty())
    return std::nullopt;
  auto endpoint = parse_endpoint(std::string{trim(*text)});
  return endpoint ? std::optional{std::move(*endpoint)} : std::nullopt;
}

} // namespace

std::optional<fs::path> own_node_directory(const Environment& environment) {
  // systemd separates several directories by colons.
  if (const auto runtime = environment("RUNTIME_DIRECTORY");
      runtime && fs::path{*runtime}.is_absolute())
    return fs::path{runtime->substr(0, runtime->find(':'))};
  if (auto state = state_directory(environment))
    return *state / "nodes";
  return std::nullopt;
}

std::vector<fs::path> node_directories(const Environment& environment) {
  std::vector<fs::path> directories;
  if (auto own = own_node_directory(environment))
    directories.push_back(std::move(*own));
  directories.emplace_back(service_directory);
  return directories;
}

Result<NodeAnnouncement> NodeAnnouncement::make(const fs::path& directory,
                                                const Endpoint& endpoint) {
  if (const auto error = make_private_directory(directory))
    return failure(not_announced(directory, error));
  const auto name = std::to_string(::getpid());
  const auto path = directory / name;
  const auto draft = directory / ("." + name);
  FileDescriptor file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                             announcement_mode)};
  if (!file.valid())
    return failure(not_announced(draft, last_error()));
  // Whoever sees the file under its name finds it locked and complete.
  std::error_code error;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    error = last_error();
  else
    error = write_all(file, reachable(endpoint).text() + "\n");
  if (!error)
    fs::rename(draft, path, error);
  if (error) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    return failure(not_announced(path, error));
  }
  return NodeAnnouncement{std::move(file), path};
}

NodeAnnouncement::NodeAnnouncement(FileDescriptor file, fs::path path)
    : file_{std::move(file)}, path_{std::move(path)} {}

NodeAnnouncement::NodeAnnouncement(NodeAnnouncement&& other) noexcept
    : file_{std::move(other.file_)}, path_{std::exchange(other.path_, {})} {}

NodeAnnouncement::~NodeAnnouncement() {
  std::error_code ignored;
  if (!path_.empty())
    fs::remove(path_, ignored);
}

std::vector<Endpoint> running_nodes(const std::vector<fs::path>& directories) {
  std::set<fs::path> paths;
  for (const auto& directory : directories) {
    std::error_code error;
    for (fs::directory_iterator entry{directory, error}, end; !error && entry != end;
         entry.increment(error))
      if (is_process_name(entry->path().filename().string()))
        paths.insert(entry->path());
  }
  std::vector<Endpoint> nodes;
  for (const auto& path : paths)
    if (auto endpoint = read_announcement(path);
        endpoint && std::ranges::find(nodes, *endpoint) == nodes.end())
      nodes.push_back(std::move(*endpoint));
  return nodes;
}

} // namespace nexus::llm::cli
