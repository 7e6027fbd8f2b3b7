// SPDX-License-Identifier: BSD-3-Clause
// Servers that were not written here, between the program and Ollama: nginx where it is installed,
// and OpenSSL's own server.
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tests/cli/fixture.hpp"

extern char** environ;

using namespace nexus::llm::cli::test;
using nexus::llm::simulator::Fault;

namespace proxy_test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(descriptor);
  return ntohs(address.sin_port);
}

bool accepts(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool connected =
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return connected;
}

/// A server of somebody else; ended when this is destroyed.
class Server {
public:
  Server(const std::string& program, std::vector<std::string> arguments, std::uint16_t port) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> words;
    for (auto& argument : arguments)
      words.push_back(argument.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
    // It ends at the end of its standard input, which must not be that of the tests.
    BOOST_REQUIRE(::pipe2(input_, O_CLOEXEC) == 0);
    ::posix_spawn_file_actions_adddup2(&actions, input_[0], STDIN_FILENO);
    BOOST_REQUIRE(
        ::posix_spawnp(&process_, program.c_str(), &actions, nullptr, words.data(), environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!accepts(port) && std::chrono::steady_clock::now() < give_up)
      ::poll(nullptr, 0, 20);
    BOOST_REQUIRE_MESSAGE(accepts(port), program << " does not listen");
  }
  ~Server() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    for (const int descriptor : input_)
      ::close(descriptor);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

private:
  pid_t process_ = -1;
  int input_[2] = {-1, -1};
};

struct Proxies : Fixture {
  Proxies() {
    // Any certificate does: its authority is not one that this system trusts.
    const auto authority = (home / "ca").string();
    BOOST_REQUIRE(run({"certs", "init", authority}).code == 0);
    BOOST_REQUIRE(run({"certs", "issue", authority, "localhost"}).code == 0);
    certificate = authority + "/localhost.pem";
    key = authority + "/localhost.key";
  }

  [[nodiscard]] Outcome ask(const std::string& base_url, std::string_view input = "Hi") const {
    return run({"--base-url", base_url, "generate", "-"}, input);
  }

  std::string certificate;
  std::string key;
};

/// nginx before the simulator, in every way in which it disturbs; absent where it is not installed.
struct Nginx : Proxies {
  static constexpr const char* program = "/usr/sbin/nginx";

  static boost::test_tools::assertion_result installed(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result{::access(program, X_OK) == 0};
    result.message() << "nginx is not installed";
    return result;
  }

  Nginx() {
    for (auto& port : ports)
      port = free_port();
    const auto ollama = simulator->base_url();
    const auto folder = home.string();
    auto server = [](std::uint16_t port, const std::string& more, const std::string& location) {
      return "server { listen 127.0.0.1:" + std::to_string(port) + more + " location / { " +
             location + " } }\n";
    };
    std::string temporary;
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      temporary += std::string{kind} + "_temp_path " + folder + "/" + kind + "; ";
    const auto pass = "proxy_pass " + ollama + "; proxy_buffering off;";
    write(
        home / "nginx.conf",
        "daemon off; master_process off; error_log stderr; pid " + folder +
            "/nginx.pid;\nevents {}\nhttp { access_log off; " + temporary +
            "client_max_body_size 1m;\n" + server(plain, ";", pass) +
            server(tls,
                   " ssl; ssl_certificate " + certificate + "; ssl_certificate_key " + key + ";",
                   pass) +
            server(redirect, ";", "return 301 https://localhost$request_uri;") +
            server(login, ";", "auth_basic here; auth_basic_user_file /dev/null; " + pass) +
            server(dead, ";", "proxy_pass http://127.0.0.1:" + std::to_string(free_port()) + ";") +
            server(hasty, ";", "proxy_read_timeout 1s; " + pass) + "server { listen 127.0.0.1:" +
            std::to_string(prefix) + "; location /ollama/ { proxy_pass " + ollama + "/; } }\n}\n");
    nginx = std::make_unique<Server>(
        program, std::vector<std::string>{"-p", folder, "-c", folder + "/nginx.conf"}, plain);
  }

  static std::string url(std::uint16_t port, const std::string& scheme = "http") {
    return scheme + "://localhost:" + std::to_string(port);
  }

  std::uint16_t ports[7] = {};
  std::uint16_t& plain = ports[0];
  std::uint16_t& tls = ports[1];
  std::uint16_t& redirect = ports[2];
  std::uint16_t& login = ports[3];
  std::uint16_t& dead = ports[4];
  std::uint16_t& hasty = ports[5];
  std::uint16_t& prefix = ports[6];
  std::unique_ptr<Server> nginx;
};

void check(const Outcome& outcome, int code, std::initializer_list<std::string_view> told) {
  BOOST_TEST_CONTEXT(outcome.err) {
    BOOST_TEST(outcome.code == code);
    for (const auto part : told)
      BOOST_TEST(contains(outcome.err, part), part);
  }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(before_nginx, Nginx, *boost::unit_test::precondition(Nginx::installed))

BOOST_AUTO_TEST_CASE(answers_pass_through_it) {
  const auto outcome = ask(url(plain));
  check(outcome, 0, {});
  BOOST_TEST(contains(outcome.out, "[simulated]"));
  check(ask(url(prefix) + "/ollama/"), 0, {});
}

BOOST_AUTO_TEST_CASE(a_body_that_is_too_large_for_it_is_told_as_that) {
  check(ask(url(plain), std::string(2u << 20, 'x')), 6, {"too large", "proxy", "413"});
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_not_trusted_is_told_as_that) {
  check(ask(url(tls, "https")), 3, {"certificate", "not trusted"});
}

BOOST_AUTO_TEST_CASE(the_wrong_scheme_is_told_in_both_directions) {
  check(ask(url(plain, "https")), 3, {"does not speak TLS", "http://"});
  check(ask(url(tls, "http")), 3, {"speaks TLS", "https://"});
}

BOOST_AUTO_TEST_CASE(a_redirect_names_its_target) {
  check(ask(url(redirect)), 6, {"redirects", "https://localhost/api/"});
}

BOOST_AUTO_TEST_CASE(a_login_that_it_asks_for_is_told_as_that) {
  check(ask(url(login)), 6, {"login"});
}

BOOST_AUTO_TEST_CASE(an_ollama_that_is_gone_behind_it_is_told_as_that) {
  check(ask(url(dead)), 3, {"proxy", "gets no answer from Ollama", "502"});
}

BOOST_AUTO_TEST_CASE(an_ollama_that_is_too_slow_for_it_is_told_as_that) {
  simulator->inject(Fault::stall_before_response().on("/api/generate").times(0));
  check(ask(url(hasty)), 3, {"proxy", "504"});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(before_openssl, Proxies)

BOOST_AUTO_TEST_CASE(a_tls_server_that_closes_without_a_word_is_found_out) {
  const auto port = free_port();
  const Server server{"openssl",
                      {"s_server", "-quiet", "-accept", "127.0.0.1:" + std::to_string(port),
                       "-cert", certificate, "-key", key},
                      port};
  const auto address = "localhost:" + std::to_string(port);
  check(ask("http://" + address), 3, {"speaks TLS", "https://"});
  check(ask("https://" + address), 3, {"certificate", "not trusted"});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace proxy_test
