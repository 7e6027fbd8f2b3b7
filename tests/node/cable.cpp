// SPDX-License-Identifier: BSD-3-Clause
#include "tests/node/cable.hpp"

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace nexus::llm::test {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// What all connections have in common.
struct Shared {
  Cable::Quality quality;
  bool held = false;
  std::mutex mutex;
  std::array<std::string, 2> carried; ///< by the client, by the node
};

/// One direction of a connection: reads, waits, writes, one piece after the other.
class Lane : public std::enable_shared_from_this<Lane> {
public:
  Lane(std::shared_ptr<Shared> shared, std::size_t sender, std::shared_ptr<tcp::socket> from,
       std::shared_ptr<tcp::socket> to)
      : shared_{std::move(shared)}, sender_{sender}, from_{std::move(from)}, to_{std::move(to)},
        timer_{from_->get_executor()}, buffer_(shared_->quality.piece) {}

  void start() { read(); }
  /// After a hold.
  void go_on() { write_next(); }

private:
  struct Piece {
    Clock::time_point due;
    std::vector<char> bytes;
  };

  void read() {
    from_->async_read_some(asio::buffer(buffer_),
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) {
                               self->ended_ = true;
                               return self->write_next();
                             }
                             self->arrive(size);
                             self->write_next();
                             self->read();
                           });
  }

  void arrive(std::size_t size) {
    const auto& quality = shared_->quality;
    if (quality.recorded) {
      const std::lock_guard lock{shared_->mutex};
      shared_->carried[sender_].append(buffer_.data(), size);
    }
    last_due_ = std::max(Clock::now() + quality.delay, last_due_ + quality.pause);
    waiting_.push_back(
        {last_due_, {buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(size)}});
  }

  void write_next() {
    if (writing_ || shared_->held)
      return;
    if (waiting_.empty()) {
      error_code ignored;
      if (ended_)
        to_->shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    writing_ = true;
    timer_.expires_at(waiting_.front().due);
    timer_.async_wait([self = shared_from_this()](error_code) {
      if (self->shared_->held) {
        self->writing_ = false;
        return;
      }
      asio::async_write(*self->to_, asio::buffer(self->waiting_.front().bytes),
                        [self](error_code error, std::size_t) {
                          self->writing_ = false;
                          self->waiting_.pop_front();
                          if (!error)
                            self->write_next();
                        });
    });
  }

  std::shared_ptr<Shared> shared_;
  std::size_t sender_; ///< in `Shared::carried`
  std::shared_ptr<tcp::socket> from_;
  std::shared_ptr<tcp::socket> to_;
  asio::steady_timer timer_;
  std::vector<char> buffer_;
  std::deque<Piece> waiting_;
  Clock::time_point last_due_{};
  bool writing_ = false;
  bool ended_ = false;
};

struct Connection {
  std::array<std::shared_ptr<tcp::socket>, 2> ends;
  std::array<std::shared_ptr<Lane>, 2> lanes;
};

} // namespace

struct Cable::State {
  State(std::uint16_t target, Quality quality)
      : acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}},
        node{asio::ip::address_v4::loopback(), target} {
    shared->quality = quality;
    accept();
    thread = std::thread{[this] { context.run(); }};
  }
  ~State() {
    context.stop();
    thread.join();
  }

  void accept() {
    auto client = std::make_shared<tcp::socket>(context);
    acceptor.async_accept(*client, [this, client](error_code error) {
      if (error)
        return;
      ++accepted;
      auto target = std::make_shared<tcp::socket>(context);
      target->async_connect(node, [this, client, target](error_code failed) {
        if (!failed)
          join(client, target);
      });
      accept();
    });
  }
  void join(const std::shared_ptr<tcp::socket>& client,
            const std::shared_ptr<tcp::socket>& target) {
    client->set_option(tcp::no_delay{true});
    target->set_option(tcp::no_delay{true});
    Connection connection{{client, target},
                          {std::make_shared<Lane>(shared, 0, client, target),
                           std::make_shared<Lane>(shared, 1, target, client)}};
    for (const auto& lane : connection.lanes)
      lane->start();
    all.push_back(std::move(connection));
  }
  void cut() {
    for (const auto& connection : std::exchange(all, {}))
      for (const auto& end : connection.ends) {
        error_code ignored;
        end->set_option(asio::socket_base::linger{true, 0}, ignored);
        end->close(ignored);
      }
  }
  void mend() {
    shared->held = false;
    for (const auto& connection : all)
      for (const auto& lane : connection.lanes)
        lane->go_on();
  }

  asio::io_context context;
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  tcp::acceptor acceptor;
  tcp::endpoint node;
  std::vector<Connection> all;
  std::atomic<std::size_t> accepted = 0;
  std::thread thread;
};

Cable::Cable(std::uint16_t target, Quality quality)
    : state_{std::make_unique<State>(target, quality)} {}
Cable::~Cable() = default;

std::uint16_t Cable::port() const { return state_->acceptor.local_endpoint().port(); }
void Cable::hold() {
  asio::post(state_->context, [state = state_.get()] { state->shared->held = true; });
}
void Cable::mend() {
  asio::post(state_->context, [state = state_.get()] { state->mend(); });
}
void Cable::cut() {
  asio::post(state_->context, [state = state_.get()] { state->cut(); });
}
std::size_t Cable::connections() const { return state_->accepted; }
std::string Cable::sent_by_client() const {
  const std::lock_guard lock{state_->shared->mutex};
  return state_->shared->carried[0];
}
std::string Cable::sent_by_node() const {
  const std::lock_guard lock{state_->shared->mutex};
  return state_->shared->carried[1];
}

} // namespace nexus::llm::test
