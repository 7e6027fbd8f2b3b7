// SPDX-License-Identifier: BSD-3-Clause
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
#include "nexus_llm/portability_actors.hpp"
#include "runtime/node/gateway_interface.hpp"
#include "runtime/node/node_choice.hpp"

namespace nexus::llm {

/// Options of a Gateway.
struct GatewayOptions {
  /// Connects to a node and requests its `NodeHello`; calls back once, in the context of the actor.
  using Dial = std::function<void(gateway_internal::pointer, const Endpoint&,
                                  std::function<void(Result<NodeHello>)>)>;

  std::vector<Endpoint> nodes; ///< at least one
  /// How long requests wait while no node is connected. The Gateway keeps dialling after that.
  std::chrono::milliseconds patience{30'000};
  std::chrono::milliseconds first_redial{100};
  std::chrono::milliseconds max_redial{5000};
  /// Interval for refreshing the models of a node.
  std::chrono::milliseconds models_age{30'000};
  Dial dial;
  Chance chance = {};
};

/// The stable handles of this process that forward to the actors of the nodes.
struct GatewayFronts {
  PerRole<role_front> roles;
  stable_handle<models_handle> models;
  stable_handle<settings_handle> config;
};

/// Represents the RetrySupervisors of one or more nodes in this process, so that the handles of
/// callers survive the loss of nodes and connections. Accepts the messages of `llm_service` and
/// answers each exactly once. Owns every request until its answer, a StreamRelay for each
/// subscriber, and the reconnect timers with exponential backoff.
///
/// A request goes to the least loaded connected node that has its model. If none has it, the
/// request waits until all nodes have reported their models or failed to connect. If its node is
/// lost, the request goes to another node, or waits for one (up to `patience`). It fails with
/// `node_lost` if its stream has already delivered a chunk, or if it has lost three nodes. Each
/// prompt of a batch is a separate request. If a requester dies, the Gateway cancels its requests
/// on their nodes, except for streams that other subscribers of this process have joined. Requests
/// about models and settings go to one node until it is lost, then to the first connected node in
/// the order of the options. If the Gateway dies, every caller gets `shutting_down`, and the nodes
/// cancel its requests.
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
    std::uint32_t failures = 0;   ///< consecutive failed attempts to connect
    std::uint64_t connection = 0; ///< connection counter, for ignoring outdated answers
    bool leaving = false;         ///< the node rejects requests and will terminate soon
    bool ready = false;           ///< its models are known, or the request for them has failed
    Limits limits;                ///< as of the time of connecting
    NodeModels known;
  };

  /// A request, by its id. `calls_` tracks its node until it is answered. A stream remains here
  /// until all subscribers have received its end.
  struct Job {
    AIRole role = AIRole::overseer;
    stream_relay relay;           ///< null without streaming, and after the end of the stream
    stream_subscriber subscriber; ///< the subscriber of `relay`
    caf::actor_addr requester;
    Key key = 0;
    std::size_t node = 0; ///< the node of the latest attempt
    bool streamed = false;
    std::optional<LLMResponse> response; ///< the answer, if streamed
  };
  /// A pending query to a node, and the callback for the loss of the node.
  struct Question {
    std::size_t node = 0;
    std::function<void(const LLMError&)> fail;
  };
  /// A subscriber that has joined an existing stream.
  struct Joined {
    AIRole role = AIRole::overseer;
    RequestId stream;
    stream_subscriber subscriber;
    stream_relay relay;
    std::optional<Promise<Ack>> promise; ///< set until the subscriber has joined
    std::optional<std::size_t> node;     ///< the node that it is subscribed to
    bool waiting = false;                ///< waits until the request is sent to a node
    std::size_t asked = 0;               ///< number of pending answers of nodes
  };

  // Nodes (gateway.cpp).
  void dial(std::size_t index);
  void on_connected(std::size_t index, const NodeHello& hello);
  void on_dial_failed(std::size_t index, const LLMError& error);
  void on_lost(std::size_t index, const caf::error& reason);
  void ask_models(std::size_t index);
  void choose_primary();
  /// Answers callers that wait for the connection, once the state of every node is known.
  void greet();
  void on_ready(std::size_t index);
  /// Whether the first connection attempt or the models of a node are still pending.
  [[nodiscard]] bool unsettled(const Node& node) const noexcept {
    return node.service ? !node.ready : node.failures == 0 && node.connection == 0;
  }
  void give_up(const LLMError& error);
  void give_up_unless_connected(const LLMError& error);
  [[nodiscard]] bool connected() const;
  /// Chooses the node for a request of a role and, if not empty, a model. `check` tests whether the
  /// limits of a node permit the request.
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
  Promise<RunningRequests> running(AIRole role);
  Promise<Health> health();

