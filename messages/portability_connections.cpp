// SPDX-License-Identifier: BSD-3-Clause
#include "messages/portability_connections.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <type_traits>

#include <caf/binary_serializer.hpp>
#include <caf/detail/socket_guard.hpp>
#include <caf/io/basp/version.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/network/acceptor_impl.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/io/scribe.hpp>
#include <caf/openssl/session.hpp>
#include <caf/policy/tcp.hpp>
#if NEXUS_LLM_CAF_1
#include <caf/send.hpp>
#endif

#include "messages/portability_network.hpp"
#include "messages/portability_types.hpp"

namespace nexus::llm {

namespace {

namespace io = caf::io;
using io::network::native_socket;
using io::network::rw_state;

/// The buffers of a connection.
using Bytes = std::remove_reference_t<decltype(std::declval<io::scribe&>().rd_buf())>;

/// Limit for the handshake message, which contains a node ID and the interface of an actor.
constexpr std::size_t introduction_limit = 64u << 10;
/// Limits for the duration of the handshake and the number of peers in the handshake.
constexpr std::chrono::seconds introduction_time{10};
constexpr std::size_t max_newcomers = 512;

/// An operation that CAF does not know, in the first byte of a header.
constexpr Bytes::value_type unknown_operation{0x7F};

/// Timeout for connecting to one address. It blocks the actor that makes all connections.
constexpr std::chrono::milliseconds connect_time{2000};

/// How long the I/O thread has nothing to do only if the process was stopped. CAF gives up peers
/// that are silent for twice as long.
constexpr std::chrono::seconds longest_idleness{5};

/// How long the I/O thread pauses if there is no file descriptor for an incoming connection.
constexpr int exhausted_milliseconds = 20;

/// Who runs something on the I/O thread.
#if NEXUS_LLM_CAF_1
using Context = caf::scheduler;
#else
using Context = caf::execution_unit;
#endif

void note_life(const LivingConnections& connections) {
  for (auto* connection : connections)
    connection->note_life();
}

#if NEXUS_LLM_CAF_1

/// In the place of `PeerGuard`, which reads the messages of CAF 0.17.
struct Guard {
  [[nodiscard]] std::optional<std::string_view> take(std::string_view) { return std::nullopt; }
};

#else

using Guard = PeerGuard;

/// Marks all peers as alive. To be run by the I/O thread.
class Revival final : public caf::resumable {
public:
  explicit Revival(std::shared_ptr<LivingConnections> connections)
      : connections_{std::move(connections)} {}

