// SPDX-License-Identifier: BSD-3-Clause
// The sidecar on a Unix socket.
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "config/file_io.hpp"
#include "tests/sidecar/sidecar_fixture.hpp"

namespace nexus::llm::sidecar::test {

namespace socket_test {

namespace {

using simulator::Counters;

/// A client on a Unix socket.
class SocketClient {
public:
  explicit SocketClient(const std::filesystem::path& path)
      : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    connected =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval limit{cli::test::patience.count(), 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  bool connected = false;
  Front front{[this](std::string_view text) { BOOST_TEST(!write_all(socket_, text)); },
              [this] { return read_line(); }};

private:
  std::string read_line() {
    std::array<char, 4096> piece{};
    std::size_t end = std::string::npos;
    while ((end = buffer_.find('\n')) == std::string::npos) {
      const auto count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
      if (count <= 0)
        return {};
      buffer_.append(piece.data(), static_cast<std::size_t>(count));
    }
    auto line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }

  FileDescriptor socket_;
  std::string buffer_;
};

struct Listening : cli::test::Fixture {
  Listening()
      : path{home / "llm.sock"}, child{child_options({"sidecar", "--listen-unix", path.string()})} {
    BOOST_REQUIRE(child.read_until("\n"));
    BOOST_TEST(child.out() == path.string() + "\n");
  }

