// SPDX-License-Identifier: BSD-3-Clause
// The HTTP transport alone: no actors, so that it can be checked by tools that do not know them.
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <new>

#include "actors/ollama_client/curl_transport.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "tests/integration/collector.hpp"
#include "tests/integration/no_descriptors_left.hpp"
#include "tests/integration/raw_server.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;
using simulator::Fault;
using test::Collector;
using test::NoDescriptorsLeft;
using test::RawServer;
using Failure = HttpOutcome::Failure;
using Method = HttpRequest::Method;

namespace transport_test {

namespace {

/// How often the threads of this process have waited for something.
long sleeps_of_all_threads() {
  long sum = 0;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream status{thread.path() / "status"};
    for (std::string word; status >> word;)
      if (word == "voluntary_ctxt_switches:") {
        long count = 0;
        status >> count;
        sum += count;
      }
  }
  return sum;
}

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

struct Setup {
  Setup() {
    simulator::SimulatorOptions options;
    options.models = {{.name = "m", .reply = "one two three four five"}};
    sim = std::make_unique<simulator::Simulator>(options);
  }

  std::shared_ptr<Collector::Shared> start(const std::string& path, std::string body = {},
                                           std::size_t limit = SIZE_MAX) {
    return start_url(sim->base_url() + path, std::move(body), limit);
  }
  std::shared_ptr<Collector::Shared> start_url(std::string url, std::string body = {},
                                               std::size_t limit = SIZE_MAX) {
    HttpRequest request;
    request.method = body.empty() ? HttpRequest::Method::get : HttpRequest::Method::post;
    request.url = std::move(url);
    request.body = std::move(body);
    return start_request(std::move(request), limit);
  }
  std::shared_ptr<Collector::Shared> start_request(HttpRequest request,
                                                   std::size_t limit = SIZE_MAX) {
    auto shared = std::make_shared<Collector::Shared>();
    request.connect_timeout = 2s;
    transport->start(++last, std::move(request), std::make_unique<Collector>(shared, limit));
    return shared;
  }

  static constexpr auto generate = R"({"model":"m","prompt":"x"})";
  std::unique_ptr<simulator::Simulator> sim;
  std::unique_ptr<Transport> transport = make_curl_transport();
  TransferId last = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transport_alone, Setup)

BOOST_AUTO_TEST_CASE(exchanges_one_after_the_other_share_a_connection) {
  for (int i = 0; i < 20; ++i) {
    const auto outcome = start("/api/generate", generate)->wait();
    BOOST_TEST(outcome.status == 200);
    BOOST_TEST((outcome.failure == HttpOutcome::Failure::none));
    BOOST_TEST(outcome.reason == "");
    BOOST_TEST(outcome.detail == "");
    BOOST_TEST(!outcome.retry_after.has_value());
  }
  BOOST_TEST(sim->counters().accepts == 1u);
}

BOOST_AUTO_TEST_CASE(each_read_is_told_to_be_done_before_the_next_one) {
  sim->inject(Fault::stall_after_lines(1));
  const auto exchange = start("/api/generate", generate);
  exchange->wait_for(&Collector::Shared::reads);
  std::lock_guard lock{exchange->mutex};
  BOOST_TEST(!exchange->body.empty());
  BOOST_TEST(!exchange->outcome.has_value());
}

BOOST_AUTO_TEST_CASE(a_transport_with_nothing_to_do_sleeps) {
  BOOST_TEST(start("/api/version")->wait().status == 200);
  const auto wakes_in = [](std::chrono::milliseconds time) {
    const auto before = sleeps_of_all_threads();
    ::poll(nullptr, 0, static_cast<int>(time.count()));
    return sleeps_of_all_threads() - before;
  };
  // This thread wakes once, and the end of the exchange may still come.
  BOOST_TEST(wakes_in(200ms) < 8);
  sim->inject(Fault::stall_before_response());
  start("/api/generate", generate);
  BOOST_REQUIRE(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s));
  // libcurl looks once a second whether it is still wanted.
  BOOST_TEST(wakes_in(200ms) < 8);
}

