// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

#include "runtime/harness/message_json.hpp"
#include "runtime/harness/puppet.hpp"
#include "runtime/harness/world.hpp"
#include "runtime/node/gateway.hpp"

/// The Gateway between callers and nodes that a test plays, message by message and without sockets.
namespace nexus::llm::test {

using testing::Event;
using testing::Puppet;
using testing::World;
using namespace std::chrono_literals;

inline constexpr auto overseer = AIRole::overseer;

/// A node that says nothing of its own accord.
struct PlayedNode {
  explicit PlayedNode(caf::actor_system& system)
      : service{system, Puppet::Manner::silent}, models{system, Puppet::Manner::silent},
        config{system, Puppet::Manner::silent} {}

  [[nodiscard]] NodeHello hello(const Limits& limits) const {
    return {.protocol = node_protocol,
            .version = "played",
            .service = service.as<caf::strong_actor_ptr>(),
            .models = models.as<caf::strong_actor_ptr>(),
            .config = config.as<caf::strong_actor_ptr>(),
            .limits = limits};
  }

  Puppet service;
  Puppet models;
  Puppet config;
};

/// A Gateway before nodes that the test connects and loses, and one caller with two subscribers.
struct Played {
  explicit Played(std::size_t nodes = 1)
      : world{0}, caller{world.system(), Puppet::Manner::silent},
        subscriber{world.system(), Puppet::Manner::obliging}, late{world.system(),
                                                                   Puppet::Manner::obliging} {
    dialled.resize(nodes);
    current.resize(nodes);
    GatewayOptions options;
    for (std::size_t index = 0; index < nodes; ++index)
      options.nodes.push_back({"node", static_cast<std::uint16_t>(index)});
    options.dial = [this](gateway_internal::pointer, const Endpoint& node,
                          std::function<void(Result<NodeHello>)> done) {
      dialled[node.port] = std::move(done);
    };
    options.chance.wait = [] { return 1.0; };
    gateway = spawn_gateway(world.system(), std::move(options));
    name(caller, "caller");
    name(subscriber, "subscriber");
    name(late, "late");
    world.names().set(caf::actor_cast<caf::strong_actor_ptr>(gateway.root), "gateway");
    world.names().set(caf::actor_cast<caf::strong_actor_ptr>(gateway.fronts.models), "models");
    world.on_event([this](const Event& event) { hear(event); });
    world.settle();
  }
  ~Played() {
    world.on_event({});
    for (auto& node : current)
      node.reset();
    relays.clear();
    anon_exit(gateway.root, caf::exit_reason::kill);
    world.settle();
  }

  void name(const Puppet& puppet, const std::string& text) {
    world.names().set(puppet.as<caf::strong_actor_ptr>(), text);
  }
  void hear(const Event& event) {
    const auto text = testing::to_text(event.content, world.names());
    if (event.receiver == "caller" && event.is_response)
      answers.push_back(text);
    if (event.receiver == "subscriber" && !testing::is_end_of_actor(event))
      heard.push_back(text);
    if (event.receiver == "late" && !testing::is_end_of_actor(event))
      heard_late.push_back(text);
    if (event.receiver.starts_with("node "))
      asked.push_back(event.receiver + ": " + text);
    if (event.content.size() == 4 && event.content.match_element<stream_subscriber>(3)) {
      auto& relay = text.starts_with("subscribe") ? late_relays : relays;
      relay[event.receiver] =
          caf::actor_cast<caf::actor>(event.content.get_as<stream_subscriber>(3));
    }
  }

  /// A node answers the dialling; each time it is another process.
  void connect(std::size_t index) {
    current[index] = std::make_unique<PlayedNode>(world.system());
    const auto text = "node " + std::to_string(index);
    name(current[index]->service, text);
    name(current[index]->models, text + " models");
    name(current[index]->config, text + " config");
    const auto done = std::exchange(dialled[index], nullptr);
    BOOST_REQUIRE(done);
    // On the thread of the Gateway, which is the only one there is.
    done(current[index]->hello(limits));
    world.settle();
    if (current.size() > 1 && answer_models)
      tell_models(index, {});
  }
  /// A node of several answers what the Gateway asks it at first: the models of its roles and
  /// those that are installed; none is a node that does not tell.
  void tell_models(std::size_t index, const std::vector<std::string>& installed) {
    auto& models = current[index]->models;
    for (std::size_t role = 0; role < all_roles().size(); ++role)
      models.answer(role, caf::make_message(std::string{"llama3.1:8b"}));
    ModelList list;
    for (const auto& name : installed)
      list.models.push_back({.name = name});
    if (installed.empty())
      models.fail(all_roles().size(),
                  to_caf_error(LLMError{.code = ErrorCode::connection_refused}));
    else
      models.answer(all_roles().size(), caf::make_message(std::move(list)));
    world.settle();
  }
  void lose(std::size_t index) {
    anon_exit(current[index]->service.actor(), caf::exit_reason::kill);
    world.settle();
    world.pass(200ms);
  }

  [[nodiscard]] caf::actor role() const {
    return caf::actor_cast<caf::actor>(gateway.fronts.roles[overseer]);
  }
  template <class... Ts> void ask_role(Ts... content) {
    caller.ask(role(), caf::make_message(std::move(content)...));
    world.settle();
  }
  void ask_model(const std::string& model) {
    GenerateOptions options;
    options.id = {"a"};
    options.model = model;
    ask_role(generate_atom_v, std::string{"Where?"}, options);
  }
  void subscribe_late(const std::string& id) {
    ask_role(subscribe_atom_v, RequestId{id}, late.as<stream_subscriber>());
  }
  void submit(const std::string& id, bool streamed) {
    GenerateOptions options;
    options.id = {id};
    caller.ask(role(), streamed
                           ? caf::make_message(generate_streaming_atom_v, std::string{"Count"},
                                               options, subscriber.as<stream_subscriber>())
                           : caf::make_message(generate_atom_v, std::string{"Count"}, options));
    world.settle();
  }

  /// How many messages of this beginning came to this node.
  [[nodiscard]] long count(const std::string& beginning) const {
    return std::ranges::count_if(asked,
                                 [&](const auto& text) { return text.starts_with(beginning); });
  }

  World world;
  std::vector<std::function<void(Result<NodeHello>)>> dialled;
  std::vector<std::unique_ptr<PlayedNode>> current;
  Puppet caller;
  Puppet subscriber;
  Puppet late;
  Limits limits;             ///< of the nodes that are connected next
  bool answer_models = true; ///< for them
  GatewayHandles gateway;
  std::vector<std::string> answers;         ///< that the caller got
  std::vector<std::string> heard;           ///< by the subscriber
  std::vector<std::string> heard_late;      ///< by the one that joins
  std::vector<std::string> asked;           ///< of all nodes
  std::map<std::string, caf::actor> relays; ///< that the latest streams of the nodes go to
  std::map<std::string, caf::actor> late_relays;
};

inline caf::message piece(std::uint64_t seq, const char* text) {
  return caf::make_message(LLMStreamChunk{.id = {"a"}, .seq = seq, .response = text});
}

inline caf::message last_piece(std::uint64_t seq, const char* text) {
  const LLMResponse whole{.id = {"a"}, .response = "one two", .done = true};
  return caf::make_message(
      LLMStreamChunk{.id = {"a"}, .seq = seq, .response = text, .done = true, .final = whole});
}

} // namespace nexus::llm::test
