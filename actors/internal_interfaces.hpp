// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/interfaces.hpp"

/// The messages between the actors of this library, beside the public interfaces. Callers choose
/// the ids of their requests; the components identify a request by its run id, which is never
/// reused.

namespace nexus::llm {

struct Components;
/// A snapshot of the components of a system; for actors of this process.
using ComponentsPtr = std::shared_ptr<const Components>;

class ModelCatalogue;
/// The installed models as last listed by Ollama, or null; for actors of this process.
using CataloguePtr = std::shared_ptr<const ModelCatalogue>;

struct OrphanedStream;
/// The stream of a request that has died; for actors of this process.
using OrphanedStreamPtr = std::shared_ptr<const OrphanedStream>;

/// The reply of a RoleActor when a run may begin or need not.
struct Admission {
  enum class Kind : std::uint8_t {
    run,    ///< the run holds a slot: send `request`
    cached, ///< `response` is the cached response
    shared, ///< follow the request `leader`, which will get the response
  };
  Kind kind = Kind::run;
  LLMRequest request; ///< completed from the settings of the role
  std::optional<LLMResponse> response = {};
  caf::strong_actor_ptr leader = {}; ///< a `request_actor`; stays in this process
  CataloguePtr catalogue = {};       ///< saves a query to the ModelManagerActor while it is fresh

  static constexpr std::string_view type_name = "Admission";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"kind", self.kind}, Field{"request", self.request},
                 Field{"response", self.response});
  }
};

/// The model that serves a request.
struct ResolvedModel {
  std::string name;
  std::string digest; ///< empty if unknown

  static constexpr std::string_view type_name = "ResolvedModel";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"digest", self.digest});
  }
};

/// The reply of a node to a client that connects: its actors, limits and roles.
struct NodeHello {
  std::uint32_t protocol = 0;
  std::string version;            ///< of the program, for people
  caf::strong_actor_ptr service;  ///< an `llm_service`
  caf::strong_actor_ptr models;   ///< a `models_handle`
  caf::strong_actor_ptr config;   ///< a `settings_handle`
  Limits limits;                  ///< in force there
  std::vector<std::string> roles; ///< the names of its roles, in their order

  static constexpr std::string_view type_name = "NodeHello";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"protocol", self.protocol}, Field{"version", self.version},
                 Field{"service", self.service}, Field{"models", self.models},
                 Field{"config", self.config}, Field{"limits", self.limits},
                 Field{"roles", self.roles});
  }
};

/// The detail of a `shutting_down` error that rejects a request before any work on it has begun.
inline constexpr std::string_view node_drains = "the node takes no more requests";

/// The version of the protocol between a node and its clients: increased whenever a message between
/// them changes.
inline constexpr std::uint32_t node_protocol = 8;

[[nodiscard]] constexpr Admission::Kind last_of(Admission::Kind) noexcept {
  return Admission::Kind::shared;
}

[[nodiscard]] constexpr std::string_view to_string(Admission::Kind kind) noexcept {
  constexpr std::string_view names[] = {"run", "cached", "shared"};
  return names[static_cast<std::size_t>(kind)];
}

} // namespace nexus::llm

CAF_BEGIN_TYPE_ID_BLOCK(nexus_llm_internal, caf::id_block::nexus_llm::end)

CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::Admission))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::NodeHello))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::ResolvedModel))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::ComponentsPtr))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::CataloguePtr))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::OrphanedStreamPtr))
CAF_ADD_TYPE_ID(nexus_llm_internal, (std::vector<nexus::llm::stream_subscriber>))

CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, transfer_atom, "transfer")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, tick_atom, "tick")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, submit_atom, "submit")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, admit_atom, "admit")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, announce_atom, "announce")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, adopt_atom, "adopt")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, release_atom, "release")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, open_atom, "open")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, finish_atom, "finish")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, restart_atom, "restart")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, abandoned_atom, "abandoned")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, resolve_atom, "resolve")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, seen_atom, "seen")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, component_atom, "component")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, hello_atom, "hello")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, digest_atom, "digest")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, heal_atom, "heal")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, partial_atom, "partial")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, follow_atom, "follow")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, unfollow_atom, "unfollow")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, replace_atom, "replace")
CAF_ADD_ATOM(nexus_llm_internal, nexus::llm, gone_atom, "gone")

