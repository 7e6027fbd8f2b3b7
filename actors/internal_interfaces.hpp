#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/interfaces.hpp"

/// What the actors of this library say to each other, beside the public interfaces. Callers choose
/// the ids of their requests; among each other the components know a request by its run id, which
/// is never used twice.

namespace nexus::llm {

struct Components;
/// The components of a system at one time; for actors of this process.
using ComponentsPtr = std::shared_ptr<const Components>;

class ModelCatalogue;
/// The installed models as they were last listed, or null; for actors of this process.
using CataloguePtr = std::shared_ptr<const ModelCatalogue>;

struct OrphanedStream;
/// The stream of a request that has died; for actors of this process.
using OrphanedStreamPtr = std::shared_ptr<const OrphanedStream>;

/// What a RoleActor answers when a run may begin, or need not.
struct Admission {
  enum class Kind : std::uint8_t {
    run,    ///< a place is taken: send `request`
    cached, ///< `response` is the answer
    shared, ///< the request `leader` will have the answer
  };
  Kind kind = Kind::run;
  LLMRequest request; ///< completed from the settings of the role
  std::optional<LLMResponse> response = {};
  caf::strong_actor_ptr leader = {}; ///< a `request_actor`; stays in this process
  CataloguePtr catalogue = {}; ///< spares a question to the ModelManagerActor while it is fresh

  static constexpr std::string_view type_name = "Admission";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"kind", self.kind}, Field{"request", self.request},
                 Field{"response", self.response});
  }
};

/// The model that is to answer a request.
struct ResolvedModel {
  std::string name;
  std::string digest; ///< empty where it is not known

  static constexpr std::string_view type_name = "ResolvedModel";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"digest", self.digest});
  }
};

/// What a node tells a client that connects: who does what there.
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

/// The detail of a `shutting_down` that refuses a request before anything of it was done.
inline constexpr std::string_view node_drains = "the node takes no more requests";

/// What a node and its clients must agree on: raised whenever a message between them changes.
inline constexpr std::uint32_t node_protocol = 6;

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

