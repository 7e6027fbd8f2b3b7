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

  [[nodiscard]] NodeHello hello() const {
    return {.protocol = node_protocol,
            .version = "played",
            .service = service.as<caf::strong_actor_ptr>(),
            .models = models.as<caf::strong_actor_ptr>(),
            .config = config.as<caf::strong_actor_ptr>()};
  }

  Puppet service;
  Puppet models;
  Puppet config;
};

/// A Gateway before nodes that the test connects and loses, and one caller with one subscriber.
struct Played {
  explicit Played(std::size_t nodes = 1)
      : world{0}, caller{world.system(), Puppet::Manner::silent}, subscriber{
                                                                      world.system(),
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
    if (event.receiver.starts_with("node "))
      asked.push_back(event.receiver + ": " + text);
    if (event.content.size() == 4 && event.content.match_element<stream_subscriber>(3))
      relays[event.receiver] =
          caf::actor_cast<caf::actor>(event.content.get_as<stream_subscriber>(3));
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
    done(current[index]->hello());
    world.settle();
  }
  void lose(std::size_t index) {
    anon_exit(current[index]->service.actor(), caf::exit_reason::kill);
    world.settle();
    world.pass(200ms);
  }

  void submit(const std::string& id, bool streamed) {
    GenerateOptions options;
    options.id = {id};
    const auto role = caf::actor_cast<caf::actor>(gateway.facades.roles[index_of(overseer)]);
    caller.ask(role, streamed ? caf::make_message(generate_streaming_atom_v, std::string{"Count"},
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
  GatewayHandles gateway;
  std::vector<std::string> answers;         ///< that the caller got
  std::vector<std::string> heard;           ///< by the subscriber
  std::vector<std::string> asked;           ///< of all nodes
  std::map<std::string, caf::actor> relays; ///< that the latest streams of the nodes go to
};

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
  const auto role = caf::actor_cast<caf::actor>(played.gateway.facades.roles[index_of(overseer)]);
  const auto listener = played.subscriber.as<stream_subscriber>();
  played.caller.ask(role, caf::make_message(subscribe_atom_v, RequestId{"other"}, listener));
  played.caller.ask(role, caf::make_message(cancel_atom_v, RequestId{"other"}));
  played.caller.ask(role, caf::make_message(stats_atom_v));
  played.world.settle();
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
    auto piece = [](std::uint64_t seq, const char* text) {
      return caf::make_message(LLMStreamChunk{.id = {"a"}, .seq = seq, .response = text});
    };
    const LLMResponse whole{.id = {"a"}, .response = "one two", .done = true};
    if (moment >= 1)
      service.send(relay, caf::make_message(RequestProgress{.id = {"a"}, .phase = Phase::sent}));
    if (moment >= 2)
      service.send(relay, piece(0, "one "));
    if (moment >= 3)
      service.send(relay, piece(1, "two"));
    if (moment == 4)
      service.send(relay, caf::make_message(
                              LLMStreamChunk{.id = {"a"}, .seq = 2, .done = true, .final = whole}));
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
      next.send(second,
                caf::make_message(LLMStreamChunk{
                    .id = {"a"}, .seq = 1, .response = "two", .done = true, .final = whole}));
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

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::test