namespace nexus::llm {

/// The OllamaClientActor, with the messages of its own transport and timers.
using ollama_client_internal =
    caf::typed_actor<sig<void, transfer_atom>,
                     sig<void, tick_atom, std::uint64_t>>::extend_with<ollama_client_actor>;

/// Computes the digest of the content of a file.
using digest_actor = caf::typed_actor<sig<std::string, digest_atom, std::string>>;

/// Receives the notifications of the StreamingActor about a stream; a RequestActor. `run` is its
/// run id.
using stream_owner = caf::typed_actor<
    /// This stream has no subscribers left.
    sig<void, abandoned_atom, RequestId>,
    /// The first chunk of this attempt of a stream is being passed on.
    sig<void, seen_atom, RequestId, std::uint32_t>,
    /// This subscriber of a stream, which knows it by the second id, is gone: it was sent its final
    /// message, has unsubscribed, or is dead.
    sig<void, release_atom, RequestId, RequestId, stream_subscriber>,
    /// Every subscriber of this stream was sent its final message; the session is removed.
    sig<void, release_atom, RequestId>>;

/// What requests and their supervisor send to the StreamingActor. Chunks arrive as at any
/// `chunk_sink`.
using streaming_actor = caf::typed_actor<
    /// Opens a stream for a run, with its `stream_owner`. Chunks carry the number of the attempt.
    sig<void, open_atom, RequestId, std::uint32_t, caf::strong_actor_ptr>,
    /// Adds a subscriber, which knows the stream by the second id.
    sig<Ack, subscribe_atom, RequestId, RequestId, stream_subscriber>,
    /// Removes a subscriber.
    sig<Ack, unsubscribe_atom, RequestId, RequestId, stream_subscriber>,
    /// The same, with this error as its final message.
    sig<Ack, unsubscribe_atom, RequestId, RequestId, stream_subscriber, LLMError>,
    /// Sends all subscribers the progress of the request.
    sig<void, RequestId, RequestProgress>,
    /// Whether any chunk of the current attempt was passed on.
    sig<bool, seen_atom, RequestId>,
    /// The text so far.
    sig<std::string, partial_atom, RequestId>,
    /// Begins a new attempt. Subscribers are told whether what they saw is invalid; the flag says
    /// so if the stream itself does not know.
    sig<void, restart_atom, RequestId, std::uint32_t, bool, LLMError>,
    /// Ends the stream with a response.
    sig<void, finish_atom, RequestId, LLMResponse>,
    /// Ends the stream with an error.
    sig<void, finish_atom, RequestId, LLMError>,
    /// The system shuts down: every subscriber gets this error, and the StreamingActor terminates.
    sig<void, finish_atom, LLMError>,
    /// Sets the limits.
    sig<void, update_config_atom, Limits>>::extend_with<chunk_sink>;

/// The StreamingActor, with the messages of its own timer.
using streaming_internal = caf::typed_actor<sig<void, tick_atom>>::extend_with<streaming_actor>;

/// Receives the progress of a run in the queue of a RoleActor; a RequestActor.
using role_owner = caf::typed_actor<sig<void, RequestProgress>>;

/// What requests and their supervisor send to a RoleActor. `LLMRequest::id` is the run id. After a
/// restart, a RoleActor expects one report (`admit`, `adopt` or `release`) from each request that
/// it was told of, and admits no run before.
using role_actor = caf::typed_actor<
    /// The run of this number will ask to be admitted, or report that it need not be. No run of a
    /// higher number is admitted before that, so that runs are admitted in the order of arrival.
    sig<void, announce_atom, RequestId, std::uint64_t>,
    /// Replies when the run may begin. Runs wait in the order of their numbers. The flag says that
    /// the run was in the queue of a predecessor: then it is not rejected. The last element is the
    /// `request_actor`.
    sig<Admission, admit_atom, LLMRequest, std::uint64_t, bool, caf::strong_actor_ptr>,
    /// The same for an embedding; embeddings have slots of their own.
    sig<Ack, admit_atom, RequestId, std::uint64_t, bool>,
    /// A run that was admitted before this RoleActor was started takes a slot, too.
    sig<void, adopt_atom, LLMRequest, caf::strong_actor_ptr>,
    /// The same for an embedding.
    sig<void, adopt_atom, RequestId>,
    /// A run has ended with this response and releases its slot.
    sig<void, release_atom, RequestId, LLMResponse>,
    /// A run has ended without a response, or no longer needs to be admitted.
    sig<void, release_atom, RequestId>,
    /// The position of a run in the queue.
    sig<QueuePosition, position_atom, RequestId>,
    /// Sets the installed models; null if unknown.
    sig<void, CataloguePtr>,
    /// The current gauges; the HealthActor combines them with its figures.
    sig<RoleStats, stats_atom>,
    /// Sets the settings for the requests that follow.
    sig<void, update_config_atom, LLMClientConfig>>;

/// What requests and their supervisor send to the ModelManagerActor.
using model_manager_actor = caf::typed_actor<
    /// The first model that may be used: the wanted one (if empty: the model of the role, then its
    /// fallbacks), without the excluded ones. The flag requests a fresh list.
    sig<ResolvedModel, resolve_atom, AIRole, std::string, std::vector<std::string>, bool>,
    /// Unloads a model that sent no byte in time, unless it is still loading or this was tried
    /// within the last `timeout`. Returns whether the model was unloaded.
    sig<bool, heal_atom, ResolvedModel>,
    /// The components whose RoleActors are notified of the installed models.
    sig<void, ComponentsPtr>,
    /// Sets the settings.
    sig<void, update_config_atom, LLMClientConfig>>::extend_with<models_handle>;

/// Is notified of new settings; the RetrySupervisor.
using config_owner = caf::typed_actor<sig<void, update_config_atom, LLMClientConfig>,
                                      /// A problem with the settings, as a line for the log.
                                      sig<void, update_config_atom, std::string>>;

/// Is notified when the circuit opens or closes; the RetrySupervisor.
using client_owner = caf::typed_actor<sig<void, circuit_atom, CircuitHealth>>;

/// What other actors send to the HealthActor.
using health_actor =
    caf::typed_actor<sig<void, SupervisionEvent>, sig<void, ComponentsPtr>,
                     sig<RoleStats, stats_atom, AIRole>>::extend_with<health_handle>;

/// A request in progress.
using request_actor = caf::typed_actor<
    /// The request itself, sent once by its requester.
    sig<LLMResponse, submit_atom, AIRole, LLMRequest>,
    sig<LLMResponse, submit_atom, AIRole, LLMRequest, stream_subscriber>,
    sig<EmbedResponse, embed_atom, AIRole, EmbedRequest>,
    /// Cancels the request: its requester gets `cancelled`, and the work ends unless followers want
    /// the response. Returns false if the requester was answered already.
    sig<bool, cancel_atom>,
    /// Cancels the request without a final message for its own subscriber, which continues with the
    /// same request sent again.
    sig<void, replace_atom>,
    /// Its requester is dead.
    sig<void, gone_atom>, sig<QueuePosition, position_atom>,
    /// Its current state; fails with `unknown_request` if it is answered.
    sig<RunningRequest, requests_atom>,
    /// Adds a subscriber, which knows the stream by this id.
    sig<Ack, subscribe_atom, RequestId, stream_subscriber>,
    sig<Ack, unsubscribe_atom, RequestId, stream_subscriber>,
    /// Makes an identical request a follower: replies with the response of this request. The first
    /// id is the run id of the follower, the second the one by which the subscribers of the
    /// follower know the stream. The follower is sent `follow_atom` once it is accepted.
    /// Errors: `unknown_request` if this request has ended, `too_many_subscribers` if its stream
    /// has no room, `queue_full` if it has too many followers.
    sig<LLMResponse, follow_atom, RequestId, RequestId, std::vector<stream_subscriber>>,
    sig<void, follow_atom>,
    /// A follower has ended with this error. Returns whether it was a follower; if so, its
    /// subscribers get the error as their final message.
    sig<bool, unfollow_atom, RequestId, RequestId, LLMError>,
    /// Sets the components.
    sig<void, ComponentsPtr>,
    /// The system shuts down; the flag says whether a StreamingActor is alive to notify
    /// subscribers.
    sig<void, finish_atom, LLMError, bool>,
    sig<void, tick_atom, std::uint64_t>>::extend_with<stream_owner>::extend_with<role_owner>;

/// Serves the requests of all roles: the RetrySupervisor of this process, or a proxy for the one of
/// a node.
using llm_service = caf::typed_actor<
    sig<LLMResponse, submit_atom, AIRole, LLMRequest>,
    sig<LLMResponse, submit_atom, AIRole, LLMRequest, stream_subscriber>,
    sig<BatchResponse, batch_atom, AIRole, std::vector<std::string>, GenerateOptions>,
    sig<EmbedResponse, embed_atom, AIRole, EmbedRequest>, sig<bool, cancel_atom, AIRole, RequestId>,
    sig<QueuePosition, position_atom, AIRole, RequestId>,
    sig<Ack, subscribe_atom, AIRole, RequestId, stream_subscriber>,
    sig<Ack, unsubscribe_atom, AIRole, RequestId, stream_subscriber>,
    sig<RoleStats, stats_atom, AIRole>,
    sig<RunningRequests, requests_atom, AIRole>>::extend_with<health_handle>;

/// The public interface of the RetrySupervisor.
using supervisor_actor = caf::typed_actor<
    /// The component of this name, or the request of this id; for tests that terminate it.
    sig<caf::strong_actor_ptr, component_atom, std::string>,
    /// From now on, requests of other machines fail with `shutting_down`.
    sig<void, finish_atom>>::extend_with<llm_service>;

/// Receives the notifications of a request; the RetrySupervisor.
using request_owner = caf::typed_actor<
    /// The request of this number is about to be answered: its id may be reused.
    sig<void, release_atom, std::uint64_t>,
    /// A request has died. It has ended its stream, but that message may get lost with the
    /// StreamingActor.
    sig<void, OrphanedStreamPtr>>;

/// The RetrySupervisor, with the messages of its children and timers.
using supervisor_internal =
    caf::typed_actor<sig<void, open_atom>,
                     /// A component is due to be started.
                     sig<void, restart_atom, std::uint64_t>>::extend_with<request_owner>::
        extend_with<config_owner>::extend_with<client_owner>::extend_with<supervisor_actor>;

/// The actor that a node publishes. The client sends the protocol version that it speaks.
using node_actor = caf::typed_actor<sig<NodeHello, hello_atom, std::uint32_t>>;

} // namespace nexus::llm

CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::ollama_models_actor))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::models_handle))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::settings_handle))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::health_handle))
CAF_ADD_TYPE_ID(nexus_llm_internal, (nexus::llm::llm_service))

CAF_END_TYPE_ID_BLOCK(nexus_llm_internal)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::llm::ComponentsPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::llm::CataloguePtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nexus::llm::OrphanedStreamPtr)
