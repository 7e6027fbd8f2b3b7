// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <fstream>

#include "config/node_address.hpp"
#include "nexus_llm/node/certificates.hpp"
#include "tests/node/cable.hpp"
#include "tests/node/fixture.hpp"
#include "tests/simulator/socket_client.hpp"

namespace nexus::llm::test {

namespace tls_test {

namespace {

namespace fs = std::filesystem;

/// Two authorities with a certificate each, in the home of a test.
struct Authorities : Fixture {
  Authorities() {
    for (const char* folder : {"ours", "theirs"}) {
      BOOST_REQUIRE(make_authority(home / folder));
      for (const char* name : {"box", "laptop"})
        BOOST_REQUIRE(issue_certificate(home / folder, name));
    }
  }

  [[nodiscard]] TlsFiles files(const std::string& folder, const std::string& name) const {
    return {home / folder / (name + ".pem"), home / folder / (name + ".key"),
            home / folder / "ca.pem"};
  }
  [[nodiscard]] Arguments flags(const TlsFiles& tls) const {
    return {"--cert", tls.certificate.string(), "--key", tls.key.string(),
            "--ca",   tls.authority.string()};
  }
  /// A node with a certificate of ours.
  [[nodiscard]] std::unique_ptr<Child> serve() const {
    Arguments arguments{"serve", "--listen", "0.0.0.0:0"};
    for (const auto& flag : flags(files("ours", "box")))
      arguments.push_back(flag);
    auto node = std::make_unique<Child>(child_options(arguments));
    BOOST_REQUIRE_MESSAGE(node->read_until("\n"), node->err());
    return node;
  }
  [[nodiscard]] static std::uint16_t port_of(const Child& node) {
    return parse_endpoint(node.out().substr(0, node.out().find('\n'))).value().port;
  }
  /// `generate` as a client of this authority.
  [[nodiscard]] cli::test::Outcome run_client(std::uint16_t port, const Arguments& more) const {
    Arguments client{"--connect", "127.0.0.1:" + std::to_string(port), "generate"};
    client.insert(client.end(), more.begin(), more.end());
    for (const auto& flag : flags(files("ours", "laptop")))
      client.push_back(flag);
    return run(client);
  }
  /// What the check says of files.
  [[nodiscard]] static std::string problem(const TlsFiles& tls) {
    const auto checked = check_certificates(tls);
    return checked ? "good" : checked.error().subject;
  }
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(certificates, Authorities)

BOOST_AUTO_TEST_CASE(what_is_made_is_good_and_keys_are_their_owners_alone) {
  BOOST_TEST(problem(files("ours", "box")) == "good");
  struct stat status {};
  for (const char* name : {"ca.key", "box.key"}) {
    BOOST_REQUIRE(::stat((home / "ours" / name).c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0600U);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_others_can_use_is_refused) {
  const auto key = home / "ours" / "box.key";
  for (const auto mode : {0604, 0602, 0620}) {
    fs::permissions(key, static_cast<fs::perms>(mode));
    BOOST_TEST(contains(problem(files("ours", "box")), "`chmod 600`"), mode);
  }
  for (const auto mode : {0600, 0400}) {
    fs::permissions(key, static_cast<fs::perms>(mode));
    BOOST_TEST(problem(files("ours", "box")) == "good", mode);
  }
}

BOOST_AUTO_TEST_CASE(nothing_that_exists_is_overwritten) {
  const auto before = fs::last_write_time(home / "ours" / "ca.key");
  BOOST_TEST(!make_authority(home / "ours").has_value());
  BOOST_TEST(!issue_certificate(home / "ours", "box").has_value());
  BOOST_TEST((fs::last_write_time(home / "ours" / "ca.key") == before));
}

BOOST_AUTO_TEST_CASE(names_that_lead_elsewhere_are_refused) {
  for (const char* name : {"", "../x", "a/b", ".hidden", "-flag", "ca", "a b", "ü"})
    BOOST_TEST(!issue_certificate(home / "ours", name).has_value(), name);
  BOOST_TEST(contains(issue_certificate(home / "nowhere", "x").error().subject,
                      "there is no authority in"));
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_are_told_by_name) {
  auto mixed = files("ours", "box");
  mixed.key = files("ours", "laptop").key;
  BOOST_TEST(contains(problem(mixed), "laptop.key is not the key of"));
  mixed = files("ours", "box");
  mixed.authority = files("theirs", "box").authority;
  BOOST_TEST(contains(problem(mixed), "is not accepted by"));
  mixed = files("ours", "box");
  mixed.certificate = home / "missing.pem";
  BOOST_TEST(contains(problem(mixed), "missing.pem cannot be read as a certificate"));
  mixed = files("ours", "box");
  write(home / "junk.key", "not a key\n");
  mixed.key = home / "junk.key";
  BOOST_TEST(contains(problem(mixed), "junk.key cannot be read as a key"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(tls, Authorities)

BOOST_AUTO_TEST_CASE(only_clients_of_the_same_authority_get_anything) {
  const auto node = serve();
  const auto address = "127.0.0.1:" + std::to_string(port_of(*node));
  auto ask_as = [&](const Arguments& more) {
    Arguments client{"--connect", address, "generate", "Hello"};
    client.insert(client.end(), more.begin(), more.end());
    return run(client);
  };
  for (int round = 0; round < 2; ++round) {
    const auto good = ask_as(flags(files("ours", "laptop")));
    BOOST_TEST(good.code == 0, good.err);
    const auto none = ask_as({});
    BOOST_TEST(none.code == 8);
    BOOST_TEST(contains(none.err, "does not accept this program"));
    const auto stranger = ask_as(flags(files("theirs", "laptop")));
    BOOST_TEST(stranger.code == 8);
    BOOST_TEST(contains(stranger.err, "does not accept this program"));
  }
  BOOST_TEST(simulator->counters().requests ==
             3u); // of the good ones: the list once, and two answers
  node->signal(SIGTERM);
  BOOST_TEST(node->wait() == 0);
}

BOOST_AUTO_TEST_CASE(large_messages_come_whole_also_in_small_pieces) {
  const auto node = serve();
  const auto port = port_of(*node);
  std::string answer;
  for (int i = 0; answer.size() < 300'000; ++i)
    answer += "word" + std::to_string(i) + std::string(1000, 'x') + " ";
  simulator->set_reply("llama3.1:8b", answer);
  write(home / "prompt.txt", std::string(1u << 20, 'p'));
  for (const std::size_t piece : {64u << 10, 1021u}) {
    const Cable cable{port, {.piece = piece}};
    const auto outcome = run_client(cable.port(), {"--file", (home / "prompt.txt").string()});
    BOOST_TEST(outcome.code == 0, outcome.err);
    BOOST_TEST((outcome.out == answer + "\n"), outcome.out.size());
  }
}

BOOST_AUTO_TEST_CASE(the_doctor_tells_of_certificates) {
  const auto node = serve();
  Arguments arguments{"--connect", "127.0.0.1:" + std::to_string(port_of(*node)), "doctor"};
  auto with = [&](const TlsFiles& tls) {
    auto all = arguments;
    for (const auto& flag : flags(tls))
      all.push_back(flag);
    return run(all);
  };
  const auto good = with(files("ours", "laptop"));
  BOOST_TEST(good.code == 0, good.out);
  BOOST_TEST(contains(good.out, "laptop.pem is valid for 825 days"), good.out);
  auto mixed = files("ours", "laptop");
  mixed.key = files("ours", "box").key;
  const auto bad = with(mixed);
  BOOST_TEST(bad.code == 8);
  BOOST_TEST(contains(bad.out, "FAIL  certificates: "), bad.out);
  const auto stranger = with(files("theirs", "laptop"));
  BOOST_TEST(stranger.code == 8);
  BOOST_TEST(contains(stranger.out, "does not accept this program"), stranger.out);
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_for_a_moment_cost_connections_and_nothing_else) {
  const auto node = serve();
  const auto port = port_of(*node);
  const auto key = home / "ours" / "box.key";
  const auto aside = home / "aside.key";
  fs::rename(key, aside);
  // No certificate is needed to get here.
  simulator::test::SocketClient stranger{port};
  BOOST_TEST(stranger.read_all().size() < 16u);
  BOOST_TEST(node->read_error_until("TLS is not possible at the moment"));
  fs::rename(aside, key);
  BOOST_TEST(run_client(port, {"Hello"}).code == 0);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_handshake_do_no_harm) {
  const auto node = serve();
  const auto port = port_of(*node);
  using simulator::test::SocketClient;
  std::vector<std::unique_ptr<SocketClient>> strangers;
  // A record of TLS that is never complete, words of other protocols, one of plain CAF, nothing.
  for (const std::string& bytes :
       {std::string{"\x16\x03\x01\x40\x00\x01", 6}, std::string(70'000, '\xff'),
        std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string(1, '\1') + std::string(31, '\0'),
        std::string{}}) {
    strangers.push_back(std::make_unique<SocketClient>(port));
    strangers.back()->send(bytes);
  }
  const auto outcome = run_client(port, {"Hello"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  // Not one byte of CAF's protocol for those that are no clients.
  for (const std::size_t number : {1u, 2u, 3u})
    BOOST_TEST(strangers[number]->read_all().size() < 16u, number);
}

BOOST_AUTO_TEST_CASE(without_certificates_only_this_machine_is_served) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0"}) {
    const auto outcome = run({"serve", "--listen", address});
    BOOST_TEST(outcome.code == 8);
    BOOST_TEST(contains(outcome.err, "nexus-llm certs init"), outcome.err);
  }
}

BOOST_AUTO_TEST_CASE(a_client_with_certificates_is_refused_by_a_plain_node) {
  Child node{child_options({"serve", "--listen", "127.0.0.1:0"})};
  BOOST_REQUIRE(node.read_until("\n"));
  Arguments client{"--connect", node.out().substr(0, node.out().find('\n')), "generate", "Hello"};
  for (const auto& flag : flags(files("ours", "laptop")))
    client.push_back(flag);
  const auto outcome = run(client);
  BOOST_TEST((outcome.code == 3 || outcome.code == 8), outcome.err);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tls_test

} // namespace nexus::llm::test