  // CAF gives others to the threads of actors.
  subtype_t subtype() const override { return function_object; }
  resume_result resume(caf::execution_unit*, std::size_t) override {
    nexus::llm::note_life(*connections_);
    return resumable::done;
  }
  void intrusive_ptr_add_ref_impl() override { ++references_; }
  void intrusive_ptr_release_impl() override {
    if (--references_ == 0)
      delete this;
  }

private:
  std::atomic<std::size_t> references_ = 1;
  std::shared_ptr<LivingConnections> connections_;
};

#endif

struct Addresses {
  ~Addresses() { ::freeaddrinfo(first); }
  addrinfo* first = nullptr;
};

/// Returns a socket that is connected to this address, or the invalid socket.
native_socket connect_one(const addrinfo& address) {
  const native_socket socket = ::socket(
      address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (socket == io::network::invalid_native_socket)
    return socket;
  caf::detail::socket_guard guard{socket};
  if (::connect(socket, address.ai_addr, address.ai_addrlen) != 0) {
    pollfd entry{socket, POLLOUT, 0};
    int failure = 0;
    socklen_t size = sizeof failure;
    if (errno != EINPROGRESS || ::poll(&entry, 1, static_cast<int>(connect_time.count())) != 1 ||
        ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0)
      return io::network::invalid_native_socket;
  }
  return guard.release();
}

/// Accepts connections. Pauses if there is no file descriptor for a connection, because the poll
/// loop would otherwise spin on the same event.
class PatientTcp {
public:
  bool try_accept(native_socket& result, native_socket listening) {
    result = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    const bool exhausted =
        result < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    if (exhausted && !std::exchange(exhausted_, true))
      tell_refusal("there is no descriptor for another connection; it waits until there is one");
    if (exhausted)
      ::poll(nullptr, 0, exhausted_milliseconds);
    else if (result >= 0)
      exhausted_ = false;
    return result >= 0;
  }

private:
  bool exhausted_ = false;
};

/// Returns whether the first header of a node is of another version of CAF's protocol.
bool is_of_another_version(std::string_view header) {
  constexpr char server_handshake = 0;
  constexpr std::size_t version_at = 8;
  if (header.size() != PeerGuard::header_size || header.front() != server_handshake)
    return false;
  std::uint64_t version = 0;
  for (const char byte : header.substr(version_at, sizeof version))
    version = (version << 8) | static_cast<unsigned char>(byte);
  return version != io::basp::version;
}

/// CAF keeps an actor for each node that has ever been connected. Ends those of nodes that are not.
void forget_lost_nodes(io::abstract_broker* parent) {
  auto* broker = dynamic_cast<io::basp_broker*>(parent);
  if (broker == nullptr)
    return;
  std::erase_if(broker->spawn_servers, [broker](const auto& entry) {
    const bool lost = !broker->instance.tbl().lookup(entry.first);
    if (lost)
      caf::anon_send_exit(entry.second, caf::exit_reason::kill);
    return lost;
  });
}

/// Accepts connections for the broker that implements CAF's protocol (BASP).
class GuardedDoorman final : public io::doorman {
public:
  GuardedDoorman(io::network::default_multiplexer& multiplexer, native_socket socket)
      : doorman{io::network::accept_hdl_from_socket(socket)}, acceptor_{multiplexer, socket} {}

  bool new_connection() override {
    if (detached())
      return false;
    forget_lost_nodes(parent());
    auto& multiplexer = acceptor_.backend();
    auto scribe = multiplexer.new_scribe(acceptor_.accepted_socket());
    const auto handle = scribe->hdl();
    parent()->add_scribe(std::move(scribe));
    return doorman::new_connection(&multiplexer, handle);
  }
  void graceful_shutdown() override {
    acceptor_.graceful_shutdown();
    detach(&acceptor_.backend(), false);
  }
  void launch() override { acceptor_.start(this); }
  std::string addr() const override {
    auto address = io::network::local_addr_of_fd(acceptor_.fd());
    return address ? *address : std::string{};
  }
  std::uint16_t port() const override {
    auto port = io::network::local_port_of_fd(acceptor_.fd());
    return port ? *port : std::uint16_t{0};
  }
  void add_to_loop() override { acceptor_.activate(this); }
  void remove_from_loop() override { acceptor_.passivate(); }

private:
  io::network::acceptor_impl<PatientTcp> acceptor_;
};

/// TLS policy that uses a session of CAF. Without a session, all reads and writes fail.
struct Tls {
  rw_state read_some(std::size_t& result, native_socket socket, void* buffer, std::size_t size) {
    return session ? session->read_some(result, socket, buffer, size) : rw_state::failure;
  }
  rw_state write_some(std::size_t& result, native_socket socket, const void* buffer,
                      std::size_t size) {
    return session ? session->write_some(result, socket, buffer, size) : rw_state::failure;
  }
  bool must_read_more(native_socket socket, std::size_t threshold) {
    return session && session->must_read_more(socket, threshold);
  }

  caf::openssl::session_ptr session;
};

/// One connection of the broker that implements CAF's protocol (BASP). The broker alternates
/// between reading a header and reading the number of bytes that the header announces.
template <class Policy> class GuardedScribe final : public io::scribe, public LivingConnection {
public:
  /// `newcomers` tracks the peer until the handshake completes; null for outgoing connections.
  GuardedScribe(io::network::default_multiplexer& multiplexer, native_socket socket, Policy policy,
                std::size_t message_limit, std::shared_ptr<Newcomers> newcomers,
                std::shared_ptr<LivingConnections> living, Guard guard)
      : scribe{io::network::conn_hdl_from_socket(socket)}, message_limit_{message_limit},
        newcomers_{std::move(newcomers)}, living_{std::move(living)}, guard_{std::move(guard)},
        stream_{multiplexer, socket, Watched{std::move(policy), *this}} {}
  ~GuardedScribe() override {
    leave_newcomers();
    if (launched_)
      living_->erase(this);
  }

  void configure_read(io::receive_policy::config config) override {
    // Headers and payloads alternate.
    stage_ = stage_ == Stage::connected ? Stage::header
             : stage_ == Stage::header  ? Stage::introduction
                                        : Stage::introduced;
    if (stage_ == Stage::introduced)
      leave_newcomers();
    const auto limit =
        stage_ == Stage::introduced ? message_limit_ : std::min(introduction_limit, message_limit_);
    if (config.second > limit)
      return break_off("announced a message of " + std::to_string(config.second) + " bytes, " +
                       std::to_string(limit) + " are allowed");
    stream_.configure_read(config);
    if (!std::exchange(launched_, true)) {
      living_->insert(this);
      note_life();
      stream_.start(this);
      // TLS may have to write handshake data before there is any payload.
      stream_.force_empty_write(this);
    }
  }
  bool consume(Context* context, const void* bytes, std::size_t size) override {
    // The next read fails, which ends the connection.
    if (broken_)
      return true;
    const bool introducing = stage_ == Stage::header;
    const std::string_view message{static_cast<const char*>(bytes), size};
    if (introducing && !newcomers_ && is_of_another_version(message)) {
      tell_version();
      return true;
    }
    if (const auto refusal = guard_.take(message)) {
      break_off("sent " + std::string{*refusal});
      if (!introducing)
        return true;
      // Whoever has connected is told what CAF says to a header that it does not know.
      rd_buf().front() = unknown_operation;
    }
    return scribe::consume(context, bytes, size);
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  Bytes& wr_buf() override { return stream_.wr_buf(); }
  Bytes& rd_buf() override { return stream_.rd_buf(); }
  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  void flush() override { stream_.flush(this); }
  std::string addr() const override {
    auto address = io::network::remote_addr_of_fd(stream_.fd());
    return address ? *address : std::string{};
  }
  std::uint16_t port() const override {
    auto port = io::network::remote_port_of_fd(stream_.fd());
    return port ? *port : std::uint16_t{0};
  }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

  // CAF does this only after complete messages, and would therefore drop a peer in the middle of a
  // long one.
  void note_life() override {
    auto* broker = dynamic_cast<io::basp_broker*>(parent());
    if (broker == nullptr)
      return;
    if (const auto entry = broker->ctx.find(hdl()); entry != broker->ctx.end())
      entry->second.last_seen = broker->clock().now();
  }

private:
  /// What the connection reads next.
  enum class Stage : std::uint8_t {
    connected,    ///< nothing yet
    header,       ///< the header of the handshake message
    introduction, ///< the payload of the handshake message
    introduced,   ///< any message
  };

  /// Policy wrapper that fails once the connection is broken and records when data arrives.
  struct Watched {
    rw_state read_some(std::size_t& result, native_socket socket, void* buffer, std::size_t size) {
      if (scribe.broken_)
        return rw_state::failure;
      const auto state = policy.read_some(result, socket, buffer, size);
      if (state == rw_state::success && result > 0)
        scribe.note_life();
      return state;
    }
    rw_state write_some(std::size_t& result, native_socket socket, const void* buffer,
                        std::size_t size) {
      return scribe.broken_ ? rw_state::failure : policy.write_some(result, socket, buffer, size);
    }
    bool must_read_more(native_socket socket, std::size_t threshold) {
      return !scribe.broken_ && policy.must_read_more(socket, threshold);
    }

    Policy policy;
    GuardedScribe& scribe;
  };

  void leave_newcomers() {
    if (const auto newcomers = std::exchange(newcomers_, nullptr))
      newcomers->remove(stream_.fd());
  }
  // CAF would read on, and tell of a lost connection.
  void tell_version() {
    if (auto* broker = dynamic_cast<io::basp_broker*>(parent()))
      if (const auto entry = broker->ctx.find(hdl());
          entry != broker->ctx.end() && entry->second.callback)
        entry->second.callback->deliver(caf::make_error(caf::sec::incompatible_versions));
    break_off("speaks another version of CAF's protocol");
  }
  void break_off(const std::string& reason) {
    broken_ = true;
    tell_refusal("broke the connection with " + addr() + " off: it " + reason);
    // Wakes up the stream, which then fails on its next read.
    ::shutdown(stream_.fd(), SHUT_RDWR);
  }

  std::size_t message_limit_;
  std::shared_ptr<Newcomers> newcomers_;
  std::shared_ptr<LivingConnections> living_;
  Guard guard_;
  Stage stage_ = Stage::connected;
  bool broken_ = false;
  bool launched_ = false;
  io::network::stream_impl<Watched> stream_;
};

#if !NEXUS_LLM_CAF_1
std::string bytes_of(caf::actor_system& system, caf::node_id node) {
  std::vector<char> bytes;
  caf::binary_serializer serializer{system, bytes};
  // Writing to memory does not fail.
  static_cast<void>(serializer(node));
  return {bytes.begin(), bytes.end()};
}
#endif

} // namespace

void Newcomers::add(Socket socket) {
  const auto now = Clock::now();
  for (auto entry = since_.begin(); entry != since_.end();)
    entry = now - entry->second > introduction_time ? close(entry) : std::next(entry);
  if (since_.size() >= max_newcomers)
    close(std::ranges::min_element(since_, {}, [](const auto& entry) { return entry.second; }));
  since_[socket] = now;
}

Newcomers::Entry Newcomers::close(Entry entry) {
  ::shutdown(entry->first, SHUT_RDWR);
  return since_.erase(entry);
}

#if NEXUS_LLM_CAF_1
GuardedMultiplexer::GuardedMultiplexer(caf::actor_system& system)
    : default_multiplexer{system}, message_limit_{nexus::llm::message_limit(system)} {}
#else
GuardedMultiplexer::GuardedMultiplexer(caf::actor_system* system)
    : default_multiplexer{system},
      message_limit_{nexus::llm::message_limit(*system)}, types_{network_types(system->config())} {}
#endif

io::doorman_ptr GuardedMultiplexer::new_doorman(native_socket socket) {
  return caf::make_counted<GuardedDoorman>(*this, socket);
}

io::scribe_ptr GuardedMultiplexer::new_scribe(native_socket socket) {
  newcomers_->add(socket);
  return make_scribe(socket, newcomers_);
}

// CAF would wait for a host that does not respond until the timeout of the OS, which is minutes.
caf::expected<io::scribe_ptr> GuardedMultiplexer::new_tcp_scribe(const std::string& host,
                                                                 std::uint16_t port) {
  const addrinfo hints{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  Addresses addresses;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &addresses.first) == 0)
    for (const auto* address = addresses.first; address != nullptr; address = address->ai_next)
      if (const auto socket = connect_one(*address); socket != io::network::invalid_native_socket)
        return make_scribe(socket, nullptr);
  return caf::make_error(caf::sec::cannot_connect_to_node, host, port);
}

io::scribe_ptr GuardedMultiplexer::make_scribe(native_socket socket,
                                               std::shared_ptr<Newcomers> newcomers) {
  io::network::keepalive(socket, true);
  const bool accepted = newcomers != nullptr;
#if NEXUS_LLM_CAF_1
  Guard guard;
#else
  Guard guard{accepted ? PeerGuard::Peer::client : PeerGuard::Peer::server,
              bytes_of(system(), system().node()), types_};
#endif
  if (!system().has_openssl_manager())
    return caf::make_counted<GuardedScribe<caf::policy::tcp>>(*this, socket, caf::policy::tcp{},
                                                              message_limit_, std::move(newcomers),
                                                              living_, std::move(guard));
  // The TLS handshake continues whenever the socket is ready.
  io::network::nonblocking(socket, true);
  Tls tls;
  try {
    tls.session = caf::openssl::make_session(system(), socket, accepted);
  } catch (const std::exception& error) {
    // CAF reads the certificate files for each connection. Without a session, the connection fails.
    tell_refusal(std::string{"TLS is not possible at the moment: "} + error.what());
  }
  return caf::make_counted<GuardedScribe<Tls>>(*this, socket, std::move(tls), message_limit_,
                                               std::move(newcomers), living_, std::move(guard));
}

bool GuardedMultiplexer::was_stopped() {
  const auto now = Clock::now();
  return now - last_work_.exchange(now) > longest_idleness;
}

#if NEXUS_LLM_CAF_1

void GuardedMultiplexer::schedule(caf::resumable* work) {
  if (was_stopped())
    post([living = living_] { nexus::llm::note_life(*living); });
  default_multiplexer::schedule(work);
}

caf::actor_system_module* GuardedMiddleman::make(caf::actor_system& system) {
  return std::make_unique<GuardedMiddleman>(system).release();
}

#else

void GuardedMultiplexer::exec_later(caf::resumable* work) {
  if (was_stopped())
    default_multiplexer::exec_later(std::make_unique<Revival>(living_).release());
  default_multiplexer::exec_later(work);
}

#endif

} // namespace nexus::llm