BOOST_AUTO_TEST_CASE(a_transport_that_began_without_a_free_descriptor_works_once_there_are_some) {
  {
    const NoDescriptorsLeft none_left;
    transport = make_curl_transport();
  }
  // The second one finds the thread asleep.
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(start("/api/generate", generate)->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(many_exchanges_run_at_once) {
  std::vector<std::shared_ptr<Collector::Shared>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(start("/api/generate", generate));
  for (const auto& one : all)
    BOOST_TEST(one->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(exchanges_that_one_multi_handle_is_not_enough_for_run_and_end_by_themselves) {
  // More than CurlMulti gives to one multi handle of libcurl.
  constexpr std::uint64_t stalled = 300;
  for (std::uint64_t i = 0; i < stalled; ++i) {
    sim->inject(Fault::stall_before_response());
    start("/api/generate", generate);
  }
  BOOST_REQUIRE(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == stalled; }, 10s));
  // By the timers of the further multi handle alone, without its events, each would take a second.
  const auto since = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i)
    BOOST_TEST(start("/api/generate", generate)->wait().status == 200);
  BOOST_TEST((std::chrono::steady_clock::now() - since < 10s));
  for (TransferId id = 1; id <= stalled; ++id)
    transport->cancel(id);
  BOOST_TEST(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == stalled; },
      10s));
  BOOST_TEST(start("/api/generate", generate)->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(a_burst_of_commands_is_obeyed_to_its_end) {
  struct Blocker : Collector {
    Blocker(std::shared_ptr<Shared> shared, std::promise<void>& told, std::future<void> go_on)
        : Collector{std::move(shared)}, told_{told}, go_on_{std::move(go_on)} {}
    void on_finished(HttpOutcome outcome) override {
      told_.set_value();
      go_on_.wait();
      Collector::on_finished(std::move(outcome));
    }

  private:
    std::promise<void>& told_;
    std::future<void> go_on_;
  };
  auto shared = std::make_shared<Collector::Shared>();
  std::promise<void> told;
  std::promise<void> go_on;
  transport->start(++last, {.url = sim->base_url() + "/api/version"},
                   std::make_unique<Blocker>(shared, told, go_on.get_future()));
  told.get_future().wait();
  // Many more than are obeyed in one round, with nothing else that could wake the thread.
  for (TransferId id = 1000; id < 2000; ++id)
    transport->cancel(id);
  const auto after = start("/api/version");
  go_on.set_value();
  BOOST_TEST(after->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(cancelling_closes_the_connection) {
  sim->inject(Fault::stall_after_lines(1));
  const auto exchange = start("/api/generate", generate);
  exchange->wait_for_bytes();
  transport->cancel(last);
  BOOST_TEST(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == 1; }, 5s));
  BOOST_TEST(!exchange->outcome.has_value());
  transport->cancel(last);
  transport->cancel(12345);
}

BOOST_AUTO_TEST_CASE(ending_the_transport_aborts_what_is_under_way) {
  sim->inject(Fault::stall_before_response());
  const auto exchange = start("/api/generate", generate);
  BOOST_REQUIRE(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s));
  BOOST_TEST(exchange.use_count() == 2);
  transport.reset();
  // Its handlers are gone with it.
  BOOST_TEST(exchange.use_count() == 1);
  BOOST_TEST(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == 1; }, 5s));
}

BOOST_AUTO_TEST_CASE(a_handler_may_end_the_transport_that_tells_it_the_end) {
  struct Ender : Collector {
    Ender(std::shared_ptr<Shared> shared, std::unique_ptr<Transport>& transport)
        : Collector{std::move(shared)}, transport_{transport} {}
    void on_finished(HttpOutcome outcome) override {
      transport_.reset();
      Collector::on_finished(std::move(outcome));
    }

  private:
    std::unique_ptr<Transport>& transport_;
  };
  auto shared = std::make_shared<Collector::Shared>();
  HttpRequest request;
  request.url = sim->base_url() + "/api/version";
  auto* running = transport.get();
  running->start(++last, std::move(request), std::make_unique<Ender>(shared, transport));
  BOOST_TEST(shared->wait().status == 200);
  BOOST_TEST(!transport);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_told_and_nothing_is_sent) {
  for (const std::string file : {"/nonexistent", "/"}) {
    const auto outcome = start_request({.method = HttpRequest::Method::post,
                                        .url = sim->base_url() + "/api/blobs/sha256:x",
                                        .body_file = file})
                             ->wait();
    BOOST_TEST((outcome.failure == HttpOutcome::Failure::file_unreadable));
    BOOST_TEST(outcome.detail.starts_with("the file `" + file + "` cannot be read ("));
  }
  BOOST_TEST(sim->counters().accepts == 0u);
}

