// SPDX-License-Identifier: BSD-3-Clause
// A network that delays, splits and merges, and may cut connections, for programs that know nothing
// of it: to be preloaded (LD_PRELOAD). ROUGH_NETWORK is the seed of the random choices, or
// `SEED:CALLS`: then one call in so many resets its connection. Each read or write of a TCP socket
// may wait for up to two milliseconds, and takes as many bytes as chance allows: one, some, a
// segment, or all.
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <random>

namespace {

struct Plan {
  unsigned seed = 0;
  unsigned calls_until_cut = 0; ///< 0: nothing is cut
};

const Plan& plan() {
  static const Plan instance = [] {
    Plan found;
    if (const auto* text = std::getenv("ROUGH_NETWORK")) {
      char* rest = nullptr;
      found.seed = static_cast<unsigned>(std::strtoul(text, &rest, 10));
      if (*rest == ':')
        found.calls_until_cut = static_cast<unsigned>(std::strtoul(rest + 1, nullptr, 10));
    }
    return found;
  }();
  return instance;
}

/// A random number below `bound`. Each thread has numbers of its own.
unsigned chance(unsigned bound) {
  static std::atomic<unsigned> threads = 0;
  thread_local std::minstd_rand random{plan().seed + ++threads};
  return static_cast<unsigned>(random() % bound);
}

bool is_tcp(int descriptor) {
  const int before = errno;
  int protocol = 0;
  socklen_t size = sizeof protocol;
  const bool tcp = ::getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
                   protocol == IPPROTO_TCP;
  errno = before;
  return tcp;
}

/// Lets so much happen in a second and thread, and no more: what goes through a socket in a million
/// calls must not take hours.
class Ration {
public:
  explicit Ration(std::uint64_t per_second) : interval_{1'000'000'000 / per_second} {}

  [[nodiscard]] bool take() {
    constexpr std::uint64_t most_at_once = 10;
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    const auto now = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                     static_cast<std::uint64_t>(time.tv_nsec);
    next_ = std::max(next_, now - std::min(now, most_at_once * interval_));
    if (next_ > now)
      return false;
    next_ += interval_;
    return true;
  }

private:
  std::uint64_t interval_;
  std::uint64_t next_ = 0;
};

void wait_a_little() {
  thread_local Ration ration{100};
  if (chance(4) != 0 || !ration.take())
    return;
  const int before = errno;
  const timespec time{0, static_cast<long>(chance(2'000'000))};
  ::nanosleep(&time, nullptr);
  errno = before;
}

/// How many bytes pass this time.
std::size_t share_of(std::size_t size) {
  thread_local Ration ration{1000};
  if (!ration.take())
    return size;
  constexpr std::array<unsigned, 6> bounds{1, 10, 100, 1460, 100'000, 1'000'000};
  return std::min<std::size_t>(size, 1 + chance(bounds[chance(bounds.size())]));
}

/// Returns false if the connection is cut.
bool goes_on(int descriptor) {
  const auto calls = plan().calls_until_cut;
  if (calls == 0 || chance(calls) != 0)
    return true;
  const linger at_once{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::shutdown(descriptor, SHUT_RDWR);
  errno = ECONNRESET;
  return false;
}

/// Some sockets have room for little that is under way, from the first to the last byte: the kernel
/// numbers all sockets.
void make_narrow(int descriptor) {
  constexpr int narrow = 4096;
  std::uint64_t number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &number, &size) == 0 &&
      (number + plan().seed) % 8 == 0)
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &narrow, sizeof narrow);
}

template <class Function> Function next(Function, const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// Calls `real` for as many bytes as pass, if the descriptor is a TCP socket.
template <class Call> ssize_t receive(int descriptor, std::size_t size, int flags, Call real) {
  if (size == 0 || (flags & (MSG_PEEK | MSG_WAITALL)) != 0 || !is_tcp(descriptor))
    return real(size);
  wait_a_little();
  return goes_on(descriptor) ? real(share_of(size)) : -1;
}

/// Calls `real` for piece after piece, as long as the socket takes them: who sends less than all
/// may wait until the socket is writable again, and here it is all the time.
template <class Call>
ssize_t transmit(int descriptor, const void* buffer, std::size_t size, Call real) {
  constexpr int most_pieces = 4;
  if (size == 0 || !is_tcp(descriptor))
    return real(buffer, size);
  make_narrow(descriptor);
  std::size_t sent = 0;
  for (int piece = 1; sent < size; ++piece) {
    wait_a_little();
    if (!goes_on(descriptor))
      return -1;
    const auto share = piece < most_pieces ? share_of(size - sent) : size - sent;
    const auto count = real(static_cast<const char*>(buffer) + sent, share);
    if (count < 0)
      return sent > 0 ? static_cast<ssize_t>(sent) : count;
    sent += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < share)
      break;
  }
  return static_cast<ssize_t>(sent);
}

/// The first of several buffers that is not empty: what passes of them.
iovec first_of(const iovec* parts, std::size_t count) {
  const auto* found =
      std::find_if(parts, parts + count, [](const iovec& part) { return part.iov_len > 0; });
  return found == parts + count ? iovec{} : *found;
}

} // namespace

