#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

#include "runtime/harness/message_json.hpp"
#include "runtime/harness/puppet.hpp"
#include "runtime/harness/world.hpp"
#include "runtime/node/gateway.hpp"

/// The Gateway between callers and nodes that a test plays, message by message and without sockets.
namespace nexus::llm::test {

namespace {

using testing::Event;
using testing::Puppet;
using testing::World;
using namespace std::chrono_literals;

constexpr auto overseer = AIRole::overseer;

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
    world.names().set(caf::actor_cast<caf::strong_actor_ptr>(gateway.facades.models), "models");
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
    for (std::size_t role = 0; role < all_roles.size(); ++role)
      models.answer(role, caf::make_message(std::string{"llama3.1:8b"}));
    ModelList list;
    for (const auto& name : installed)
      list.models.push_back({.name = name});
    if (installed.empty())
      models.fail(all_roles.size(), to_caf_error(LLMError{.code = ErrorCode::connection_refused}));
    else
      models.answer(all_roles.size(), caf::make_message(std::move(list)));
    world.settle();
  }
  void lose(std::size_t index) {
    anon_exit(current[index]->service.actor(), caf::exit_reason::kill);
    world.settle();
    world.pass(200ms);
  }

  [[nodiscard]] caf::actor role() const {
    return caf::actor_cast<caf::actor>(gateway.facades.roles[index_of(overseer)]);
  }
  template <class... Ts> void ask_role(Ts... content) {
    caller.ask(role(), caf::make_message(std::move(content)...));
    world.settle();
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

caf::message piece(std::uint64_t seq, const char* text) {
  return caf::make_message(LLMStreamChunk{.id = {"a"}, .seq = seq, .response = text});
}

caf::message last_piece(std::uint64_t seq, const char* text) {
  const LLMResponse whole{.id = {"a"}, .response = "one two", .done = true};
  return caf::make_message(
      LLMStreamChunk{.id = {"a"}, .seq = seq, .response = text, .done = true, .final = whole});
}

} // namespace

BOOST_AUTO_TEST_SUITE(gateway)

BOOST_AUTO_TEST_CASE(a_request_waits_for_the_first_connection) {
  Played played;
  played.submit("a", false);
  BOOST_TEST(played.asked.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 1);
  played.current[0]->service.answer(0, caf::make_message(LLMResponse{.response = "x"}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(another_node_that_comes_does_not_ask_the_first_again) {
  Played played{2};
  played.connect(0);
  played.caller.ask(caf::actor_cast<caf::actor>(played.gateway.facades.models),
                    caf::make_message(delete_model_atom_v, std::string{"x"}));
  played.world.settle();
  BOOST_TEST(played.count("node 0 models: delete_model") == 1);
  played.connect(1);
  BOOST_TEST(played.count("node 0 models: delete_model") == 1);
  BOOST_TEST(played.answers.empty());
  // Nor does one that stands before it in the order.
  played.lose(0);
  BOOST_TEST(played.answers.size() <= 1u);
  played.answers.clear();
  played.caller.ask(caf::actor_cast<caf::actor>(played.gateway.facades.models),
                    caf::make_message(list_models_atom_v));
  played.world.settle();
  const auto before = played.count("node 1 models: list_models");
  played.connect(0);
  BOOST_TEST(played.count("node 1 models: list_models") == before);
  BOOST_TEST(played.answers.empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_says_goodbye_has_its_unseen_streams_sent_again) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  BOOST_TEST(played.count("node 0: submit") == 1);
  auto& service = played.current[0]->service;
  // As a node that is told to end does: the subscriber, then the requester, hear of it.
  const LLMError goodbye{.code = ErrorCode::shutting_down};
  const auto relay = played.relays["node 0"];
  service.send(relay, caf::make_message(StreamError{.id = {"a"}, .error = goodbye}));
  service.fail(0, to_caf_error(goodbye));
  played.world.settle();
  BOOST_TEST(played.answers.empty());
  played.lose(0);
  BOOST_TEST(played.answers.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 2);
  for (const auto& text : played.heard)
    BOOST_TEST(text.find("StreamError") == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_question_to_a_node_that_is_lost_is_answered) {
  Played played;
  played.connect(0);
  played.subscribe_late("other");
  played.ask_role(cancel_atom_v, RequestId{"other"});
  played.ask_role(stats_atom_v);
  BOOST_TEST(played.answers.empty());
  played.lose(0);
  BOOST_REQUIRE(played.answers.size() == 3u);
  for (const auto& answer : played.answers)
    BOOST_TEST(answer.find("node_lost") != std::string::npos, answer);
}

BOOST_AUTO_TEST_CASE(a_node_lost_at_any_moment_of_a_stream_gives_one_answer_and_one_end) {
  // The moments: asked, told that it was sent, a piece, two pieces, the end of the stream, the
  // answer; before the end, nothing of the node comes after.
  for (int moment = 0; moment <= 5; ++moment) {
    Played played;
    played.connect(0);
    played.submit("a", true);
    auto& service = played.current[0]->service;
    const auto relay = played.relays["node 0"];
    const LLMResponse whole{.id = {"a"}, .response = "one two", .done = true};
    if (moment >= 1)
      service.send(relay, caf::make_message(RequestProgress{.id = {"a"}, .phase = Phase::sent}));
    if (moment >= 2)
      service.send(relay, piece(0, "one "));
    if (moment >= 3)
      service.send(relay, piece(1, "two"));
    if (moment == 4)
      service.send(relay, last_piece(2, ""));
    if (moment == 5)
      service.answer(0, caf::make_message(whole));
    played.world.settle();
    played.lose(0);
    const bool again = moment < 2;
    BOOST_TEST((played.answers.size() == (again ? 0u : 1u)), moment);
    if (again) {
      played.connect(0);
      BOOST_TEST(played.count("node 0: submit") == 2, moment);
      const auto second = played.relays["node 0"];
      auto& next = played.current[0]->service;
      next.send(second, piece(0, "one "));
      next.send(second, last_piece(1, "two"));
      next.answer(0, caf::make_message(whole));
      played.world.settle();
    }
    BOOST_REQUIRE_MESSAGE(played.answers.size() == 1u, moment);
    const bool good = again || moment == 5;
    BOOST_TEST((played.answers[0].starts_with("LLMResponse")) == good, played.answers[0]);
    const auto ends = std::ranges::count_if(played.heard, [](const auto& text) {
      return text.starts_with("StreamError") ||
             text.find("\"done\":true,\"final\"") != std::string::npos;
    });
    BOOST_TEST(ends == 1, moment);
    std::string text;
    for (const auto& each : played.heard)
      for (const char* part : {"\"response\":\"one \"", "\"response\":\"two\""})
        if (each.starts_with("LLMStreamChunk") && each.find(part) < each.find("final"))
          text += part[12] == 'o' ? "one " : "two";
    if (good)
      BOOST_TEST(text == "one two", moment);
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_its_nodes_die_of_is_not_sent_a_fourth_time) {
  for (const bool streamed : {false, true}) {
    Played played;
    played.submit("a", streamed);
    for (int node = 1; node <= 3; ++node) {
      played.connect(0);
      BOOST_TEST(played.count("node 0: submit") == node);
      BOOST_TEST(played.answers.empty());
      played.lose(0);
    }
    BOOST_REQUIRE(played.answers.size() == 1u);
    BOOST_TEST(played.answers[0].find("node_lost") != std::string::npos);
    played.connect(0);
    BOOST_TEST(played.count("node 0: submit") == 3);
    BOOST_TEST((played.heard.empty() ? "" : played.heard.back()).find("StreamError") ==
               (streamed ? 0 : std::string::npos));
  }
}

BOOST_AUTO_TEST_CASE(what_a_node_would_not_take_is_not_sent) {
  Played played;
  played.limits.max_prompt_bytes = 4;
  played.submit("a", true);
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 0);
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("invalid_prompt") != std::string::npos);
  BOOST_TEST(played.answers[0].find("limits.maxPromptBytes") != std::string::npos);
  BOOST_REQUIRE(played.heard.size() == 1u);
  BOOST_TEST(played.heard[0].starts_with("StreamError"));
  played.lose(0);
  played.limits = {.max_message_bytes = 1u << 10};
  played.connect(0);
  played.ask_role(embed_atom_v, EmbedRequest{.id = {"e"}, .model = "m", .input = {"x"}});
  BOOST_REQUIRE(played.answers.size() == 2u);
  BOOST_TEST(played.answers[1].find("limits.maxMessageBytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_batch_is_spread_over_the_nodes) {
  Played played{2};
  played.connect(0);
  played.connect(1);
  GenerateOptions options;
  options.id = {"b"};
  played.ask_role(batch_atom_v, std::vector<std::string>(8, "Count"), options);
  BOOST_TEST(played.count("node 0: submit") == 4);
  BOOST_TEST(played.count("node 1: submit") == 4);
  BOOST_TEST(played.count("node 0: batch") == 0);
  // What a lost node was at work on goes to the other.
  played.lose(0);
  BOOST_TEST(played.count("node 1: submit") == 8);
  for (std::size_t i = 0; i < 8; ++i)
    played.current[1]->service.answer(i, caf::make_message(LLMResponse{.response = "x"}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].starts_with("BatchResponse"));
  BOOST_TEST(played.answers[0].find("node_lost") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_batch_is_checked_and_cancelled_here) {
  Played played;
  played.limits.max_batch = 2;
  played.connect(0);
  GenerateOptions options;
  options.id = {"b"};
  played.ask_role(batch_atom_v, std::vector<std::string>{}, options);
  played.ask_role(batch_atom_v, std::vector<std::string>(3, "Count"), options);
  BOOST_REQUIRE(played.answers.size() == 2u);
  for (const auto& answer : played.answers)
    BOOST_TEST(answer.find("invalid_prompt") != std::string::npos, answer);
  played.ask_role(batch_atom_v, std::vector<std::string>(2, "Count"), options);
  BOOST_TEST(played.count("node 0: submit") == 2);
  played.ask_role(batch_atom_v, std::vector<std::string>(2, "Count"), options);
  BOOST_REQUIRE(played.answers.size() == 3u);
  BOOST_TEST(played.answers[2].find("`id` is that of another request") != std::string::npos);
  played.ask_role(cancel_atom_v, RequestId{"b"});
  BOOST_REQUIRE(played.answers.size() == 5u);
  BOOST_TEST(std::ranges::count(played.answers, "true") == 1);
  BOOST_TEST(played.count("node 0: cancel") == 2);
}

BOOST_AUTO_TEST_CASE(a_waiting_request_knows_its_place) {
  Played played;
  played.submit("a", false);
  played.submit("b", false);
  played.ask_role(position_atom_v, RequestId{"b"});
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0] == R"(QueuePosition {"position":2,"queueLength":2})");
}

BOOST_AUTO_TEST_CASE(a_subscriber_can_join_a_request_that_waits_for_a_node) {
  Played played;
  played.submit("a", true);
  played.subscribe_late("a");
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].starts_with("Ack"), played.answers[0]);
  played.connect(0);
  // Behind the request: the node would not know of it yet.
  BOOST_REQUIRE(played.asked.size() >= 2u);
  BOOST_TEST(played.asked[0].starts_with("node 0: submit"));
  BOOST_TEST(played.asked[1].starts_with("node 0: subscribe"), played.asked[1]);
  played.current[0]->service.answer(1, caf::make_message(Ack{}));
  played.current[0]->service.send(played.late_relays["node 0"], last_piece(0, "one two"));
  played.world.settle();
  BOOST_REQUIRE(played.heard_late.size() == 1u);
  BOOST_TEST(played.heard_late[0].starts_with("LLMStreamChunk"));
}

BOOST_AUTO_TEST_CASE(a_late_subscriber_waits_with_a_request_whose_node_is_lost) {
  // Before its joining was confirmed, after that, and after it has heard something.
  for (int moment = 0; moment <= 2; ++moment) {
    Played played;
    played.connect(0);
    played.submit("a", true);
    played.subscribe_late("a");
    auto& service = played.current[0]->service;
    if (moment >= 1)
      service.answer(1, caf::make_message(Ack{}));
    if (moment >= 2)
      service.send(played.late_relays["node 0"], piece(0, "one"));
    played.world.settle();
    played.lose(0);
    BOOST_TEST(played.answers.size() == 1u, moment);
    played.connect(0);
    BOOST_TEST(played.count("node 0: submit") == 2, moment);
    BOOST_TEST(played.count("node 0: subscribe") == (moment == 2 ? 1 : 2), moment);
    if (moment < 2) {
      auto& next = played.current[0]->service;
      next.answer(1, caf::make_message(Ack{}));
      next.send(played.late_relays["node 0"], last_piece(0, "one two"));
      played.world.settle();
    }
    BOOST_TEST(played.answers.size() == 1u, moment);
    BOOST_REQUIRE(!played.heard_late.empty());
    BOOST_TEST(
        played.heard_late.back().starts_with(moment == 2 ? "StreamError" : "LLMStreamChunk"));
  }
}

BOOST_AUTO_TEST_CASE(subscribers_of_a_request_that_ends_before_it_was_sent_hear_of_it) {
  Played played;
  played.submit("a", true);
  played.subscribe_late("a");
  played.ask_role(cancel_atom_v, RequestId{"a"});
  for (const auto* heard : {&played.heard, &played.heard_late}) {
    BOOST_REQUIRE(heard->size() == 1u);
    BOOST_TEST(heard->front().starts_with("StreamError"));
    BOOST_TEST(heard->front().find("cancelled") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_leaves_before_anything_was_sent_is_told_nothing) {
  Played played;
  played.submit("a", true);
  played.subscribe_late("a");
  played.ask_role(unsubscribe_atom_v, RequestId{"a"}, played.late.as<stream_subscriber>());
  BOOST_TEST(played.answers.size() == 2u);
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 1);
  BOOST_TEST(played.count("node 0: subscribe") == 0);
  BOOST_TEST(played.heard_late.empty());
}

BOOST_AUTO_TEST_CASE(a_stream_of_another_client_is_looked_for_on_every_node) {
  for (const std::size_t owner : {0u, 1u}) {
    Played played{2};
    played.connect(0);
    played.connect(1);
    played.subscribe_late("a");
    const LLMError unknown{.code = ErrorCode::unknown_request};
    played.current[1 - owner]->service.fail(0, to_caf_error(unknown));
    played.world.settle();
    BOOST_TEST(played.answers.empty());
    played.current[owner]->service.answer(0, caf::make_message(Ack{}));
    played.world.settle();
    BOOST_REQUIRE(played.answers.size() == 1u);
    BOOST_TEST(played.answers[0].starts_with("Ack"));
    // The loss of the other does not concern it.
    played.lose(1 - owner);
    BOOST_TEST(played.heard_late.empty());
    played.lose(owner);
    BOOST_REQUIRE(played.heard_late.size() == 1u);
    BOOST_TEST(played.heard_late[0].find("node_lost") != std::string::npos);
  }
  // Nobody has it.
  Played played{2};
  played.connect(0);
  played.connect(1);
  played.subscribe_late("a");
  for (const std::size_t index : {0u, 1u})
    played.current[index]->service.fail(0,
                                        to_caf_error(LLMError{.code = ErrorCode::unknown_request}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("unknown_request") != std::string::npos);
  BOOST_TEST(played.heard_late.empty());
}

BOOST_AUTO_TEST_CASE(who_does_not_listen_ends_nothing_by_leaving) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  played.ask_role(unsubscribe_atom_v, RequestId{"a"}, played.late.as<stream_subscriber>());
  played.ask_role(unsubscribe_atom_v, RequestId{"b"}, played.late.as<stream_subscriber>());
  BOOST_TEST(played.answers == (std::vector<std::string>{"Ack {}", "Ack {}"}),
             boost::test_tools::per_element());
  BOOST_TEST(played.count("node 0: unsubscribe") == 0);
  played.current[0]->service.send(played.relays["node 0"], last_piece(0, "one two"));
  played.world.settle();
  BOOST_REQUIRE(!played.heard.empty());
  BOOST_TEST(played.heard.back().starts_with("LLMStreamChunk"));
}

BOOST_AUTO_TEST_CASE(who_joins_twice_hears_everything_once) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  played.subscribe_late("a");
  played.current[0]->service.answer(1, caf::make_message(Ack{}));
  played.world.settle();
  played.subscribe_late("a");
  played.ask_role(subscribe_atom_v, RequestId{"a"}, played.subscriber.as<stream_subscriber>());
  BOOST_TEST(played.answers.size() == 3u);
  BOOST_TEST(played.count("node 0: subscribe") == 1);
}

BOOST_AUTO_TEST_CASE(an_answered_stream_that_is_left_frees_its_id) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  auto& service = played.current[0]->service;
  service.answer(0, caf::make_message(LLMResponse{.id = {"a"}, .response = "one", .done = true}));
  played.world.settle();
  played.ask_role(unsubscribe_atom_v, RequestId{"a"}, played.subscriber.as<stream_subscriber>());
  service.answer(1, caf::make_message(Ack{}));
  played.world.settle();
  played.submit("a", true);
  BOOST_TEST(played.count("node 0: submit") == 2);
}

BOOST_AUTO_TEST_CASE(a_question_to_several_nodes_has_one_answer) {
  Played played{2};
  played.connect(0);
  played.connect(1);
  played.ask_role(cancel_atom_v, RequestId{"other"});
  played.current[0]->service.answer(0, caf::make_message(true));
  played.current[1]->service.answer(0, caf::make_message(false));
  played.world.settle();
  BOOST_TEST(played.answers == std::vector<std::string>{"true"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_node_under_two_names_is_one) {
  Played played{2};
  played.connect(0);
  const auto done = std::exchange(played.dialled[1], nullptr);
  done(played.current[0]->hello({}));
  played.world.settle();
  played.submit("a", false);
  BOOST_TEST(played.count("node 0: submit") == 1);
  played.lose(0);
  BOOST_TEST(played.answers.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 2);
  // The other name is tried again, in case that it becomes another.
  played.world.pass(10s);
  BOOST_TEST(static_cast<bool>(played.dialled[1]));
}

BOOST_AUTO_TEST_CASE(a_request_waits_until_it_is_known_who_has_its_model) {
  Played played{2};
  played.answer_models = false;
  GenerateOptions options;
  options.id = {"a"};
  options.model = "kite";
  played.ask_role(generate_atom_v, std::string{"Where?"}, options);
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 0);
  played.tell_models(0, {"llama3.1:8b"});
  // The other may have it.
  BOOST_TEST(played.count("node 0: submit") == 0);
  played.connect(1);
  BOOST_TEST(played.count("node 1: submit") == 0);
  played.tell_models(1, {"llama3.1:8b", "kite"});
  BOOST_TEST(played.count("node 1: submit") == 1);
}

BOOST_AUTO_TEST_CASE(a_model_that_no_node_has_is_asked_for_once_all_have_told) {
  Played played{2};
  played.answer_models = false;
  GenerateOptions options;
  options.id = {"a"};
  options.model = "kite";
  played.ask_role(generate_atom_v, std::string{"Where?"}, options);
  played.connect(0);
  played.tell_models(0, {"llama3.1:8b"});
  BOOST_TEST(played.count("node 0: submit") == 0);
  const auto done = std::exchange(played.dialled[1], nullptr);
  done(failure(ErrorCode::node_unreachable, "node:1"));
  played.world.settle();
  BOOST_TEST(played.count("node 0: submit") == 1);
}

BOOST_AUTO_TEST_CASE(a_request_goes_to_a_node_that_would_take_it) {
  Played played{2};
  played.limits.max_prompt_bytes = 4;
  played.connect(0);
  played.limits = {};
  played.connect(1);
  played.submit("a", false);
  BOOST_TEST(played.count("node 1: submit") == 1);
  BOOST_TEST(played.answers.empty());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_fails_while_a_node_ends_is_no_reason_to_give_up) {
  Played played;
  played.connect(0);
  played.submit("a", false);
  played.lose(0);
  const auto done = std::exchange(played.dialled[0], nullptr);
  BOOST_REQUIRE(done);
  done(failure(ErrorCode::node_distrusted, "node:0"));
  played.world.pass(1s);
  BOOST_TEST(played.answers.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 2);
}

BOOST_AUTO_TEST_CASE(a_node_that_was_never_trusted_is_given_up_at_once) {
  Played played;
  played.submit("a", false);
  const auto done = std::exchange(played.dialled[0], nullptr);
  done(failure(ErrorCode::node_distrusted, "node:0"));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("node_distrusted") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_health_of_several_nodes_names_those_that_are_missing) {
  Played played{2};
  played.connect(0);
  played.caller.ask(caf::actor_cast<caf::actor>(played.gateway.root),
                    caf::make_message(health_atom_v));
  played.world.settle();
  played.current[0]->service.answer(0, caf::make_message(Health{.reachable = true}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("node:1 node") != std::string::npos, played.answers[0]);
}

BOOST_AUTO_TEST_CASE(what_was_not_told_of_an_answer_is_told_with_its_tool_calls) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  auto& service = played.current[0]->service;
  const LLMResponse whole{
      .id = {"a"}, .response = "one", .tool_calls = {{.name = "first"}, {.name = "second"}}};
  service.send(played.relays["node 0"],
               caf::make_message(LLMStreamChunk{.id = {"a"}, .tool_calls = {{.name = "first"}}}));
  service.answer(0, caf::make_message(whole));
  played.world.settle();
  played.lose(0);
  BOOST_REQUIRE(played.heard.size() == 2u);
  const auto told = played.heard[1].substr(0, played.heard[1].find("\"final\""));
  BOOST_TEST(told.find("second") != std::string::npos, told);
  BOOST_TEST(told.find("first") == std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(a_stream_goes_on_for_those_who_joined_when_its_requester_dies) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  played.subscribe_late("a");
  played.current[0]->service.answer(1, caf::make_message(Ack{}));
  played.world.settle();
  played.caller.end(caf::exit_reason::kill);
  played.world.settle();
  BOOST_TEST(played.count("node 0: cancel") == 0);
  played.current[0]->service.send(played.late_relays["node 0"], last_piece(0, "one two"));
  played.world.settle();
  BOOST_REQUIRE(played.heard_late.size() == 1u);
  BOOST_TEST(played.heard_late[0].starts_with("LLMStreamChunk"));
}

BOOST_AUTO_TEST_CASE(only_streams_can_be_joined) {
  Played played;
  played.submit("a", false);
  played.subscribe_late("a");
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("is no stream") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::test
