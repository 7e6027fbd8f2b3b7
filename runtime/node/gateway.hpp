#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/handles/handles.hpp"
#include "actors/handles/pending_calls.hpp"
#include "actors/supervision/chance.hpp"
#include "actors/supervision/event_subscribers.hpp"
#include "messages/portability_network.hpp"
#include "nexus_llm/per_role.hpp"
#include "runtime/node/gateway_interface.hpp"
#include "runtime/node/node_choice.hpp"

namespace nexus::llm {

/// How a Gateway reaches its nodes.
struct GatewayOptions {
  /// Connects and asks who does what there; calls back once, on the thread of the actor.
  using Dial = std::function<void(gateway_internal::pointer, const Endpoint&,
                                  std::function<void(Result<NodeHello>)>)>;

  std::vector<Endpoint> nodes; ///< at least one
  /// How long requests wait while no node is there. Dialling goes on after that.
  std::chrono::milliseconds patience{30'000};
  std::chrono::milliseconds first_redial{100};
  std::chrono::milliseconds max_redial{5000};
  /// How old the news of a node's models may be.
  std::chrono::milliseconds models_age{30'000};
  Dial dial;
  Chance chance = {};
};

/// The actors of this process that stand before those of the nodes.
struct GatewayFronts {
  PerRole<role_front> roles;
  stable_handle<models_handle> models;
  stable_handle<settings_handle> config;
};

/// Gateway: stands for the RetrySupervisors of one or more nodes in this process, so that what
/// callers hold survives nodes and connections. Accepts the messages of `llm_service` and answers
/// each exactly once. Owns every request until its answer, a StreamRelay for each subscriber, and
/// the redialling, with growing pauses.
///
/// A request goes to the connected node that has its model and the least to do; where none has it,
/// it waits for the first word of those that are still asked. When its node is lost, it goes to
/// another, or waits for one (up to `patience`), unless something of its stream was passed on
/// already, or it has lost three nodes: then it ends with `node_lost`. The prompts of a batch are
/// requests of their own. A requester that dies has its requests cancelled on their nodes, but not
/// the streams that others of this process have joined. Questions about models and settings go to
/// one node until it is lost, then to the first, in the order of the options, that is connected.
/// When the Gateway dies, every caller gets `shutting_down`, and the nodes cancel what they were at
/// work on.
class Gateway {
public:
  using Base = gateway_internal::base;
  static constexpr const char* name = "Gateway";

  Gateway(gateway_internal::pointer self, GatewayOptions options, GatewayFronts fronts);
  ~Gateway();

  [[nodiscard]] gateway_internal::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;
  using Millis = std::chrono::milliseconds;
  using Key = PendingCalls::Key;
  using Epoch = PendingCalls::Epoch;

  struct Node {
    Endpoint endpoint;
    llm_service service; ///< null while there is no connection
    models_handle models;
    settings_handle config;
    std::uint32_t failures = 0;   ///< to connect, one after the other
    std::uint64_t connection = 0; ///< counts, to tell answers of one from those of the next
    bool leaving = false;         ///< it takes no more requests, and will be gone soon
    bool ready = false;           ///< it is known which models it has, or that it does not tell
    Limits limits;                ///< when it was connected
    NodeModels known;
  };

  /// A request, by its id. Where it is, `calls_` knows, until it is answered; a stream stays until
  /// everybody has had its end.
  struct Job {
    AIRole role = AIRole::overseer;
    stream_relay relay;           ///< null where nothing is streamed, and after the end
    stream_subscriber subscriber; ///< for whom the relay stands
    caf::actor_addr requester;
    Key key = 0;
    std::size_t node = 0; ///< the latest that was asked
    bool streamed = false;
    std::optional<LLMResponse> response; ///< of a stream
  };
  /// Something that a node was asked, and who must hear of its loss.
  struct Question {
    std::size_t node = 0;
    std::function<void(const LLMError&)> fail;
  };
  /// A subscriber that joined a stream later.
  struct Joined {
    AIRole role = AIRole::overseer;
    RequestId stream;
    stream_subscriber subscriber;
    stream_relay relay;
    std::optional<Promise<Ack>> promise; ///< until it has joined
    std::optional<std::size_t> node;     ///< where it listens
    bool waiting = false;                ///< for its stream to be sent to a node
    std::size_t asked = 0;               ///< nodes that may have the stream
  };

  // Nodes (gateway.cpp).
  void dial(std::size_t index);
  void on_connected(std::size_t index, const NodeHello& hello);
  void on_dial_failed(std::size_t index, const LLMError& error);
  void on_lost(std::size_t index, const caf::error& reason);
  void ask_models(std::size_t index);
  void choose_primary();
  /// Answers those who wait for the connection, once it is known of every node whether it is there.
  void greet();
  void on_ready(std::size_t index);
  /// Whether it may still turn out soon what a node can do.
  [[nodiscard]] bool unsettled(const Node& node) const noexcept {
    return node.service ? !node.ready : node.failures == 0 && node.connection == 0;
  }
  void give_up(const LLMError& error);
  void give_up_unless_connected(const LLMError& error);
  [[nodiscard]] bool connected() const;
  /// The node for a request of a role and, where one is wanted, a model. `check` says whether its
  /// limits would take it.
  [[nodiscard]] PendingCalls::Choice
  choose(AIRole role, const std::string& model,
         const std::function<Result<void>(const Limits&)>& check) const;
  void after(Millis wait, std::function<void()> job);

  // Requests (gateway_requests.cpp).
  Promise<LLMResponse> submit(AIRole role, LLMRequest request);
  Promise<LLMResponse> submit(AIRole role, LLMRequest request, stream_subscriber subscriber);
  caf::result<BatchResponse> batch(AIRole role, std::vector<std::string> prompts,
                                   GenerateOptions options);
  Promise<EmbedResponse> embed(AIRole role, EmbedRequest request);
  Promise<bool> cancel(AIRole role, const RequestId& id);
  Promise<QueuePosition> position(AIRole role, const RequestId& id);
  Promise<RoleStats> stats(AIRole role);
  Promise<Health> health();

  template <class T, class Atom, class Request>
  Promise<T> begin(Atom atom, AIRole role, Request request);
  /// Takes the id; null where it is in use, or no node is hoped for any more.
  Job* open(AIRole role, const RequestId& id, const caf::strong_actor_ptr& requester,
            LLMError& refusal);
  /// Gives a request to `calls_`, which sends it to a node. `put` asks the node.
  template <class T, class Request>
  void start(AIRole role, const RequestId& id, Promise<T> promise,
             const std::shared_ptr<const Request>& content,
             const std::function<void(std::size_t, Key, Epoch)>& put);
  [[nodiscard]] std::function<void(const caf::error&)> on_error(std::size_t node, Key key,
                                                                Epoch epoch);
  /// Asks the relay of a stream whether it may begin anew.
  void judge(const RequestId& id, Key key, Epoch epoch, const LLMError& reason);
  /// It has ended with an error.
  void close(const RequestId& id, const LLMError& error);
  /// An answered stream is over when everybody has had its end.
  void forget_if_over(const RequestId& id);
  void on_stream_answer(const RequestId& id, LLMResponse response);
  /// Decides what becomes of everything that a lost node was at work on.
  void take_from(std::size_t index, const LLMError& lost);
  void on_relay_ended(const RequestId& key);

  /// Whether an answer means that the node is gone: its loss decides what becomes of the request.
  [[nodiscard]] static bool is_farewell(const caf::error& error);
  /// Asks a node; calls back once, also when the node is lost.
  template <class T, class... Ts>
  void question(std::size_t index, std::function<void(Result<T>)> done, Ts... request);
  void fail_questions(const std::function<bool(const Question&)>& which, const LLMError& error);
  /// Asks the node of a request, or, where that is not one of ours, every node.
  template <class T, class... Ts> Promise<T> ask_about(const RequestId& id, Ts... request);
  /// Asks every node, and makes one answer of theirs.
  template <class T, class Combine, class... Ts> Promise<T> ask_all(Combine combine, Ts... request);
  [[nodiscard]] std::vector<std::size_t> connected_nodes() const;

  // Late subscribers (gateway_subscribers.cpp).
  Promise<Ack> subscribe(AIRole role, const RequestId& id, stream_subscriber subscriber);
  Promise<Ack> unsubscribe(AIRole role, const RequestId& id, const stream_subscriber& subscriber);
  [[nodiscard]] std::unordered_map<RequestId, Joined>::iterator
  find_joined(const RequestId& stream, const stream_subscriber& subscriber);
  /// Asks the nodes for a subscriber; one of them has the stream.
  void attach(const RequestId& key, const std::vector<std::size_t>& nodes);
  void on_attached(const RequestId& key, std::size_t index, const Result<Ack>& answer);
  /// The request of these subscribers was sent to a node.
  void attach_waiting(const RequestId& id);
  /// Or it has ended before that.
  void end_waiting(const RequestId& id, const LLMError& error);
  void take_subscribers_from(std::size_t index, const LLMError& lost);
  void wait_for_stream(const RequestId& key);
  /// The end of a subscriber that has joined, the answer for one that has not.
  void refuse(const RequestId& key, const LLMError& error);
  /// Answers, where an answer is owed.
  void forget_joined(const RequestId& key);
  /// Whether a request waits here and not on a node.
  [[nodiscard]] bool waits(const Job& job) const { return calls_.waits(job.key); }
  /// Whether a node is at work on it.
  [[nodiscard]] bool asked(const Job& job) const { return !job.response && !waits(job); }

  [[nodiscard]] caf::actor_addr hold(const caf::strong_actor_ptr& requester);
  void forget_requester(const caf::actor_addr& requester);
  /// A requester or a subscriber of events, which may be the same, is watched once.
  void watch_peer(const caf::strong_actor_ptr& peer);
  void on_requester_down(const caf::actor_addr& requester);

  gateway_internal::pointer self_;
  GatewayOptions options_;
  GatewayFronts fronts_;
  Watcher watcher_;
  EventSubscribers subscribers_;
  std::vector<Node> nodes_;
  std::unordered_map<RequestId, Job> jobs_;
  PendingCalls calls_;
  bool ending_ = false;
  std::unordered_map<RequestId, caf::weak_actor_ptr> batches_;
  std::unordered_map<RequestId, Joined> joined_; ///< by a key of its own
  std::map<std::uint64_t, Question> questions_;
  std::unordered_map<caf::actor_addr, std::size_t> requesters_;
  std::vector<Promise<Ack>> waiting_;  ///< for the first word from the nodes
  std::optional<std::size_t> primary_; ///< whom questions about models and settings go to
  std::uint64_t losses_ = 0;           ///< how often no node was left, to tell timers apart
  std::uint64_t last_joined_ = 0;
  std::uint64_t last_question_ = 0;
  std::unordered_map<std::uint64_t, std::function<void()>> later_;
  std::uint64_t last_later_ = 0;
};

template <class T, class... Ts>
void Gateway::question(std::size_t index, std::function<void(Result<T>)> done, Ts... request) {
  const auto key = ++last_question_;
  questions_.emplace(key, Question{index, [done](const LLMError& error) { done(failure(error)); }});
  ask_watched(self_, nodes_[index].service, std::move(request)...)
      .then(
          [this, key, done](T& answer) {
            if (questions_.erase(key) > 0)
              done(std::move(answer));
          },
          [this, key, done](const caf::error& error) {
            // The loss of a node that says goodbye is the answer.
            if (!is_farewell(error) && questions_.erase(key) > 0)
              done(failure(to_llm_error(error)));
          });
}

/// A running Gateway and what callers need of it.
struct GatewayHandles {
  gateway_internal root;
  GatewayFronts fronts;
};
[[nodiscard]] GatewayHandles spawn_gateway(caf::actor_system& system, GatewayOptions options);

} // namespace nexus::llm