extern "C" {

ssize_t read(int descriptor, void* buffer, std::size_t size) {
  static const auto real = next(&read, "read");
  return receive(descriptor, size, 0,
                 [&](std::size_t share) { return real(descriptor, buffer, share); });
}

ssize_t write(int descriptor, const void* buffer, std::size_t size) {
  static const auto real = next(&write, "write");
  return transmit(descriptor, buffer, size, [&](const void* piece, std::size_t share) {
    return real(descriptor, piece, share);
  });
}

ssize_t recv(int descriptor, void* buffer, std::size_t size, int flags) {
  static const auto real = next(&recv, "recv");
  return receive(descriptor, size, flags,
                 [&](std::size_t share) { return real(descriptor, buffer, share, flags); });
}

ssize_t send(int descriptor, const void* buffer, std::size_t size, int flags) {
  static const auto real = next(&send, "send");
  return transmit(descriptor, buffer, size, [&](const void* piece, std::size_t share) {
    return real(descriptor, piece, share, flags);
  });
}
}

namespace {

/// Sends several buffers one after the other, as long as the socket takes them.
ssize_t send_all(int descriptor, const iovec* parts, std::size_t count, int flags) {
  ssize_t sent = 0;
  for (const auto* part = parts; part != parts + count; ++part) {
    if (part->iov_len == 0)
      continue;
    const auto taken = send(descriptor, part->iov_base, part->iov_len, flags);
    if (taken < 0)
      return sent > 0 ? sent : taken;
    sent += taken;
    if (static_cast<std::size_t>(taken) < part->iov_len)
      break;
  }
  return sent;
}

} // namespace

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): named by glibc
// What the C library calls instead where it knows the size of the buffer.
ssize_t __read_chk(int descriptor, void* buffer, std::size_t size, std::size_t /*room*/) {
  return read(descriptor, buffer, size);
}

ssize_t __recv_chk(int descriptor, void* buffer, std::size_t size, std::size_t /*room*/,
                   int flags) {
  return recv(descriptor, buffer, size, flags);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

ssize_t readv(int descriptor, const iovec* parts, int count) {
  static const auto real = next(&readv, "readv");
  const auto first = first_of(parts, static_cast<std::size_t>(std::max(count, 0)));
  if (first.iov_len == 0 || !is_tcp(descriptor))
    return real(descriptor, parts, count);
  return recv(descriptor, first.iov_base, first.iov_len, 0);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  static const auto real = next(&writev, "writev");
  if (!is_tcp(descriptor))
    return real(descriptor, parts, count);
  return send_all(descriptor, parts, static_cast<std::size_t>(std::max(count, 0)), 0);
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  static const auto real = next(&recvmsg, "recvmsg");
  const auto first = first_of(message->msg_iov, message->msg_iovlen);
  if (first.iov_len == 0 || message->msg_controllen > 0 || !is_tcp(descriptor))
    return real(descriptor, message, flags);
  message->msg_flags = 0;
  return recv(descriptor, first.iov_base, first.iov_len, flags);
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static const auto real = next(&sendmsg, "sendmsg");
  if (message->msg_controllen > 0 || !is_tcp(descriptor))
    return real(descriptor, message, flags);
  return send_all(descriptor, message->msg_iov, message->msg_iovlen, flags);
}
}
