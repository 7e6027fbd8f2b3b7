// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/simulator/simulator.hpp"

#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/server.hpp"
#include "runtime/simulator/statistics.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

namespace nexus::llm::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

} // namespace

class Simulator::Impl {
public:
  explicit Impl(SimulatorOptions given)
      : options(std::move(given)), statistics(options.max_records), io(1), work(io.get_executor()),
        server(io, options, statistics), acceptor(io), retry(io),
        endpoint(asio::ip::address_v4::loopback(), options.port) {
    listen();
    endpoint = acceptor.local_endpoint();
    thread = std::thread([this] { io.run(); });
  }

  ~Impl() {
    asio::post(io, [this] {
      shut();
      work.reset();
      io.stop();
    });
    thread.join();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Runs a function on the server thread and waits for its result.
  template <class Function> auto call(Function function) {
    using Result = std::invoke_result_t<Function&>;
    const auto task = std::make_shared<std::packaged_task<Result()>>(std::move(function));
    auto result = task->get_future();
    asio::post(io, [task] { (*task)(); });
    return result.get();
  }

  /// Waits until what the clients have already received is counted. The first turn ends the handler
  /// that wrote it, the second comes after the completion of that write.
  void settle() {
    call([] {});
    call([] {});
  }

  /// Opens the listener and accepts connections.
  void listen() {
    try {
      acceptor = tcp::acceptor(io, endpoint);
    } catch (const boost::system::system_error& error) {
      throw std::system_error(error.code().value(), std::system_category(),
                              "listen on port " + std::to_string(endpoint.port()));
    }
    accept();
  }

  void accept() {
    acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open())
        return;
      if (error) {
        // Out of descriptors, most likely: try again when some may have been freed.
        retry.expires_after(std::chrono::milliseconds(20));
        retry.async_wait([this](const error_code& failed) {
          if (!failed && acceptor.is_open())
            accept();
        });
        return;
      }
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const auto connection = std::make_shared<Connection>(std::move(socket), server, ++last_id);
      server.add_connection(connection);
      connection->read_request();
      accept();
    });
  }

  void shut() {
    error_code ignored;
    acceptor.close(ignored);
    retry.cancel();
    server.close_all();
  }

  SimulatorOptions options;
  Statistics statistics;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  Server server;
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  tcp::endpoint endpoint;
  std::uint64_t last_id = 0;
  std::thread thread;
};

Simulator::Simulator(SimulatorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Simulator::~Simulator() = default;

std::uint16_t Simulator::port() const { return impl_->endpoint.port(); }

std::string Simulator::base_url() const { return "http://127.0.0.1:" + std::to_string(port()); }

void Simulator::inject(Fault fault) {
  impl_->call([&] { impl_->server.inject(std::move(fault)); });
}

void Simulator::clear_faults() {
  impl_->call([&] { impl_->server.clear_faults(); });
}

void Simulator::stop() {
  impl_->call([&] { impl_->shut(); });
}

void Simulator::start() {
  impl_->call([&] {
    if (!impl_->acceptor.is_open())
      impl_->listen();
  });
}

void Simulator::add_model(SimulatedModel model) {
  impl_->call([&] { impl_->server.store().add(std::move(model)); });
}

void Simulator::remove_model(std::string_view name) {
  impl_->call([&] { impl_->server.store().remove(name); });
}

void Simulator::set_delays(std::chrono::milliseconds load, std::chrono::milliseconds first_token,
                           std::chrono::milliseconds token) {
  impl_->call([&] {
    impl_->options.load_delay = load;
    impl_->options.first_token_delay = first_token;
    impl_->options.token_delay = token;
  });
}

void Simulator::set_reply(std::string_view model, std::string text) {
  impl_->call([&] {
    const auto entry = impl_->server.store().find(model);
    if (!entry)
      throw std::invalid_argument("model not installed: " + std::string(model));
    entry->config.reply = std::move(text);
  });
}

void Simulator::queue_reply(std::string_view model, std::string text) {
  impl_->call([&] { impl_->server.queue_reply(model, std::move(text)); });
}

void Simulator::send_held(std::uint64_t request, std::string bytes) {
  impl_->call([&] {
    if (const auto exchange = impl_->server.find_exchange(request))
      exchange->send_held(std::move(bytes));
  });
}

void Simulator::end_held(std::uint64_t request, Fault::Ending ending) {
  impl_->call([&] {
    if (const auto exchange = impl_->server.find_exchange(request))
      exchange->end_held(ending);
  });
}

Counters Simulator::counters() const {
  impl_->settle();
  return impl_->statistics.counters();
}

std::vector<RequestRecord> Simulator::requests() const {
  impl_->settle();
  return impl_->statistics.records();
}

bool Simulator::wait_until(const std::function<bool(const Counters&)>& predicate,
                           std::chrono::milliseconds deadline) const {
  return impl_->statistics.wait_until(predicate, deadline);
}

} // namespace nexus::llm::simulator
