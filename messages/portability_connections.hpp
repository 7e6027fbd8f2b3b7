#pragma once

/// Connections to other processes that bound what a peer can do to this one. CAF 0.17 reserves as
/// much memory as a peer says that its message has, before a byte of it is there; lets whoever
/// connects and says nothing stay for ever; waits minutes for a host that does not answer; and
/// gives peers up in the middle of a message that takes long; and keeps a processor busy while it
/// has no descriptor for a peer that waits. CAF 1.x has no place for this.

#include "nexus_llm/portability.hpp"

#if !NEXUS_LLM_CAF_1

#include <chrono>
#include <map>
#include <memory>

#include <caf/io/network/default_multiplexer.hpp>

namespace nexus::llm {

/// Under this key the content of a configuration holds the largest message.
inline constexpr char message_limit_key[] = "nexus-llm.max-message-bytes";

/// Peers that have connected and not said who they are, by their sockets. Closes those that take
/// too long, and the oldest of too many, when another one comes. For the I/O thread.
class Newcomers {
public:
  using Socket = caf::io::network::native_socket;

  void add(Socket socket);
  /// It has introduced itself, or is gone.
  void remove(Socket socket) { since_.erase(socket); }

private:
  using Clock = std::chrono::steady_clock;
  using Entry = std::map<Socket, Clock::time_point>::iterator;

  Entry close(Entry entry);

  std::map<Socket, Clock::time_point> since_;
};

/// Makes connections, with TLS wherever the system has certificates, that break off when a message
/// beyond the limit is announced, and when too many peers do not say who they are. Used by the I/O
/// thread, but for `new_tcp_scribe`.
class GuardedMultiplexer : public caf::io::network::default_multiplexer {
public:
  explicit GuardedMultiplexer(caf::actor_system* system);

  /// For a socket that listens.
  caf::io::doorman_ptr new_doorman(caf::io::network::native_socket socket) override;
  /// For a connection that a peer made.
  caf::io::scribe_ptr new_scribe(caf::io::network::native_socket socket) override;
  /// For one that this process makes. Any thread; blocks until TCP is connected, up to two seconds
  /// for each address of the host.
  caf::expected<caf::io::scribe_ptr> new_tcp_scribe(const std::string& host,
                                                    std::uint16_t port) override;

private:
  [[nodiscard]] caf::io::scribe_ptr make_scribe(caf::io::network::native_socket socket,
                                                std::shared_ptr<Newcomers> newcomers);

  std::size_t message_limit_;
  std::shared_ptr<Newcomers> newcomers_ = std::make_shared<Newcomers>();
};

} // namespace nexus::llm

#endif
