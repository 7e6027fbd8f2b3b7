// SPDX-License-Identifier: BSD-3-Clause
// The HTTP transport alone: no actors, so that it can be checked by tools that do not know them.
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "actors/ollama_client/curl_transport.hpp"
#include "nexus_llm/simulator/simulator.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;
using simulator::Fault;

namespace transport_test {

namespace {

/// Collects one exchange.
class Collector : public TransferHandler {
public:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::string body;
    std::size_t reads = 0;
    std::optional<HttpOutcome> outcome;

    HttpOutcome wait() {
      std::unique_lock lock{mutex};
      BOOST_REQUIRE(changed.wait_for(lock, 10s, [this] { return outcome.has_value(); }));
      return *outcome;
    }
    void wait_for_bytes() {
      std::unique_lock lock{mutex};
      BOOST_REQUIRE(changed.wait_for(lock, 10s, [this] { return !body.empty(); }));
    }
  };

  explicit Collector(std::shared_ptr<Shared> shared, std::size_t limit = SIZE_MAX)
      : shared_{std::move(shared)}, limit_{limit} {}

  bool on_bytes(int, std::string_view bytes) override {
    std::lock_guard lock{shared_->mutex};
    shared_->body += bytes;
    shared_->changed.notify_all();
    return shared_->body.size() <= limit_;
  }
  void on_read_done() override {
    std::lock_guard lock{shared_->mutex};
    ++shared_->reads;
  }
  void on_finished(HttpOutcome outcome) override {
    std::lock_guard lock{shared_->mutex};
    shared_->outcome = std::move(outcome);
    shared_->changed.notify_all();
  }

private:
  std::shared_ptr<Shared> shared_;
  std::size_t limit_;
};

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
    auto shared = std::make_shared<Collector::Shared>();
    HttpRequest request;
    request.method = body.empty() ? HttpRequest::Method::get : HttpRequest::Method::post;
    request.url = std::move(url);
    request.body = std::move(body);
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
  }
  BOOST_TEST(sim->counters().accepts == 1u);
}

BOOST_AUTO_TEST_CASE(a_transport_that_began_without_a_free_descriptor_works_once_there_are_some) {
  rlimit usual{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const int lowest_free = ::dup(STDERR_FILENO);
  BOOST_REQUIRE(lowest_free >= 0);
  ::close(lowest_free);
  auto none_left = usual;
  none_left.rlim_cur = static_cast<rlim_t>(lowest_free);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  transport = make_curl_transport();
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
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
  transport.reset();
  BOOST_TEST(sim->wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == 1; }, 5s));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_told_and_nothing_is_sent) {
  for (const std::string file : {"/nonexistent", "/"}) {
    auto shared = std::make_shared<Collector::Shared>();
    HttpRequest request;
    request.method = HttpRequest::Method::post;
    request.url = sim->base_url() + "/api/blobs/sha256:x";
    request.body_file = file;
    transport->start(++last, std::move(request), std::make_unique<Collector>(shared));
    const auto outcome = shared->wait();
    BOOST_TEST((outcome.failure == HttpOutcome::Failure::file_unreadable));
    BOOST_TEST(outcome.detail.starts_with("the file `" + file + "` cannot be read ("));
  }
  BOOST_TEST(sim->counters().accepts == 0u);
}

BOOST_AUTO_TEST_CASE(a_handler_that_has_enough_stops_the_exchange) {
  const auto exchange = start("/api/generate", generate, 10);
  BOOST_TEST((exchange->wait().failure == HttpOutcome::Failure::stopped));
}

BOOST_AUTO_TEST_CASE(no_socket_is_opened_to_another_machine) {
  using Failure = HttpOutcome::Failure;
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
  using Failure = HttpOutcome::Failure;
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

BOOST_AUTO_TEST_SUITE_END()

} // namespace transport_test
