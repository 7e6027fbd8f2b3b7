// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "nexus_llm/ack.hpp"
#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/model_status.hpp"
#include "nexus_llm/model_transfer.hpp"
#include "nexus_llm/portability.hpp"
#include "nexus_llm/stream_messages.hpp"

/// The typed interfaces of all public actors, their atoms and type IDs. `sig<Result, Inputs...>` is
/// the signature of one handler: what it returns, and the message that it takes. `docs/messages.md`
/// documents the sender, the response and the errors of each message.

CAF_BEGIN_TYPE_ID_BLOCK(nexus_llm, caf::first_custom_type_id + 1000)

CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::AIRole))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Ack))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ErrorCode))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LLMError))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RequestId))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Tool))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ToolCall))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ChatMessage))
CAF_ADD_TYPE_ID(nexus_llm, (std::vector<nexus::llm::ChatMessage>))
CAF_ADD_TYPE_ID(nexus_llm, (std::vector<std::string>))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Priority))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RequestKind))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::GenerateOptions))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LLMRequest))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::EmbedRequest))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::GenerateStats))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Provenance))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LLMResponse))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::BatchItem))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::BatchResponse))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::EmbedResponse))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LLMStreamChunk))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::StreamError))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Phase))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RequestProgress))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::StreamBatch))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::PullProgress))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ModelConfig))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ModelStatus))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ModelList))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RunningModel))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RunningModels))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ModelDetails))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::QueuePosition))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RoleStats))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ComponentHealth))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Circuit))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::CircuitHealth))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Health))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::StreamRecovery))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RoleSettings))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Limits))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::CacheSettings))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RestartSettings))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::CircuitSettings))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::NodeSettings))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LLMClientConfig))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::TokenAlternative))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::TokenLogprob))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ModelTransfer))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LoadRequest))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::ModelFile))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::CreateRequest))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::SupervisionEvent::Kind))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::SupervisionEvent))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::KeepAlive))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::LogSettings))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::Task))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RunningRequest))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::RunningRequests))

CAF_ADD_ATOM(nexus_llm, nexus::llm, generate_atom, "generate")
CAF_ADD_ATOM(nexus_llm, nexus::llm, generate_streaming_atom, "gen_stream")
CAF_ADD_ATOM(nexus_llm, nexus::llm, chat_atom, "chat")
CAF_ADD_ATOM(nexus_llm, nexus::llm, chat_streaming_atom, "chatstream")
CAF_ADD_ATOM(nexus_llm, nexus::llm, batch_atom, "batch")
CAF_ADD_ATOM(nexus_llm, nexus::llm, embed_atom, "embed")
CAF_ADD_ATOM(nexus_llm, nexus::llm, cancel_atom, "cancel")
CAF_ADD_ATOM(nexus_llm, nexus::llm, position_atom, "position")
CAF_ADD_ATOM(nexus_llm, nexus::llm, subscribe_atom, "subscribe")
CAF_ADD_ATOM(nexus_llm, nexus::llm, unsubscribe_atom, "unsubscrib")
CAF_ADD_ATOM(nexus_llm, nexus::llm, stats_atom, "stats")
CAF_ADD_ATOM(nexus_llm, nexus::llm, health_atom, "health")
CAF_ADD_ATOM(nexus_llm, nexus::llm, circuit_atom, "circuit")
CAF_ADD_ATOM(nexus_llm, nexus::llm, get_model_for_role_atom, "getmodel")
CAF_ADD_ATOM(nexus_llm, nexus::llm, set_model_for_role_atom, "setmodel")
CAF_ADD_ATOM(nexus_llm, nexus::llm, check_model_atom, "check")
CAF_ADD_ATOM(nexus_llm, nexus::llm, list_models_atom, "list")
CAF_ADD_ATOM(nexus_llm, nexus::llm, show_model_atom, "show")
CAF_ADD_ATOM(nexus_llm, nexus::llm, running_models_atom, "running")
CAF_ADD_ATOM(nexus_llm, nexus::llm, load_model_atom, "load")
CAF_ADD_ATOM(nexus_llm, nexus::llm, unload_model_atom, "unload")
CAF_ADD_ATOM(nexus_llm, nexus::llm, pull_model_atom, "pull")
CAF_ADD_ATOM(nexus_llm, nexus::llm, delete_model_atom, "delete")
CAF_ADD_ATOM(nexus_llm, nexus::llm, copy_model_atom, "copy")
CAF_ADD_ATOM(nexus_llm, nexus::llm, version_atom, "version")
CAF_ADD_ATOM(nexus_llm, nexus::llm, push_model_atom, "push")
CAF_ADD_ATOM(nexus_llm, nexus::llm, create_model_atom, "create")
CAF_ADD_ATOM(nexus_llm, nexus::llm, upload_blob_atom, "blob")
CAF_ADD_ATOM(nexus_llm, nexus::llm, get_config_atom, "getconfig")
CAF_ADD_ATOM(nexus_llm, nexus::llm, save_config_atom, "saveconfig")
CAF_ADD_ATOM(nexus_llm, nexus::llm, update_config_atom, "updconfig")
CAF_ADD_ATOM(nexus_llm, nexus::llm, reload_config_atom, "reloadconf")
CAF_ADD_ATOM(nexus_llm, nexus::llm, requests_atom, "requests")

