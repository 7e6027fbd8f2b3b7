// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/cli/fixture.hpp"
#include "tests/cli/serving.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

BOOST_AUTO_TEST_SUITE(serve)

namespace {

/// The socket on which a service manager is told of a service.
class NotifySocket {
public:
  explicit NotifySocket(const std::filesystem::path& path)
      : descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(
        ::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{20, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~NotifySocket() { ::close(descriptor_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] std::string next() const {
    std::string text(256, '\0');
    const auto size = ::recv(descriptor_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

private:
  int descriptor_;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_command_line_works_against_a_node, Serving) {
  // The settings of the client lead nowhere: the node's count.
  configure("http://127.0.0.1:1");
  const auto answer = remote({"generate", "Hello"});
  BOOST_TEST(answer.code == 0, answer.err);
  BOOST_TEST(contains(answer.out, "simulated"));
  const auto chat = remote({"chat"}, "Hello\n");
  BOOST_TEST(chat.code == 0, chat.err);
  BOOST_TEST(contains(remote({"models", "list"}).out, "llama3.1:8b"));
  BOOST_TEST(remote({"role", "get", "overseer"}).out == "llama3.1:8b\n");
  BOOST_TEST(remote({"models", "pull", "kite"}).code == 0);
  BOOST_TEST(remote({"models", "check", "kite"}).code == 0);
  const auto health = remote({"health"});
  BOOST_TEST(health.code == 0);
  BOOST_TEST(contains(health.out, "OllamaClientActor"));
  const auto stats = remote({"stats", "--json"});
  BOOST_TEST(stats.code == 0);
  BOOST_TEST(contains(json_at(stats.out, "roles"), "\"answered\":2"));
}

BOOST_FIXTURE_TEST_CASE(the_settings_of_a_node_are_seen_and_changed_from_afar, Serving) {
  auto config = [&](Arguments arguments) {
    arguments.insert(arguments.begin(), {"--config", "client.json", "config"});
    return remote(std::move(arguments));
  };
  const auto set = config({"set", "limits.maxBatch", "5"});
  BOOST_TEST(set.code == 0, set.err);
  BOOST_TEST(contains(set.err, "limits.maxBatch is 5 on " + address));
  BOOST_TEST(contains(config({"show"}).out, "limits.maxBatch = 5\n"));
  BOOST_TEST(json_at(run({"--config", node_file(), "config", "show", "--json"}).out,
                     "limits.maxBatch") == "5");
  BOOST_TEST(json_at(config({"show", "--json"}).out, "limits.maxBatch") == "5");
  BOOST_TEST(json_at(config({"unset", "limits.maxBatch", "--json"}).out, "value") == "1000");
  BOOST_TEST(contains(config({"show"}).out, "limits.maxBatch = 1000\n"));
  BOOST_TEST(!std::filesystem::exists(home / "work" / "client.json"));
  const auto wrong = config({"set", "limits.maxBatch", "-5"});
  BOOST_TEST(wrong.code == 2);
  for (const Arguments& local :
       {Arguments{"path"}, Arguments{"validate"}, Arguments{"show", "--origin"}}) {
    const auto refused = config(local);
    BOOST_TEST(refused.code == 2);
    BOOST_TEST(contains(refused.err, "goes without --connect"), refused.err);
  }
}

BOOST_FIXTURE_TEST_CASE(options_that_would_be_ignored_are_refused, Serving) {
  for (const Arguments& arguments :
       {Arguments{"serve"}, Arguments{"simulate"}, Arguments{"demo"}, Arguments{"script", "x"},
        Arguments{"certs", "init", "ca"}, Arguments{"certs", "issue", "ca", "x"},
        Arguments{"generate", "Hello", "--base-url", "http://127.0.0.1:1"}}) {
    const auto refused = remote(arguments);
    BOOST_TEST(refused.code == 2, arguments.front());
    BOOST_TEST(contains(refused.err, "goes without --connect"), refused.err);
  }
  const auto two = remote({"--connect", "127.0.0.1:1", "config", "set", "maxRetries", "2"});
  BOOST_TEST(two.code == 2);
  BOOST_TEST(contains(two.err, "one node at a time"), two.err);
}

BOOST_FIXTURE_TEST_CASE(the_doctor_looks_at_each_node, Serving) {
  const auto fine = remote({"doctor"});
  BOOST_TEST(fine.code == 0, fine.out);
  BOOST_TEST(contains(fine.out, "ok    node " + address + ": answers, in "));
  BOOST_TEST(contains(fine.out, "ok    " + address + " overseer model: "));
  const auto one = remote({"--connect", "127.0.0.1:1", "doctor"});
  BOOST_TEST(one.code == 3);
  BOOST_TEST(contains(one.out, "FAIL  node 127.0.0.1:1: No nexus-llm node answers"));
  BOOST_TEST(contains(one.out, "ok    node " + address));
  simulator->remove_model("qwen2.5-coder:7b");
  const auto missing = remote({"doctor", "--json"});
  BOOST_TEST(missing.code == 5);
  BOOST_TEST(json_at(missing.out, "ok") == "false");
  BOOST_TEST(json_at(missing.out, "health.reachable") == "true");
  // Nodes of the settings are looked at in the same way.
  configure("http://127.0.0.1:1", R"(, "nodes": [")" + address + R"("])");
  BOOST_TEST(contains(run({"doctor"}).out, "ok    node " + address));
}

BOOST_FIXTURE_TEST_CASE(nodes_of_the_settings_do_the_work, Serving) {
  configure("http://127.0.0.1:1", R"(, "nodes": [")" + address + R"("])");
  BOOST_TEST(contains(run({"generate", "Hello"}).out, "simulated"));
  BOOST_TEST(run({"config", "set", "nodes", R"(["x:y"])"}).code == 2);
  // An option stands above the settings.
  for (const Arguments& arguments : {Arguments{"generate", "Hello"}, Arguments{"health"},
                                     Arguments{"models", "list"}, Arguments{"doctor"}}) {
    auto elsewhere = arguments;
    elsewhere.insert(elsewhere.end(), {"--base-url", ":1"});
    BOOST_TEST(run(elsewhere).code == 3, arguments.front());
  }
}

BOOST_FIXTURE_TEST_CASE(statistics_are_watched_until_ctrl_c, Serving) {
  Child watch{child_options({"--connect", address, "stats", "--watch"})};
  BOOST_TEST(watch.read_until("restarts of components: 0"));
  BOOST_TEST(watch.read_until("restarts of components: 0"));
  watch.signal(SIGINT);
  BOOST_TEST(watch.wait() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_running_node_takes_over_what_others_save, Serving) {
  const auto set = run({"--config", node_file(), "role", "set", "overseer", "owl"});
  BOOST_TEST(set.code == 0, set.err);
  BOOST_TEST(contains(set.err, "also in what is running with " + node_file()), set.err);
  BOOST_TEST(node.read_error_until("the settings have changed"));
  BOOST_TEST(remote({"role", "get", "overseer"}).out == "owl\n");
  BOOST_TEST(remote({"generate", "Who?"}).out == "Who.\n");
  // What is wrong changes nothing, and is told.
  write(node_file(), R"({"llm": {"timeout": "soon"}})");
  BOOST_TEST(node.read_error_until("the settings stay as they were: config_value_invalid"));
  BOOST_TEST(node.read_error_until("llm.timeout"));
  BOOST_TEST(remote({"generate", "Who?"}).out == "Who.\n");
  // An editor puts another file in its place.
  write(home / "work" / "other.json",
        R"({"llm": {"baseUrl": ")" + simulator->base_url() + R"("}})");
  std::filesystem::rename(home / "work" / "other.json", node_file());
  BOOST_TEST(node.read_error_until("the settings have changed"));
  BOOST_TEST(remote({"role", "get", "overseer"}).out == "llama3.1:8b\n");
}

BOOST_FIXTURE_TEST_CASE(a_hangup_reads_the_settings_anew, Serving) {
  write(node_file(), R"({"llm": {"baseUrl": ")" + simulator->base_url() +
                         R"(", "models": {"overseer": "owl"}}})");
  node.signal(SIGHUP);
  BOOST_TEST(node.read_error_until("the settings were read anew"));
  BOOST_TEST(remote({"generate", "Who?"}).out == "Who.\n");
  // What is wrong changes nothing.
  write(node_file(), "{");
  node.signal(SIGHUP);
  BOOST_TEST(node.read_error_until("the settings stay as they were: config_malformed"));
  const auto still = remote({"generate", "Who?"});
  BOOST_TEST(still.out == "Who.\n", still.err);
}

BOOST_FIXTURE_TEST_CASE(a_hangup_writes_nothing, Serving) {
  write(node_file(), R"({ "llm" : {"baseUrl": ")" + simulator->base_url() + R"("}} )");
  const auto before = nexus::llm::test::read_text(node_file());
  const auto written = std::filesystem::last_write_time(node_file());
  node.signal(SIGHUP);
  BOOST_TEST(node.read_error_until("the settings were read anew"));
  BOOST_TEST(nexus::llm::test::read_text(node_file()) == before);
  BOOST_TEST((std::filesystem::last_write_time(node_file()) == written));
}

BOOST_FIXTURE_TEST_CASE(a_node_starts_before_its_ollama, Serving) {
  simulator->stop();
  BOOST_TEST(remote({"health"}).code == 3);
  BOOST_TEST(remote({"generate", "Hello"}).code == 3);
  simulator->start();
  BOOST_TEST(remote({"generate", "Hello"}).code == 0);
}

BOOST_FIXTURE_TEST_CASE(a_taken_port_and_a_wrong_address_are_told, Serving) {
  const auto taken = run({"serve", "--listen", address});
  BOOST_TEST(taken.code == 8);
  BOOST_TEST(contains(taken.err, "Listening on " + address + " failed"));
  BOOST_TEST(contains(taken.err, address.substr(address.find(':') + 1) + " is in use already"),
             taken.err);
  const auto wrong = run({"serve", "--listen", "127.0.0.1:x"});
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(contains(wrong.err, "--listen: `127.0.0.1:x` is no address"), wrong.err);
  const auto unknown = run({"serve", "--listen", "no-such-host.invalid"});
  BOOST_TEST(unknown.code == 8);
  BOOST_TEST(contains(unknown.err, "the host `no-such-host.invalid` is unknown"), unknown.err);
  const auto nobody = run({"--connect", "no-such-host.invalid:1", "generate", "hi"});
  BOOST_TEST(nobody.code == 3);
  BOOST_TEST(contains(nobody.err, "the host `no-such-host.invalid` is unknown"), nobody.err);
  BOOST_TEST(run({"--connect", "127.0.0.1:1", "generate", "hi"}).code == 3);
}

BOOST_FIXTURE_TEST_CASE(the_service_manager_hears_how_the_node_is, Fixture) {
  const auto path = home / "notify";
  const NotifySocket manager{path};
  environment["NOTIFY_SOCKET"] = path.string();
  Child node{child_options({"serve", "--listen", "127.0.0.1:0"})};
  BOOST_TEST(manager.next() == "READY=1");
  node.signal(SIGHUP);
  BOOST_TEST(manager.next() == "RELOADING=1");
  BOOST_TEST(manager.next() == "READY=1");
  node.signal(SIGTERM);
  BOOST_TEST(manager.next() == "STOPPING=1");
  BOOST_TEST(node.wait() == 0);
}

BOOST_FIXTURE_TEST_CASE(the_log_goes_to_a_file, Fixture) {
  const auto path = home / "node.log";
  Child node{child_options({"serve", "--listen", "127.0.0.1:0", "--log-file", path.string()})};
  BOOST_REQUIRE(node.read_until("\n"));
  node.signal(SIGTERM);
  BOOST_TEST(node.wait() == 0);
  BOOST_TEST(node.err() == "");
  std::ifstream file{path};
  const std::string log{std::istreambuf_iterator<char>{file}, {}};
  BOOST_TEST(contains(log, "info: listening on 127.0.0.1:"));
  BOOST_TEST(contains(log, "info: ended"));
  BOOST_TEST(run({"serve", "--log-file", (path / "x.log").string()}).code == 2);
}

BOOST_FIXTURE_TEST_CASE(certificates_are_made_from_the_command_line, Fixture) {
  BOOST_TEST(run({"certs", "init", "ca"}).code == 0);
  BOOST_TEST(run({"certs", "issue", "ca", "box"}).code == 0);
  BOOST_TEST(run({"certs", "issue", "ca", "box"}).code == 8);
  BOOST_TEST(run({"certs", "issue", "elsewhere", "box"}).code == 8);
  const auto incomplete = run({"serve", "--cert", "ca/box.pem"});
  BOOST_TEST(incomplete.code == 8);
  BOOST_TEST(contains(incomplete.err, "go together, and one of them is missing"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