namespace nexus::llm {

/// The OllamaClientActor, with what its own transport and timers send it.
using ollama_client_internal =
    caf::typed_actor<sig<void, transfer_atom>,
                     sig<void, tick_atom, std::uint64_t>>::extend_with<ollama_client_actor>;

/// Answers the digest of the content of a file.
using digest_actor = caf::typed_actor<sig<std::string, digest_atom, std::string>>;

/// Hears from the StreamingActor how its stream fares; a RequestActor. `run` is its run id.
using stream_owner = caf::typed_actor<
    /// Nobody listens to this stream any more.
    sig<void, abandoned_atom, RequestId>,
    /// Something of this attempt of a stream is being passed on.
    sig<void, seen_atom, RequestId, std::uint32_t>,
    /// This subscriber of a stream, who knows it by the second id, is gone: it has been sent its
    /// end, has left, or is dead.
    sig<void, release_atom, RequestId, RequestId, stream_subscriber>,
    /// Every subscriber of this stream has been sent its end; the session is gone.
    sig<void, release_atom, RequestId>>;

/// What requests and their supervisor tell the StreamingActor; pieces come as to any `chunk_sink`.
using streaming_actor = caf::typed_actor<
    /// Opens a stream for a run, with its `stream_owner`; its pieces bear the number of the
    /// attempt.
    sig<void, open_atom, RequestId, std::uint32_t, caf::strong_actor_ptr>,
    /// Adds a subscriber, who knows the stream by the second id.
    sig<Ack, subscribe_atom, RequestId, RequestId, stream_subscriber>,
    /// Removes a subscriber.
    sig<Ack, unsubscribe_atom, RequestId, RequestId, stream_subscriber>,
    /// The same, with this as its end.
    sig<Ack, unsubscribe_atom, RequestId, RequestId, stream_subscriber, LLMError>,
    /// Tells all subscribers how the request fares.
    sig<void, RequestId, RequestProgress>,
    /// Whether anything of the current attempt was passed on.
    sig<bool, seen_atom, RequestId>,
    /// The text so far.
    sig<std::string, partial_atom, RequestId>,
    /// A new attempt. Subscribers are told whether what they saw is void; the flag says that it is
    /// where the stream itself does not know.
    sig<void, restart_atom, RequestId, std::uint32_t, bool, LLMError>,
    /// The good end.
    sig<void, finish_atom, RequestId, LLMResponse>,
    /// The bad end.
    sig<void, finish_atom, RequestId, LLMError>,
    /// The system ends: every subscriber is told so, and the StreamingActor ends too.
    sig<void, finish_atom, LLMError>,
    /// Settings for the streams that follow.
    sig<void, update_config_atom, Limits>>::extend_with<chunk_sink>;

/// With what the StreamingActor sends to itself.
using streaming_internal = caf::typed_actor<sig<void, tick_atom>>::extend_with<streaming_actor>;

/// Hears from a RoleActor how its request fares in the queue; a RequestActor.
using role_owner = caf::typed_actor<sig<void, RequestProgress>>;

/// What requests and their supervisor tell a RoleActor. `LLMRequest::id` is the run id. After a
/// restart, a RoleActor expects one word (`admit`, `adopt` or `release`) from each request that it
/// was told of, and admits nobody before.
using role_actor = caf::typed_actor<
    /// The run of this number will ask to be admitted, or report that it need not be. None of a
    /// later number is admitted before, so that runs are admitted in the order in which they came.
    sig<void, announce_atom, RequestId, std::uint64_t>,
    /// Answered when the run may begin. Runs wait in the order of their numbers. One that was in
    /// the queue of a predecessor already (the flag) is not refused by this one. The last element
    /// is the `request_actor`.
    sig<Admission, admit_atom, LLMRequest, std::uint64_t, bool, caf::strong_actor_ptr>,
    /// The same for an embedding; these have places of their own.
    sig<Ack, admit_atom, RequestId, std::uint64_t, bool>,
    /// A run that was admitted before this RoleActor was started takes a place too.
    sig<void, adopt_atom, LLMRequest, caf::strong_actor_ptr>,
    /// The same for an embedding.
    sig<void, adopt_atom, RequestId>,
    /// A run has ended with this answer; its place is free.
    sig<void, release_atom, RequestId, LLMResponse>,
    /// A run has ended without an answer, or needs no admission any more.
    sig<void, release_atom, RequestId>,
    /// Where a run stands in the queue.
    sig<QueuePosition, position_atom, RequestId>,
    /// The installed models from now on; null where they are not known.
    sig<void, CataloguePtr>,
    /// Gauges; the HealthActor adds its figures.
    sig<RoleStats, stats_atom>,
    /// Settings for the requests that follow.
    sig<void, update_config_atom, LLMClientConfig>>;

/// What requests and their supervisor tell the ModelManagerActor.
using model_manager_actor = caf::typed_actor<
    /// The first model that may be used: the wanted one (empty: that of the role, then its
    /// fallbacks), without those excluded. The flag asks for a fresh list.
    sig<ResolvedModel, resolve_atom, AIRole, std::string, std::vector<std::string>, bool>,
    /// Unloads a model that gave not a byte in its time, unless it is still being loaded or was
    /// unloaded a moment ago; answers whether it did.
    sig<bool, heal_atom, ResolvedModel>,
    /// Whose RoleActors are to be told of the installed models.
    sig<void, ComponentsPtr>,
    /// Settings from now on.
    sig<void, update_config_atom, LLMClientConfig>>::extend_with<models_handle>;

/// Hears of new settings; the RetrySupervisor.
using config_owner = caf::typed_actor<sig<void, update_config_atom, LLMClientConfig>,
                                      /// What is wrong with the settings, a line for the log.
                                      sig<void, update_config_atom, std::string>>;

/// Hears how the way to Ollama fares; the RetrySupervisor.
using client_owner = caf::typed_actor<sig<void, circuit_atom, CircuitHealth>>;

/// What others tell the HealthActor.
using health_actor =
    caf::typed_actor<sig<void, SupervisionEvent>, sig<void, ComponentsPtr>,
                     sig<RoleStats, stats_atom, AIRole>>::extend_with<health_handle>;

/// One request under way.
using request_actor = caf::typed_actor<
    /// The request itself, once, from its requester.
    sig<LLMResponse, submit_atom, AIRole, LLMRequest>,
    sig<LLMResponse, submit_atom, AIRole, LLMRequest, stream_subscriber>,
    sig<EmbedResponse, embed_atom, AIRole, EmbedRequest>,
    /// Ends it; its requester gets `cancelled`. False where it has ended.
    sig<bool, cancel_atom>,
    /// Ends it without an end for its own subscriber, which goes on with the same request sent
    /// again.
    sig<void, replace_atom>, sig<QueuePosition, position_atom>,
    /// Adds a subscriber, who knows the stream by this id.
    sig<Ack, subscribe_atom, RequestId, stream_subscriber>,
    sig<Ack, unsubscribe_atom, RequestId, stream_subscriber>,
    /// The answer of this request for another one, of this id and with these subscribers, that is
    /// the same. Errors: `unknown_request` where this one has ended, `too_many_subscribers` where
    /// its stream has no room, `queue_full` where too many share it.
    /// The first id is the run id of the other one, the second that by which its subscribers know
    /// the stream. It is told when it is taken (`follow_atom`).
    sig<LLMResponse, follow_atom, RequestId, RequestId, std::vector<stream_subscriber>>,
    sig<void, follow_atom>,
    /// That other request has ended with this error; answers whether it was a follower, whose
    /// subscribers are told their end then.
    sig<bool, unfollow_atom, RequestId, RequestId, LLMError>,
    /// The components as they are from now on.
    sig<void, ComponentsPtr>,
    /// The system ends; the flag says whether a StreamingActor is there to tell subscribers.
    sig<void, finish_atom, LLMError, bool>,
    sig<void, tick_atom, std::uint64_t>>::extend_with<stream_owner>::extend_with<role_owner>;

/// Everything that is done for the roles, by whoever does it: the RetrySupervisor of this process,
/// or the way to that of another one.
using llm_service = caf::typed_actor<
    sig<LLMResponse, submit_atom, AIRole, LLMRequest>,
    sig<LLMResponse, submit_atom, AIRole, LLMRequest, stream_subscriber>,
    sig<BatchResponse, batch_atom, AIRole, std::vector<std::string>, GenerateOptions>,
    sig<EmbedResponse, embed_atom, AIRole, EmbedRequest>, sig<bool, cancel_atom, AIRole, RequestId>,
    sig<QueuePosition, position_atom, AIRole, RequestId>,
    sig<Ack, subscribe_atom, AIRole, RequestId, stream_subscriber>,
    sig<Ack, unsubscribe_atom, AIRole, RequestId, stream_subscriber>,
    sig<RoleStats, stats_atom, AIRole>>::extend_with<health_handle>;

/// The RetrySupervisor.
using supervisor_actor = caf::typed_actor<
    /// The component of this name, or the request of this id, for tests that end it.
    sig<caf::strong_actor_ptr, component_atom, std::string>,
    /// Requests from other machines are refused with `shutting_down` from now on.
    sig<void, finish_atom>>::extend_with<llm_service>;

/// Hears from a request; the RetrySupervisor.
using request_owner = caf::typed_actor<
    /// The request of this number is about to be answered: its id is free.
    sig<void, release_atom, std::uint64_t>,
    /// A request that dies has told its stream the end, which may get lost with the StreamingActor.
    sig<void, OrphanedStreamPtr>>;

/// With what its children and timers send to it.
using supervisor_internal =
    caf::typed_actor<sig<void, open_atom>,
                     /// A component is due to be started.
                     sig<void, restart_atom, std::uint64_t>>::extend_with<request_owner>::
        extend_with<config_owner>::extend_with<client_owner>::extend_with<supervisor_actor>;

/// What a node publishes. The client says which protocol it speaks.
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
