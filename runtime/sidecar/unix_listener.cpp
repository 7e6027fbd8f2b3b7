// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/unix_listener.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace nexus::llm::sidecar {

namespace {

constexpr mode_t owner_only = 0600;
constexpr int backlog = 16;

tl::unexpected<LLMError> listen_failure(const std::filesystem::path& path, std::string why) {
  LLMError error{.code = ErrorCode::listen_failed, .subject = path.string()};
  error.reason = std::move(why);
  return failure(std::move(error));
}

FileDescriptor new_socket() {
  return FileDescriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

/// Whether nobody listens at the address any more. Not if that cannot be found out.
bool is_left_behind(const sockaddr_un& address) {
  const auto probe = new_socket();
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

/// Returns the number of the file at a path; 0 if there is none.
ino_t file_at(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}

} // namespace

Result<std::unique_ptr<UnixListener>> UnixListener::open(std::filesystem::path path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto text = path.string();
  if (text.empty() || text.size() >= sizeof address.sun_path)
    return listen_failure(path, "the path of a socket has 1 to " +
                                    std::to_string(sizeof address.sun_path - 1) + " bytes");
  text.copy(address.sun_path, sizeof address.sun_path - 1);
  auto socket = new_socket();
  if (!socket.valid())
    return listen_failure(path, last_error().message());
  // Before `bind`, which creates the file with this mode.
  if (::fchmod(socket.get(), owner_only) != 0)
    return listen_failure(path, last_error().message());
  struct stat about {};
  if (::lstat(text.c_str(), &about) == 0) {
    if (!S_ISSOCK(about.st_mode))
      return listen_failure(path, "there is a file that is no socket");
    if (!is_left_behind(address))
      return listen_failure(path, "another program listens there");
    ::unlink(text.c_str());
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(text.c_str(), owner_only) != 0 || ::listen(socket.get(), backlog) != 0)
    return listen_failure(path, last_error().message());
  return std::unique_ptr<UnixListener>{
      new UnixListener{std::move(path), std::move(socket), file_at(text)}};
}

UnixListener::~UnixListener() {
  if (file_at(path_.string()) == file_)
    ::unlink(path_.c_str());
}

FileDescriptor UnixListener::accept() const {
  return FileDescriptor{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

} // namespace nexus::llm::sidecar
