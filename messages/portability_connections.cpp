#include "messages/portability_connections.hpp"

#if !NEXUS_LLM_CAF_1

#include <sys/socket.h>

#include <algorithm>

#include <caf/io/basp/header.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/io/scribe.hpp>
#include <caf/openssl/session.hpp>
#include <caf/policy/tcp.hpp>

#include "messages/portability_network.hpp"

namespace nexus::llm {

namespace {

namespace io = caf::io;
using io::network::native_socket;
using io::network::rw_state;

/// An introduction names a node and the interface of an actor.
constexpr std::size_t introduction_limit = 64u << 10;
/// How long, and how many at a time, a peer may be here without one.
constexpr std::chrono::seconds introduction_time{10};
constexpr std::size_t max_newcomers = 512;

/// TLS as CAF does it. Without a session nothing can be read or written.
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

/// Fails once the connection was broken off.
template <class Policy> struct Breakable {
  rw_state read_some(std::size_t& result, native_socket socket, void* buffer, std::size_t size) {
    return broken ? rw_state::failure : policy.read_some(result, socket, buffer, size);
  }
  rw_state write_some(std::size_t& result, native_socket socket, const void* buffer,
                      std::size_t size) {
    return broken ? rw_state::failure : policy.write_some(result, socket, buffer, size);
  }
  bool must_read_more(native_socket socket, std::size_t threshold) {
    return !broken && policy.must_read_more(socket, threshold);
  }

  Policy policy;
  const bool& broken;
};

/// One connection, for the broker that speaks CAF's protocol: it asks for a header, then for as
/// many bytes as that one has announced.
template <class Policy> class GuardedScribe final : public io::scribe {
public:
  /// `newcomers` holds the peer until it has introduced itself; null where this process connected.
  GuardedScribe(io::network::default_multiplexer& multiplexer, native_socket socket, Policy policy,
                std::size_t message_limit, std::shared_ptr<Newcomers> newcomers)
      : scribe{io::network::conn_hdl_from_socket(socket)}, message_limit_{message_limit},
        newcomers_{std::move(newcomers)},
        stream_{multiplexer, socket, Breakable<Policy>{std::move(policy), broken_}} {}
  ~GuardedScribe() override { leave_newcomers(); }

  void configure_read(io::receive_policy::config config) override {
    const bool header = config.second == io::basp::header_size;
    if (header && stage_ == Stage::introducing) {
      stage_ = Stage::introduced;
      leave_newcomers();
    } else if (!header && stage_ == Stage::unknown) {
      stage_ = Stage::introducing;
    }
    const auto limit = stage_ == Stage::introduced ? message_limit_
                                                   : std::min(introduction_limit, message_limit_);
    if (config.second > limit)
      return break_off(config.second, limit);
    stream_.configure_read(config);
    if (!std::exchange(launched_, true)) {
      stream_.start(this);
      // A handshake may have to be written before there is anything to write.
      stream_.force_empty_write(this);
    }
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return stream_.wr_buf(); }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
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

private:
  enum class Stage : std::uint8_t {
    unknown,     ///< nothing has come
    introducing, ///< the first message is on its way
    introduced,
  };

  void leave_newcomers() {
    if (const auto newcomers = std::exchange(newcomers_, nullptr))
      newcomers->remove(stream_.fd());
  }
  void break_off(std::size_t size, std::size_t limit) {
    broken_ = true;
    tell_refusal("broke the connection with " + addr() + " off: it announced a message of " +
                 std::to_string(size) + " bytes, " + std::to_string(limit) + " are allowed");
    // Makes the stream look at the socket, and find it broken.
    ::shutdown(stream_.fd(), SHUT_RDWR);
  }

  std::size_t message_limit_;
  std::shared_ptr<Newcomers> newcomers_;
  Stage stage_ = Stage::unknown;
  bool broken_ = false;
  bool launched_ = false;
  io::network::stream_impl<Breakable<Policy>> stream_;
};

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

GuardedMultiplexer::GuardedMultiplexer(caf::actor_system* system)
    : default_multiplexer{system}, message_limit_{caf::get_or(system->config(), message_limit_key,
                                                              default_max_message_bytes)} {}

io::scribe_ptr GuardedMultiplexer::new_scribe(native_socket socket) {
  newcomers_->add(socket);
  return make_scribe(socket, newcomers_);
}

caf::expected<io::scribe_ptr> GuardedMultiplexer::new_tcp_scribe(const std::string& host,
                                                                 std::uint16_t port) {
  auto socket = io::network::new_tcp_connection(host, port);
  if (!socket)
    return std::move(socket.error());
  return make_scribe(*socket, nullptr);
}

io::scribe_ptr GuardedMultiplexer::make_scribe(native_socket socket,
                                               std::shared_ptr<Newcomers> newcomers) {
  io::network::keepalive(socket, true);
  if (!uses_tls(system()))
    return caf::make_counted<GuardedScribe<caf::policy::tcp>>(
        *this, socket, caf::policy::tcp{}, message_limit_, std::move(newcomers));
  // The handshake goes on whenever the socket is ready.
  io::network::nonblocking(socket, true);
  const bool accepted = newcomers != nullptr;
  return caf::make_counted<GuardedScribe<Tls>>(
      *this, socket, Tls{caf::openssl::make_session(system(), socket, accepted)}, message_limit_,
      std::move(newcomers));
}

} // namespace nexus::llm

#endif
