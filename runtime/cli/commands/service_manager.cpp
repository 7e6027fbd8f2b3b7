// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

void notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@'))
    return;
  const std::string_view text{path};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (text.size() >= sizeof address.sun_path)
    return;
  std::ranges::copy(text, std::begin(address.sun_path));
  if (text.front() == '@')
    address.sun_path[0] = '\0'; // abstract socket address
  const FileDescriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket.valid())
    return;
  static_cast<void>(
      ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size())) +
      0);
}

} // namespace nexus::llm::cli
