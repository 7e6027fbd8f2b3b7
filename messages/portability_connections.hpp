// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// Hardened connections to other processes. CAF 0.17 allocates the announced size of a message
/// before any byte of it arrives, keeps silent connections open forever, waits minutes for a host
/// that does not respond, drops peers in the middle of a long message or after this process was
/// stopped, and busy-waits if there is no file descriptor for an incoming connection. CAF 1.1 does
/// the same, and terminates the process if it cannot read a certificate for a connection.

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include <caf/io/network/default_multiplexer.hpp>

#include "messages/peer_guard.hpp"
#include "nexus_llm/portability.hpp"

#if NEXUS_LLM_CAF_1
#include <caf/io/middleman.hpp>
#endif

namespace nexus::llm {

/// Configuration key for the maximum message size.
inline constexpr char message_limit_key[] = "nexus-llm.max-message-bytes";

/// The sockets of connected peers that have not completed the handshake. Each new connection closes
/// those that take too long, and the oldest one if there are too many. For the I/O thread only.
class Newcomers {
public:
  using Socket = caf::io::network::native_socket;

  /// Adds a new connection.
  void add(Socket socket);
  /// Removes a peer that has completed the handshake or disconnected.
  void remove(Socket socket) { since_.erase(socket); }

private:
  using Clock = std::chrono::steady_clock;
  using Entry = std::map<Socket, Clock::time_point>::iterator;

  Entry close(Entry entry);

  std::map<Socket, Clock::time_point> since_;
};

/// A connection to a peer that has to show that it is alive.
class LivingConnection {
public:
  virtual ~LivingConnection() = default;
  /// Marks the peer as alive.
  virtual void note_life() = 0;
};
/// For the I/O thread only.
using LivingConnections = std::set<LivingConnection*>;

/// Creates connections, with TLS if the system has certificates. Closes a connection if the peer
/// announces a message above the limit or sends one that the `PeerGuard` refuses, and limits the
/// number of peers without a completed handshake. For the I/O thread only, except for
/// `new_tcp_scribe`. The `PeerGuard` reads the messages of CAF 0.17 alone.
class GuardedMultiplexer : public caf::io::network::default_multiplexer {
public:
#if NEXUS_LLM_CAF_1
  explicit GuardedMultiplexer(caf::actor_system& system);
#else
  explicit GuardedMultiplexer(caf::actor_system* system);
#endif

  /// Creates a doorman for a listening socket.
  caf::io::doorman_ptr new_doorman(caf::io::network::native_socket socket) override;
  /// Creates a scribe for an accepted connection.
  caf::io::scribe_ptr new_scribe(caf::io::network::native_socket socket) override;
  /// Connects to a host. Thread-safe. Blocks until TCP is connected, up to two seconds for each
  /// address of the host.
  caf::expected<caf::io::scribe_ptr> new_tcp_scribe(const std::string& host,
                                                    std::uint16_t port) override;
  /// Runs something on the I/O thread. Thread-safe. CAF does so for each heartbeat: if it has not
  /// for longer, this process was stopped, and no peer could show that it is alive.
#if NEXUS_LLM_CAF_1
  void schedule(caf::resumable* work) override;
#else
  void exec_later(caf::resumable* work) override;
#endif

private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] caf::io::scribe_ptr make_scribe(caf::io::network::native_socket socket,
                                                std::shared_ptr<Newcomers> newcomers);
  /// Returns whether this process was stopped since the last call.
  [[nodiscard]] bool was_stopped();

  std::size_t message_limit_;
#if !NEXUS_LLM_CAF_1
  std::shared_ptr<const PeerGuard::TypeNames> types_;
#endif
  std::shared_ptr<Newcomers> newcomers_ = std::make_shared<Newcomers>();
  std::shared_ptr<LivingConnections> living_ = std::make_shared<LivingConnections>();
  std::atomic<Clock::time_point> last_work_ = Clock::now();
};

#if NEXUS_LLM_CAF_1
/// Loads the multiplexer. CAF 0.17 takes it as a template argument of its middleman.
class GuardedMiddleman final : public caf::io::middleman {
public:
  explicit GuardedMiddleman(caf::actor_system& system) : middleman{system}, backend_{system} {}

  static caf::actor_system_module* make(caf::actor_system& system);
  caf::io::network::multiplexer& backend() override { return backend_; }

private:
  GuardedMultiplexer backend_;
};
#endif

} // namespace nexus::llm
