// SPDX-License-Identifier: BSD-3-Clause
#include "config/host_lookup.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "config/file_io.hpp"

namespace nexus::llm {

namespace {

struct AddressDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressDeleter>;

/// The addresses of a host, or why there are none.
struct Lookup {
  Addresses addresses;
  std::string fault;
};

Lookup look_up(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const auto code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (code != 0)
    return {.addresses = {},
            .fault = "the host `" + host + "` is unknown (" + ::gai_strerror(code) + ")"};
  return {.addresses = Addresses{list}, .fault = {}};
}

std::string reason_of(int error, const Endpoint& at) {
  switch (error) {
  case EADDRINUSE:
    return "port " + std::to_string(at.port) + " is in use already";
  case EADDRNOTAVAIL:
    return "`" + at.host + "` is no address of this machine";
  default:
    return std::generic_category().message(error);
  }
}

} // namespace

std::string host_fault(const std::string& host) { return look_up(host, "0").fault; }

std::string listen_fault(const Endpoint& at) {
  const auto found = look_up(at.host, std::to_string(at.port));
  std::string fault = found.fault;
  for (const auto* address = found.addresses.get(); address != nullptr;
       address = address->ai_next) {
    const FileDescriptor socket{
        ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol)};
    constexpr int on = 1;
    // As the node itself does: a port whose last connections are ending counts as free.
    if (socket.valid() &&
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(socket.get(), address->ai_addr, address->ai_addrlen) == 0 &&
        ::listen(socket.get(), 1) == 0)
      return {};
    fault = reason_of(errno, at);
  }
  return fault;
}

} // namespace nexus::llm
