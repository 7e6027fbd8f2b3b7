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

#include <future>
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

[[noreturn]] void fail(const error_code& error, const std::string& what) {
  throw std::system_error(error.value(), std::system_category(), what);
}

} // namespace

class Simulator::Impl {
public:
  explicit Impl(SimulatorOptions given)
      : options(std::move(given)), statistics(options.max_records), io(1), work(io.get_executor()),
        server(io, options, statistics), acceptor(io), retry(io) {
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
      fail(error, "address " + options.address);
    endpoint = {address, options.port};
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

  /// Opens the listener and begins to accept.
  void listen() {
    tcp::acceptor fresh(io);
    error_code error;
    fresh.open(endpoint.protocol(), error);
    if (!error)
      fresh.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error)
      fresh.bind(endpoint, error);
    if (!error)
      fresh.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      fail(error, "listen on " + endpoint.address().to_string() + " port " +
                      std::to_string(endpoint.port()));
    acceptor = std::move(fresh);
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
      if (options.send_buffer_bytes > 0)
        socket.set_option(asio::socket_base::send_buffer_size(options.send_buffer_bytes), ignored);
      const auto connection = std::make_shared<Connection>(std::move(socket), server, ++last_id);
      server.add_connection(connection);
      connection->start();
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

std::string Simulator::base_url() const {
  const auto address = impl_->endpoint.address();
  const std::string text = address.to_string();
  return "http://" + (address.is_v6() ? "[" + text + "]" : text) + ":" + std::to_string(port());
}

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

bool Simulator::running() const {
  return impl_->call([&] { return impl_->acceptor.is_open(); });
}

void Simulator::add_model(SimulatedModel model) {
  impl_->call([&] { impl_->server.store().add(std::move(model)); });
}

void Simulator::remove_model(std::string_view name) {
  impl_->call([&] {
    if (const auto parsed = ModelName::parse(name))
      impl_->server.store().remove(*parsed);
  });
}

std::vector<std::string> Simulator::models() const {
  return impl_->call([&] {
    std::vector<std::string> names;
    for (const auto& model : impl_->server.store().list())
      names.push_back(model->name.display());
    return names;
  });
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
    const auto name = ModelName::parse(model);
    const auto entry = name ? impl_->server.store().find(*name) : nullptr;
    if (!entry)
      throw std::invalid_argument("model not installed: " + std::string(model));
    entry->config.reply = std::move(text);
  });
}

void Simulator::queue_reply(std::string_view model, std::string text) {
  impl_->call([&] { impl_->server.script(model, {std::move(text), {}}); });
}

void Simulator::queue_tool_calls(std::string_view model, std::vector<SimulatedToolCall> calls) {
  impl_->call([&] { impl_->server.script(model, {"", std::move(calls)}); });
}

void Simulator::send_held(std::uint64_t request, std::string bytes) {
  impl_->call([&] {
    if (const auto exchange = impl_->server.held(request))
      exchange->send_held(std::move(bytes));
  });
}

void Simulator::end_held(std::uint64_t request, Fault::Ending ending) {
  impl_->call([&] {
    if (const auto exchange = impl_->server.held(request))
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
