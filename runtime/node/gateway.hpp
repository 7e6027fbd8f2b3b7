#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/supervision/chance.hpp"
#include "actors/supervision/facades.hpp"
#include "actors/supervision/relay.hpp"
#include "messages/portability_network.hpp"
#include "runtime/node/gateway_interface.hpp"

namespace nexus::llm {

/// How a Gateway reaches its node.
struct GatewayOptions {
  /// Connects and asks who does what there; calls back once, on the thread of the actor.
  using Dial = std::function<void(gateway_internal::pointer, const Endpoint&,
                                  std::function<void(Result<NodeHello>)>)>;

  Endpoint node;
  /// How long requests wait for a node that is gone. Dialling goes on after that.
  std::chrono::milliseconds patience{30'000};
  std::chrono::milliseconds first_redial{100};
  std::chrono::milliseconds max_redial{5000};
  Dial dial;
  Chance chance = {};
};

/// The actors of this process that stand before a node's.
struct GatewayFacades {
  std::array<role_actor, all_roles.size()> roles;
  model_manager_facade models;
  config_facade config;
};

/// Gateway: stands for the RetrySupervisor of a node in this process, so that what callers hold
/// survives the node and the connection. Accepts the messages of `llm_service` and answers each
/// exactly once. Owns every request until its answer, a StreamRelay for each subscriber, and the
/// redialling, with growing pauses.
///
/// When the node is lost, requests wait for its return (up to `patience`) and are sent again,
/// unless something of their stream was passed on already: these end with `node_lost`. A requester
/// that dies has its requests cancelled on the node. When the Gateway dies, every caller gets
/// `shutting_down`, and the node cancels what it was at work on.
class Gateway {
public:
  using Base = gateway_internal::base;
  static constexpr const char* name = "Gateway";

  Gateway(gateway_internal::pointer self, GatewayOptions options,
          std::shared_ptr<GatewayFacades> facades);
  ~Gateway();

  [[nodiscard]] gateway_internal::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;
  using Millis = std::chrono::milliseconds;
  using Calls = Relay<llm_service>;

  /// A streamed request, by its id.
  struct Stream {
    enum class Stage : std::uint8_t {
      parked,   ///< waits for the node
      asked,    ///< the node is at work on it
      asking,   ///< the relay is asked whether it may begin anew
      answered, ///< the requester has its answer; the subscriber may still wait for the end
    };
    AIRole role = AIRole::overseer;
    LLMRequest request;
    stream_relay relay;
    Promise<LLMResponse> promise;
    caf::actor_addr requester;
    Stage stage = Stage::parked;
    std::uint64_t epoch = 0;
    std::optional<LLMResponse> response;
  };
  /// A subscriber that joined the stream of another.
  struct Joined {
    RequestId stream;
    stream_subscriber subscriber;
    stream_relay relay;
  };

  // The node.
  void dial();
  void on_connected(const NodeHello& hello);
  void on_dial_failed(const LLMError& error);
  void on_lost(const caf::error& reason);
  void give_up(const LLMError& error);
  void after(Millis wait, std::function<void()> job);

  // Requests.
  template <class T, class... Ts> Promise<T> pass(Ts... request);
  template <class T, class... Ts> Promise<T> pass_for(AIRole role, RequestId id, Ts... request);
  Promise<LLMResponse> submit(AIRole role, LLMRequest request);
  Promise<LLMResponse> submit(AIRole role, LLMRequest request, stream_subscriber subscriber);
  void send(const RequestId& id);
  void on_stream_answer(const RequestId& id, std::uint64_t epoch, Result<LLMResponse> answer);
  void restart(const RequestId& id, const LLMError& reason);
  void end_stream(const RequestId& id, LLMError error);
  Promise<Ack> subscribe(AIRole role, const RequestId& id, stream_subscriber subscriber);
  Promise<Ack> unsubscribe(AIRole role, const RequestId& id, const stream_subscriber& subscriber);
  Promise<bool> cancel(AIRole role, const RequestId& id);
  void on_relay_ended(const RequestId& key);
  [[nodiscard]] caf::actor_addr hold(const caf::strong_actor_ptr& requester);
  void forget_requester(const caf::actor_addr& requester);
  void on_requester_down(const caf::actor_addr& requester);
  [[nodiscard]] LLMError lost_error() const;

  gateway_internal::pointer self_;
  GatewayOptions options_;
  std::shared_ptr<GatewayFacades> facades_; ///< filled in before the message that begins all
  Watcher watcher_;
  llm_service service_; ///< null while there is no connection
  Calls calls_;
  std::map<RequestId, Stream> streams_;
  std::map<RequestId, Joined> joined_; ///< by a key of its own
  std::unordered_map<caf::actor_addr, std::size_t> requesters_;
  std::map<RequestId, AIRole> roles_; ///< of requests that can be cancelled
  std::vector<Promise<Ack>> waiting_; ///< for the first word from the node
  std::uint32_t failures_ = 0;        ///< to connect, one after the other
  std::uint64_t connection_ = 0;      ///< counts, to tell timers of one from those of the next
  std::optional<LLMError> given_up_;
  std::uint64_t last_epoch_ = 0;
  std::uint64_t last_joined_ = 0;
  std::unordered_map<std::uint64_t, std::function<void()>> jobs_;
  std::uint64_t last_job_ = 0;
};

/// A running Gateway and what callers need of it.
struct GatewayHandles {
  gateway_internal root;
  GatewayFacades facades;
};
[[nodiscard]] GatewayHandles spawn_gateway(caf::actor_system& system, GatewayOptions options);

/// Dials over CAF networking.
[[nodiscard]] GatewayOptions::Dial network_dial();

} // namespace nexus::llm