  std::filesystem::path path;
  Child child;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(socket, Listening)

BOOST_AUTO_TEST_CASE(only_its_owner_may_connect) {
  struct stat about {};
  BOOST_REQUIRE(::lstat(path.c_str(), &about) == 0);
  BOOST_TEST(S_ISSOCK(about.st_mode));
  BOOST_TEST((about.st_mode & 0777) == 0600);
  child.signal(SIGTERM);
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(several_clients_are_served_each_with_its_own_answers) {
  SocketClient one{path};
  SocketClient two{path};
  simulator->inject(Fault::stall_after_lines(2));
  const auto id = one.front.start("llm_generate_streaming",
                                  R"({"prompt":"a","role":"overseer","options":{"id":"s"}})");
  BOOST_TEST(!one.front.note("llm/chunk").params.empty());
  BOOST_TEST(two.front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  // A client that joins sees the text so far, and the same end.
  BOOST_TEST(two.front.start("llm_subscribe", R"({"id":"s"})") == id);
  BOOST_TEST(contains(json_at(two.front.note("llm/chunk").params, "response"), "simulated"));
  BOOST_TEST(two.front.call("llm_unsubscribe", R"({"id":"s"})") == "true");
  BOOST_TEST(two.front.call("llm_unsubscribe", R"({"id":"s"})") == "false");
  BOOST_TEST(two.front.start("llm_subscribe", R"({"id":"s"})") == id);
  BOOST_TEST(one.front.call("llm_cancel", R"({"id":"s"})") == "true");
  BOOST_TEST(one.front.read_stream("s").notes.back() == "llm/error");
  BOOST_TEST(two.front.note("llm/error").method == "llm/error");
  BOOST_TEST(json_at(two.front.call("llm_subscribe", R"({"id":"s"})"), "data.name") ==
             "\"unknown_request\"");
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_cancels_its_own_requests_only) {
  simulator->inject(Fault::stall_after_lines(1).times(2));
  SocketClient stays{path};
  auto leaves = std::make_unique<SocketClient>(path);
  stays.front.start("llm_generate_streaming",
                    R"({"prompt":"a","role":"overseer","options":{"id":"a"}})");
  leaves->front.start("llm_generate_streaming",
                      R"({"prompt":"b","role":"implementation","options":{"id":"b"}})");
  BOOST_TEST(!stays.front.note("llm/chunk").params.empty());
  BOOST_TEST(!leaves->front.note("llm/chunk").params.empty());
  leaves.reset();
  BOOST_TEST(wait_until([](const Counters& now) { return now.cancelled == 1; }));
  BOOST_TEST(stays.front.call("llm_cancel", R"({"id":"b"})") == "false");
  BOOST_TEST(stays.front.call("llm_cancel", R"({"id":"a"})") == "true");
  // Another client may come.
  SocketClient again{path};
  BOOST_TEST(again.front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
}

BOOST_AUTO_TEST_CASE(a_stream_ends_for_all_when_the_client_that_sent_it_leaves) {
  simulator->inject(Fault::stall_after_lines(1));
  SocketClient joins{path};
  auto leaves = std::make_unique<SocketClient>(path);
  leaves->front.start("llm_generate_streaming",
                      R"({"prompt":"b","role":"implementation","options":{"id":"b"}})");
  BOOST_TEST(!leaves->front.note("llm/chunk").params.empty());
  BOOST_TEST(joins.front.start("llm_subscribe", R"({"id":"b"})") == "b");
  leaves.reset();
  const auto error = joins.front.note("llm/error");
  BOOST_TEST(json_at(error.params, "error.data.name") == "\"cancelled\"");
  BOOST_TEST(contains(json_at(error.params, "error.data.partial"), "simulated"));
}

BOOST_AUTO_TEST_CASE(deaf_clients_take_their_leave_together) {
  simulator->add_model({.name = "wordy", .license = std::string(1u << 20, 'x')});
  std::vector<std::unique_ptr<SocketClient>> deaf;
  for (int i = 0; i < 30; ++i) {
    deaf.push_back(std::make_unique<SocketClient>(path));
    deaf.back()->front.send("llm_show_model", R"({"modelName":"wordy"})");
  }
  BOOST_TEST(wait_until([](const Counters& now) { return now.answered >= 30; }));
  const auto since = std::chrono::steady_clock::now();
  child.signal(SIGTERM);
  BOOST_TEST(child.wait() == 0);
  // One after another they would take thirty times half a second.
  BOOST_TEST((std::chrono::steady_clock::now() - since < std::chrono::seconds{12}));
}

BOOST_AUTO_TEST_CASE(too_many_clients_for_the_process_wait_and_harm_nobody) {
  auto options = child_options({"sidecar", "--listen-unix", (home / "few.sock").string()});
  options.wrapper = {"/bin/sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"};
  Child few{options};
  BOOST_REQUIRE(few.read_until("\n"));
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < 16; ++i)
    clients.push_back(std::make_unique<SocketClient>(home / "few.sock"));
  auto check = [](SocketClient& client) {
    return client.front.call("llm_check_model", R"({"modelName":"owl"})");
  };
  BOOST_TEST(check(*clients.front()) == "true");
  BOOST_TEST(few.read_error_until("could not be served"));
  BOOST_TEST(check(*clients.front()) == "true");
  // One that comes when there is room again is served.
  clients.clear();
  SocketClient late{home / "few.sock"};
  BOOST_TEST(check(late) == "true");
  few.signal(SIGTERM);
  BOOST_TEST(few.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_holds_up_nobody) {
  simulator->add_model({.name = "wordy", .license = std::string(6u << 20, 'x')});
  SocketClient deaf{path};
  for (int i = 0; i < 3; ++i)
    deaf.front.send("llm_show_model", R"({"modelName":"wordy"})");
  BOOST_TEST(wait_until([](const Counters& now) { return now.answered >= 3; }));
  SocketClient other{path};
  BOOST_TEST(other.front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  child.signal(SIGTERM);
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_socket_in_use_is_refused_and_one_left_behind_is_replaced) {
  const auto refused = run({"sidecar", "--listen-unix", path.string()});
  BOOST_TEST(refused.code == 8);
  BOOST_TEST(contains(refused.err, "another program listens there"), refused.err);
  child.signal(SIGKILL);
  BOOST_TEST(child.wait() == 1000 + SIGKILL);
  BOOST_TEST(std::filesystem::exists(path));
  Child successor{child_options({"sidecar", "--listen-unix", path.string()})};
  BOOST_TEST(successor.read_until("\n"));
  SocketClient client{path};
  BOOST_TEST(client.front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
  successor.signal(SIGTERM);
  BOOST_TEST(successor.wait() == 0);
}

BOOST_AUTO_TEST_CASE(the_socket_of_a_successor_stays) {
  std::filesystem::remove(path);
  Child successor{child_options({"sidecar", "--listen-unix", path.string()})};
  BOOST_TEST(successor.read_until("\n"));
  child.signal(SIGTERM);
  BOOST_TEST(child.wait() == 0);
  SocketClient client{path};
  BOOST_TEST(client.connected);
  BOOST_TEST(client.front.call("llm_check_model", R"({"modelName":"owl"})") == "true");
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_a_socket_is_refused) {
  const auto file = home / "file";
  write(file, "precious");
  for (const auto& wrong : {file.string(), std::string(200, 'x'), (home / "no" / "s").string()}) {
    const auto refused = run({"sidecar", "--listen-unix", wrong});
    BOOST_TEST(refused.code == 8, wrong);
    BOOST_TEST(contains(refused.err, "Listening on " + wrong + " failed"), refused.err);
  }
  BOOST_TEST(std::filesystem::file_size(file) == 8u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace socket_test

} // namespace nexus::llm::sidecar::test