  template <class T, class Atom, class Request>
  Promise<T> begin(Atom atom, AIRole role, Request request);
  /// Reserves the id. Returns null and sets `refusal` if the id is in use or the Gateway has given
  /// up.
  Job* open(AIRole role, const RequestId& id, const caf::strong_actor_ptr& requester,
            LLMError& refusal);
  /// Adds a request to `calls_`, which chooses a node. `put` sends the request to that node.
  template <class T, class Request>
  void start(AIRole role, const RequestId& id, Promise<T> promise,
             const std::shared_ptr<const Request>& content,
             const std::function<void(std::size_t, Key, Epoch)>& put);
  [[nodiscard]] std::function<void(const caf::error&)> on_error(std::size_t node, Key key,
                                                                Epoch epoch);
  /// Asks the relay of a stream whether the stream may restart.
  void judge(const RequestId& id, Key key, Epoch epoch, const LLMError& reason);
  /// Removes a request that has failed.
  void close(const RequestId& id, const LLMError& error);
  /// Removes an answered stream once all subscribers have received its end.
  void forget_if_over(const RequestId& id);
  void on_stream_answer(const RequestId& id, LLMResponse response);
  /// Fails or reassigns all requests and subscribers of a lost node.
  void take_from(std::size_t index, const LLMError& lost);
  void on_relay_ended(const RequestId& key);

  /// Whether an error means that the node is shutting down. Then the loss of the node decides about
  /// the request.
  [[nodiscard]] static bool is_farewell(const caf::error& error);
  /// Sends a query to a node; calls back once, also if the node is lost.
  template <class T, class... Ts>
  void question(std::size_t index, std::function<void(Result<T>)> done, Ts... request);
  void fail_questions(const std::function<bool(const Question&)>& which, const LLMError& error);
  /// Queries the node of a request, or every node if the request is not from this Gateway.
  template <class T, class... Ts> Promise<T> ask_about(const RequestId& id, Ts... request);
  /// Queries every node and combines the answers.
  template <class T, class Combine, class... Ts> Promise<T> ask_all(Combine combine, Ts... request);
  [[nodiscard]] std::vector<std::size_t> connected_nodes() const;

  // Late subscribers (gateway_subscribers.cpp).
  Promise<Ack> subscribe(AIRole role, const RequestId& id, stream_subscriber subscriber);
  Promise<Ack> unsubscribe(AIRole role, const RequestId& id, const stream_subscriber& subscriber);
  [[nodiscard]] std::unordered_map<RequestId, Joined>::iterator
  find_joined(const RequestId& stream, const stream_subscriber& subscriber);
  /// Subscribes on these nodes; one of them has the stream.
  void attach(const RequestId& key, const std::vector<std::size_t>& nodes);
  void on_attached(const RequestId& key, std::size_t index, const Result<Ack>& answer);
  /// Subscribes the waiting subscribers of a request that was sent to a node.
  void attach_waiting(const RequestId& id);
  /// Ends the waiting subscribers of a request that has failed.
  void end_waiting(const RequestId& id, const LLMError& error);
  void take_subscribers_from(std::size_t index, const LLMError& lost);
  void wait_for_stream(const RequestId& key);
  /// Ends the stream of a subscriber that has joined; answers one that has not with an error.
  void refuse(const RequestId& key, const LLMError& error);
  /// Removes a subscriber; answers its request if that is still pending.
  void forget_joined(const RequestId& key);
  /// Whether a request waits here for a node.
  [[nodiscard]] bool waits(const Job& job) const { return calls_.waits(job.key); }
  /// Whether a node is processing a request.
  [[nodiscard]] bool asked(const Job& job) const { return !job.response && !waits(job); }

  [[nodiscard]] caf::actor_addr hold(const caf::strong_actor_ptr& requester);
  void forget_requester(const caf::actor_addr& requester);
  /// Monitors a requester or an event subscriber. An actor that is both is monitored once.
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
  std::unordered_map<RequestId, Joined> joined_; ///< by the key of the relay
  std::map<std::uint64_t, Question> questions_;
  std::unordered_map<caf::actor_addr, std::size_t> requesters_;
  std::vector<Promise<Ack>> waiting_;  ///< callers that wait for the connection
  std::optional<std::size_t> primary_; ///< the node for requests about models and settings
  std::uint64_t losses_ = 0;           ///< invalidates older timers of `give_up_unless_connected`
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
            // If the node is shutting down, its loss fails the query.
            if (!is_farewell(error) && questions_.erase(key) > 0)
              done(failure(to_llm_error(error)));
          });
}

/// A running Gateway and its handles for callers.
struct GatewayHandles {
  gateway_internal root;
  GatewayFronts fronts;
};
[[nodiscard]] GatewayHandles spawn_gateway(caf::actor_system& system, GatewayOptions options);

} // namespace nexus::llm