BOOST_AUTO_TEST_CASE(only_a_regular_file_is_sent_and_an_empty_one_is_sent_as_such) {
  const auto device = start_request({.method = Method::post,
                                     .url = sim->base_url() + "/api/blobs/sha256:x",
                                     .body_file = "/dev/null"})
                          ->wait();
  BOOST_TEST((device.failure == Failure::file_unreadable));
  BOOST_TEST(device.detail == "the file `/dev/null` cannot be read (Illegal seek)");
  const test::TemporaryDirectory directory;
  const auto path = (directory / "empty").string();
  std::ofstream{path} << "";
  std::string head;
  {
    RawServer server{[&](int socket, std::size_t) {
      head = RawServer::read_head(socket);
      RawServer::write(socket, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    }};
    const auto exchange =
        start_request({.method = Method::post, .url = server.url(), .body_file = path});
    BOOST_TEST(exchange->wait().status == 201);
    BOOST_TEST(exchange->parts_sent == 0u);
  }
  BOOST_TEST(head.starts_with("POST / HTTP/1.1\r\n"));
  BOOST_TEST(head.find("Content-Length: 0\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_is_sent_anew_where_a_kept_connection_closes_under_it) {
  const test::TemporaryDirectory directory;
  const auto path = (directory / "file").string();
  const std::string content(200'000, 'x');
  std::ofstream{path} << content;
  const auto body_of = [](int socket, std::size_t most) {
    const auto head = RawServer::read_head(socket);
    std::size_t received = head.size() - std::min(head.size(), head.find("\r\n\r\n") + 4);
    std::vector<char> buffer(64 * 1024);
    while (received < most) {
      const auto count = ::read(socket, buffer.data(), buffer.size());
      if (count <= 0)
        break;
      received += static_cast<std::size_t>(count);
    }
    return received;
  };
  constexpr auto done = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
  std::size_t received = 0;
  {
    RawServer server{[&](int socket, std::size_t connection) {
      if (connection == 0) {
        static_cast<void>(RawServer::read_head(socket));
        RawServer::write(socket, done);
        // It takes all of the next request, and closes instead of answering.
        static_cast<void>(body_of(socket, content.size()));
        return;
      }
      received = body_of(socket, content.size());
      RawServer::write(socket, done);
    }};
    BOOST_TEST(start_url(server.url())->wait().status == 201);
    const auto outcome =
        start_request({.method = Method::post, .url = server.url(), .body_file = path})->wait();
    BOOST_TEST(outcome.status == 201);
    BOOST_TEST((outcome.failure == Failure::none));
    BOOST_TEST(server.connections() == 2u);
  }
  BOOST_TEST(received == content.size());
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_no_connection_is_given_up_after_the_connect_timeout) {
  std::promise<void> over;
  std::promise<void> busy;
  auto wait = over.get_future().share();
  RawServer server{[wait, &busy](int, std::size_t connection) {
    if (connection == 0)
      busy.set_value();
    wait.wait();
  }};
  const std::shared_ptr<void> at_end{nullptr, [&over](void*) { over.set_value(); }};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(
      static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1))));
  std::vector<FileDescriptor> waiting;
  const auto connect = [&] {
    waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    static_cast<void>(
        ::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  };
  connect();
  busy.get_future().wait();
  // More than the kernel keeps for a server that accepts none any more.
  for (int i = 0; i < 30; ++i)
    connect();
  auto shared = std::make_shared<Collector::Shared>();
  HttpRequest request;
  request.url = server.url();
  request.connect_timeout = 100ms;
  const auto since = std::chrono::steady_clock::now();
  transport->start(++last, std::move(request), std::make_unique<Collector>(shared));
  BOOST_TEST((shared->wait().failure == Failure::connect_timeout));
  BOOST_TEST((std::chrono::steady_clock::now() - since >= 100ms));
}

BOOST_AUTO_TEST_CASE(the_head_of_an_answer_may_have_256_KiB) {
  const auto outcome_with = [this](std::size_t bytes) {
    const std::string begin = "HTTP/1.1 200 OK\r\n";
    const std::string end = "Content-Length: 0\r\n\r\n";
    std::string head = begin;
    const auto rest = [&] { return bytes - head.size() - end.size(); };
    while (rest() > 2000)
      head += "X-Flood: " + std::string(989, 'x') + "\r\n";
    head += "X-Flood: " + std::string(rest() - 11, 'x') + "\r\n";
    RawServer server{head + end};
    return start_url(server.url())->wait();
  };
  BOOST_TEST((outcome_with(256 * 1024).failure == Failure::none));
  BOOST_TEST((outcome_with(256 * 1024 + 1).failure == Failure::protocol));
}

BOOST_AUTO_TEST_CASE(a_handler_that_has_enough_stops_the_exchange) {
  const auto exchange = start("/api/generate", generate, 10);
  BOOST_TEST((exchange->wait().failure == HttpOutcome::Failure::stopped));
}

BOOST_AUTO_TEST_CASE(a_handler_without_memory_is_told_the_end_until_it_has_some) {
  class Poor : public TransferHandler {
  public:
    explicit Poor(std::shared_ptr<Collector::Shared> shared) : shared_{std::move(shared)} {}
    bool on_bytes(int, std::string_view) override { throw std::bad_alloc{}; }
    void on_read_done() override { BOOST_ERROR("it is told of a read"); }
    void on_finished(HttpOutcome outcome) override {
      if (--refusals_ > 0)
        throw std::bad_alloc{};
      std::lock_guard lock{shared_->mutex};
      shared_->outcome = std::move(outcome);
      shared_->changed.notify_all();
    }

  private:
    std::shared_ptr<Collector::Shared> shared_;
    int refusals_ = 3;
  };
  const auto shared = std::make_shared<Collector::Shared>();
  transport->start(++last, {.url = sim->base_url() + "/api/tags"}, std::make_unique<Poor>(shared));
  BOOST_TEST((shared->wait().failure == HttpOutcome::Failure::no_memory));
  BOOST_TEST(start("/api/generate", generate)->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(no_socket_is_opened_to_another_machine) {
  BOOST_TEST((start_url("http://192.0.2.1:11434/api/tags")->wait().failure == Failure::not_local));
  BOOST_TEST((start_url("http://[2001:db8::1]:80/")->wait().failure == Failure::not_local));
  BOOST_TEST((start_url("http://0.0.0.0:9/")->wait().failure == Failure::not_local));
}

BOOST_AUTO_TEST_CASE(a_proxy_in_the_environment_is_not_used) {
  setenv("http_proxy", "http://192.0.2.1:3128", 1);
  BOOST_TEST(start("/api/version")->wait().status == 200);
  unsetenv("http_proxy");
}

BOOST_AUTO_TEST_CASE(failures_are_told_apart) {
  sim->inject(Fault::close_mid_chunk(1));
  const auto cut = start("/api/generate", generate)->wait();
  BOOST_TEST((cut.failure == Failure::cut));
  BOOST_TEST(cut.answer_began);
  const auto port = std::to_string(sim->port());
  sim->stop();
  BOOST_TEST((start_url("http://127.0.0.1:" + port + "/")->wait().failure == Failure::refused));
  BOOST_TEST((start_url("ftp://127.0.0.1/")->wait().failure == Failure::protocol));
}

BOOST_AUTO_TEST_CASE(a_reset_of_a_kept_connection_is_not_noticed) {
  BOOST_TEST(start("/api/version")->wait().status == 200);
  sim->stop();
  sim->start();
  BOOST_TEST(start("/api/generate", generate)->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(each_method_is_sent_as_such_and_has_its_status) {
  std::mutex mutex;
  std::vector<std::string> heads;
  RawServer server{[&](int socket, std::size_t) {
    {
      auto head = RawServer::read_head(socket);
      std::lock_guard lock{mutex};
      heads.push_back(std::move(head));
    }
    RawServer::write(socket, "HTTP/1.1 204 No Content\r\n\r\n");
  }};
  for (const auto method : {Method::get, Method::post, Method::delete_, Method::head}) {
    const auto outcome = start_request({.method = method, .url = server.url() + "/x"})->wait();
    BOOST_TEST((outcome.failure == Failure::none));
    BOOST_TEST(outcome.status == 204);
    BOOST_TEST(!outcome.answer_began);
  }
  std::lock_guard lock{mutex};
  BOOST_REQUIRE(heads.size() == 4u);
  BOOST_TEST(heads[0].starts_with("GET /x HTTP/1.1\r\n"));
  BOOST_TEST(heads[1].starts_with("POST /x HTTP/1.1\r\n"));
  BOOST_TEST(heads[2].starts_with("DELETE /x HTTP/1.1\r\n"));
  BOOST_TEST(heads[3].starts_with("HEAD /x HTTP/1.1\r\n"));
  for (const auto& head : heads) {
    BOOST_TEST(head.find("User-Agent: nexus-llm\r\n") != std::string::npos);
    // Compression would delay the chunks of a stream.
    BOOST_TEST(head.find("Accept-Encoding: identity\r\n") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_file_is_sent_whole_to_a_server_that_reads_late) {
  const test::TemporaryDirectory directory;
  const auto path = (directory / "file").string();
  const std::string content(8u << 20, 'x');
  std::ofstream{path} << content;
  std::promise<void> sent_some;
  auto may_read = sent_some.get_future();
  std::size_t received = 0;
  bool raw = false;
  {
    RawServer server{[&](int socket, std::size_t) {
      const auto head = RawServer::read_head(socket);
      raw = head.find("Content-Type: application/octet-stream\r\n") != std::string::npos &&
            head.find("Content-Length: " + std::to_string(content.size()) + "\r\n") !=
                std::string::npos;
      received = head.size() - head.find("\r\n\r\n") - 4;
      may_read.wait();
      std::vector<char> buffer(1u << 20);
      while (received < content.size()) {
        const auto count = ::read(socket, buffer.data(), buffer.size());
        if (count <= 0)
          return;
        received += static_cast<std::size_t>(count);
      }
      RawServer::write(socket, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    }};
    const auto exchange =
        start_request({.method = Method::post, .url = server.url(), .body_file = path});
    // By then nothing more fits the buffers of the kernel.
    ::poll(nullptr, 0, 50);
    sent_some.set_value();
    const auto outcome = exchange->wait();
    BOOST_TEST(outcome.status == 201);
    BOOST_TEST((outcome.failure == Failure::none));
    BOOST_TEST(exchange->parts_sent > 1u);
  }
  BOOST_TEST(raw);
  BOOST_TEST(received == content.size());
}

BOOST_AUTO_TEST_CASE(what_was_compressed_unasked_is_taken_in_as_it_was) {
  // `printf hello | gzip -n`
  const std::string compressed{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07"
                               "\x00\x86\xa6\x10\x36\x05\x00\x00\x00",
                               25};
  RawServer server{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" +
                   compressed};
  const auto exchange = start_url(server.url());
  BOOST_TEST((exchange->wait().failure == Failure::none));
  BOOST_TEST(exchange->parts_sent == 0u);
  BOOST_TEST(exchange->body == "hello");
}

BOOST_AUTO_TEST_CASE(what_the_server_wants_to_be_done_next_is_told) {
  const auto outcome_of = [this](const std::string& header) {
    RawServer server{"HTTP/1.1 503 X\r\n" + header + "Content-Length: 0\r\n\r\n"};
    return start_url(server.url())->wait();
  };
  BOOST_TEST((outcome_of("Retry-After: 7\r\n").retry_after == 7s));
  BOOST_TEST((outcome_of("Retry-After: 99999999999\r\n").retry_after == 86'400s));
  BOOST_TEST(!outcome_of("Retry-After: 0\r\n").retry_after.has_value());
  BOOST_TEST(!outcome_of("").retry_after.has_value());
  RawServer moved{"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\n"
                  "Content-Length: 0\r\n\r\n"};
  const auto redirect = start_url(moved.url())->wait();
  BOOST_TEST(redirect.status == 302);
  BOOST_TEST(redirect.location == "http://elsewhere.example/");
  BOOST_TEST(moved.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_told_from_a_server_that_wants_tls) {
  const auto outcome_of = [this](const std::string& bytes) {
    RawServer server{bytes};
    return start_url(server.url())->wait();
  };
  BOOST_TEST((outcome_of("SSH-2.0-OpenSSH_9.2\r\n").failure == Failure::protocol));
  // An alert of TLS, and the beginning of a handshake.
  BOOST_TEST((outcome_of(std::string{"\x15\x03\x01\x00\x02\x02\x46", 7}).failure ==
              Failure::tls_required));
  BOOST_TEST((outcome_of("\x16\x03\x01 hello").failure == Failure::tls_required));
  std::string headers;
  while (headers.size() < 280'000)
    headers += "X-Flood: " + std::string(90, 'x') + "\r\n";
  const auto flood = outcome_of("HTTP/1.1 200 OK\r\n" + headers + "\r\n");
  BOOST_TEST((flood.failure == Failure::protocol));
  BOOST_TEST(!flood.detail.empty());
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_in_silence_is_tried_once_with_tls) {
  std::mutex mutex;
  std::string beginnings;
  RawServer silent{[&](int socket, std::size_t) {
    const auto head = RawServer::read_head(socket);
    std::lock_guard lock{mutex};
    beginnings += head.front();
  }};
  const auto outcome = start_url(silent.url() + "/x")->wait();
  BOOST_TEST((outcome.failure == Failure::cut));
  BOOST_TEST(outcome.status == 0);
  {
    std::lock_guard lock{mutex};
    // `GET`, and a handshake of TLS that asks for nothing.
    BOOST_TEST(beginnings == "G\x16");
  }
  // One that has ever answered in HTTP does not want TLS.
  RawServer tired{[](int socket, std::size_t connection) {
    static_cast<void>(RawServer::read_head(socket));
    if (connection == 0)
      RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  BOOST_TEST(start_url(tired.url() + "/a")->wait().status == 200);
  BOOST_TEST((start_url(tired.url() + "/b")->wait().failure == Failure::cut));
  BOOST_TEST(tired.connections() == 2u);
  // Nor does one that has begun to answer.
  RawServer begun{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
  BOOST_TEST((start_url(begun.url())->wait().failure == Failure::cut));
  BOOST_TEST(begun.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_handler_that_throws_ends_its_own_exchange_alone) {
  struct Thrower : Collector {
    using Collector::Collector;
    bool on_bytes(int, std::string_view) override { throw std::runtime_error{"no room"}; }
  };
  auto shared = std::make_shared<Collector::Shared>();
  transport->start(++last, {.url = sim->base_url() + "/api/version"},
                   std::make_unique<Thrower>(shared));
  const auto outcome = shared->wait();
  BOOST_TEST((outcome.failure == Failure::protocol));
  BOOST_TEST(outcome.detail == "the answer could not be taken in: no room");
  BOOST_TEST(start("/api/version")->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(without_a_free_descriptor_an_exchange_fails_with_this_reason) {
  BOOST_TEST(start("/api/version")->wait().status == 200);
  const RawServer other{"HTTP/1.1 200 OK\r\n\r\n"};
  {
    const NoDescriptorsLeft none_left;
    BOOST_TEST((start_url(other.url())->wait().failure == Failure::no_descriptors));
    BOOST_TEST((start_url("http://a-name.invalid/")->wait().failure == Failure::no_descriptors));
  }
  BOOST_TEST(start_url(other.url())->wait().status == 200);
}

BOOST_AUTO_TEST_CASE(a_host_that_is_not_known_is_told_and_costs_no_descriptor) {
  BOOST_TEST((start_url("http://a-name.invalid/")->wait().failure == Failure::host_not_found));
  const auto before = open_descriptors();
  for (int i = 0; i < 3; ++i)
    BOOST_TEST((start_url("http://a-name.invalid/")->wait().failure == Failure::host_not_found));
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace transport_test
