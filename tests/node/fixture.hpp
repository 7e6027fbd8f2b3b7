// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <signal.h>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/node_address.hpp"
#include "messages/portability_network.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/node/node.hpp"
#include "nexus_llm/node/remote_llm.hpp"
#include "nexus_llm/setup.hpp"
#include "tests/cli/fixture.hpp"
#include "tests/reliability/record.hpp"

namespace nexus::llm::test {

using cli::test::Arguments;
using cli::test::Child;
using cli::test::Fixture;
using simulator::Fault;

/// An actor system that can talk to nodes.
struct ClientSystem {
  explicit ClientSystem(std::size_t max_message_bytes = default_max_message_bytes) {
    setup(config);
    recommend(config);
    load_network(config, {}, max_message_bytes);
    system = std::make_unique<caf::actor_system>(config);
  }

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
};

/// A simulated Ollama, a node before it in a process of its own, and this process as its client.
struct NodeFixture : Fixture, ClientSystem {
  NodeFixture() { start_node(); }

  void start_node(const Arguments& more = {}) {
    Arguments arguments{"serve", "--listen", "127.0.0.1:" + std::to_string(endpoint.port)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    node = std::make_unique<Child>(child_options(arguments));
    BOOST_REQUIRE_MESSAGE(node->read_until("\n"), node->err());
    const auto line = node->out().substr(0, node->out().find('\n'));
    endpoint = parse_endpoint(line).value();
  }
  /// As the power that fails.
  void kill_node() {
    node->signal(SIGKILL);
    BOOST_TEST(node->wait() == 1000 + SIGKILL);
  }

  [[nodiscard]] std::unique_ptr<RemoteLLM>
  connect_client(std::chrono::milliseconds wait = default_node_patience) {
    auto remote = RemoteLLM::connect(*system, {endpoint}, wait);
    BOOST_REQUIRE_MESSAGE(remote, (remote ? "" : log_line(remote.error())));
    return std::move(*remote);
  }

  /// A stream whose subscriber notes what it hears; the answer comes to `self`.
  auto stream(caf::scoped_actor& self, const RemoteLLM& remote, const std::string& id,
              const stream_subscriber& subscriber) const {
    GenerateOptions options;
    options.id = {id};
    return ask(self, remote.role(AIRole::overseer), patience, generate_streaming_atom_v,
               std::string{"Count"}, options, subscriber);
  }

  Endpoint endpoint{"127.0.0.1", 0};
  std::unique_ptr<Child> node;
};

/// Asks until it is so. False where it is not in time.
inline bool ask_again_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition())
    if (std::chrono::steady_clock::now() > deadline)
      return false;
  return true;
}

/// What a pending request ended with: `answered`, or the name of an error.
template <class Pending> std::string outcome_of(Pending&& pending) {
  std::string outcome;
  std::forward<Pending>(pending).receive(
      [&outcome](const LLMResponse&) { outcome = "answered"; },
      [&outcome](const caf::error& error) { outcome = to_string(to_llm_error(error).code); });
  return outcome;
}

} // namespace nexus::llm::test