namespace nexus::llm {

/// Receives the chunks of a stream. Each response to a chunk returns one credit. While a subscriber
/// has no credit, further chunks are merged into one larger chunk.
using stream_subscriber = caf::typed_actor<
    /// A chunk of the response; the last one has `done` set and ends the stream.
    sig<void, LLMStreamChunk>,
    /// Reports the failure of the stream and ends it.
    sig<void, StreamError>,
    /// Reports the phase of the request.
    sig<void, RequestProgress>>;

/// Internal: receives the chunks of a stream as they arrive from the socket. The StreamingActor
/// implements it.
using chunk_sink = caf::typed_actor<sig<void, StreamBatch>>;

/// Receives the progress of a transfer or of the creation of a model. While one report is in
/// flight, only the latest of the following reports is kept.
using pull_subscriber = caf::typed_actor<sig<void, PullProgress>>;

/// The interface of an AI role. Handles remain valid across restarts of the components that
/// implement the role. Every request gets exactly one response: a result, or an error that
/// `to_llm_error` converts to an `LLMError`.
using role_handle = caf::typed_actor<
    /// Returns the complete response to a prompt, using the settings of the role.
    sig<LLMResponse, generate_atom, std::string>,
    /// As above, with options.
    sig<LLMResponse, generate_atom, std::string, GenerateOptions>,
    /// Sends chunks to the subscriber and returns the accumulated response to the requester.
    sig<LLMResponse, generate_streaming_atom, std::string, GenerateOptions, stream_subscriber>,
    /// Returns the complete response to a conversation.
    sig<LLMResponse, chat_atom, std::vector<ChatMessage>, GenerateOptions>,
    /// Sends chunks to the subscriber and returns the accumulated response to the requester.
    sig<LLMResponse, chat_streaming_atom, std::vector<ChatMessage>, GenerateOptions,
        stream_subscriber>,
    /// Returns the responses to several prompts, in the same order. Each prompt fails on its own.
    sig<BatchResponse, batch_atom, std::vector<std::string>, GenerateOptions>,
    /// Returns one embedding vector per text.
    sig<EmbedResponse, embed_atom, EmbedRequest>,
    /// Cancels a request; its requester gets `cancelled`. Returns false if there is no such
    /// request.
    sig<bool, cancel_atom, RequestId>,
    /// Returns the position of a request in the queue.
    sig<QueuePosition, position_atom, RequestId>,
    /// Subscribes to a live stream. The first chunk contains the text so far.
    sig<Ack, subscribe_atom, RequestId, stream_subscriber>,
    /// Unsubscribes from a live stream.
    sig<Ack, unsubscribe_atom, RequestId, stream_subscriber>,
    /// Returns the counters of the role.
    sig<RoleStats, stats_atom>,
    /// Returns the requests of the role that are not answered yet, of all callers.
    sig<RunningRequests, requests_atom>>;

/// Manages the models of the local Ollama and their assignment to roles.
using models_handle = caf::typed_actor<
    /// Returns the configured model of a role.
    sig<std::string, get_model_for_role_atom, AIRole>,
    /// Assigns a model to a role, starting with the next request, and saves the assignment.
    sig<ModelConfig, set_model_for_role_atom, AIRole, std::string>,
    /// Returns whether a model is installed.
    sig<bool, check_model_atom, std::string>,
    /// Queries Ollama for the installed models.
    sig<ModelList, list_models_atom>,
    /// Returns details of a model.
    sig<ModelDetails, show_model_atom, std::string>,
    /// Returns the models that are loaded into memory.
    sig<RunningModels, running_models_atom>,
    /// Loads a model into memory, using the same options as requests to it, and keeps it loaded for
    /// the given time. If unset, the settings decide, then Ollama.
    sig<Ack, load_model_atom, std::string, KeepAlive>,
    /// As above, with an ID for cancelling the load.
    sig<Ack, load_model_atom, RequestId, std::string, KeepAlive>,
    /// Unloads a model from memory.
    sig<Ack, unload_model_atom, std::string>,
    /// Downloads a model and reports the progress to the subscriber. Responds when complete.
    sig<Ack, pull_model_atom, std::string, pull_subscriber>,
    /// As above, with options.
    sig<Ack, pull_model_atom, ModelTransfer, pull_subscriber>,
    /// Uploads a model to its registry.
    sig<Ack, push_model_atom, ModelTransfer, pull_subscriber>,
    /// Creates a model from the parts of a Modelfile.
    sig<Ack, create_model_atom, CreateRequest, pull_subscriber>,
    /// Uploads a local file to Ollama for creating a model and returns its digest. Only for callers
    /// in the same process or node.
    sig<std::string, upload_blob_atom, std::string>,
    /// Deletes a model from disk.
    sig<Ack, delete_model_atom, std::string>,
    /// Copies a model to a second name.
    sig<Ack, copy_model_atom, std::string, std::string>,
    /// Cancels the load, download, upload or creation with this ID; its requester gets `cancelled`.
    /// Returns false if there is none.
    sig<bool, cancel_atom, RequestId>,
    /// Returns the version of Ollama.
    sig<std::string, version_atom>>;

/// Internal: the model management part of the Ollama API, one HTTP exchange per message.
using ollama_models_actor = caf::typed_actor<
    sig<ModelList, list_models_atom>, sig<bool, check_model_atom, std::string>,
    sig<ModelDetails, show_model_atom, std::string>, sig<RunningModels, running_models_atom>,
    sig<Ack, load_model_atom, LoadRequest>, sig<Ack, unload_model_atom, std::string>,
    sig<Ack, pull_model_atom, ModelTransfer, pull_subscriber>,
    sig<Ack, push_model_atom, ModelTransfer, pull_subscriber>,
    sig<Ack, create_model_atom, CreateRequest, pull_subscriber>,
    sig<std::string, upload_blob_atom, std::string>, sig<Ack, delete_model_atom, std::string>,
    sig<Ack, copy_model_atom, std::string, std::string>,
    /// Cancels all HTTP exchanges of a request; its requesters get `cancelled`.
    sig<bool, cancel_atom, RequestId>, sig<std::string, version_atom>>;

/// Internal: the complete Ollama API, without retries and fallback models.
using ollama_client_actor = caf::typed_actor<
    sig<LLMResponse, generate_atom, LLMRequest>,
    sig<LLMResponse, generate_streaming_atom, LLMRequest, chunk_sink>,
    sig<LLMResponse, chat_atom, LLMRequest>,
    sig<LLMResponse, chat_streaming_atom, LLMRequest, chunk_sink>,
    sig<EmbedResponse, embed_atom, EmbedRequest>,
    /// Returns the state of the circuit breaker.
    sig<CircuitHealth, circuit_atom>,
    /// Applies new settings to subsequent HTTP exchanges.
    sig<Ack, update_config_atom, LLMClientConfig>>::extend_with<ollama_models_actor>;

/// The settings of the running system. The active settings change through these messages, and when
/// another program changes the watched file.
using settings_handle =
    caf::typed_actor<sig<LLMClientConfig, get_config_atom>,
                     /// Replaces the active settings and saves them to disk.
                     sig<LLMClientConfig, save_config_atom, LLMClientConfig>,
                     /// Applies a JSON merge patch to the `llm` section.
                     sig<LLMClientConfig, update_config_atom, std::string>,
                     /// Reloads the settings from the file without writing to it.
                     sig<LLMClientConfig, reload_config_atom>>;

/// Receives the events of the supervision.
using supervision_subscriber = caf::typed_actor<sig<void, SupervisionEvent>>;

/// Reports the state of the entire system.
using health_handle =
    caf::typed_actor<sig<Health, health_atom>,
                     /// Sends all following events to a subscriber until it unsubscribes or ends.
                     sig<Ack, subscribe_atom, supervision_subscriber>,
                     sig<Ack, unsubscribe_atom, supervision_subscriber>>;

} // namespace nexus::llm

CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::stream_subscriber))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::chunk_sink))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::pull_subscriber))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::supervision_subscriber))

CAF_END_TYPE_ID_BLOCK(nexus_llm)
