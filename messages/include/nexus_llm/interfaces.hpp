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

/// The typed interfaces of all actors that others talk to, their atoms and type ids.
/// `docs/messages.md` tells who sends what, what answers it, and which errors can come.

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

namespace nexus::llm {

/// Listens to a stream. The answer to each chunk gives back the credit that the chunk took: a
/// subscriber that is slow to answer gets what came meanwhile as one longer chunk.
using stream_subscriber = caf::typed_actor<
    /// A piece of the answer; the last one has `done` set and ends the stream.
    sig<void, LLMStreamChunk>,
    /// The stream failed; ends the stream.
    sig<void, StreamError>,
    /// Where the request stands.
    sig<void, RequestProgress>>;

/// Takes the pieces of a stream as they come from the socket (the StreamingActor is one).
using chunk_sink = caf::typed_actor<sig<void, StreamBatch>>;

/// Listens to a transfer or the making of a model. While one report is unanswered, newer ones
/// replace each other.
using pull_subscriber = caf::typed_actor<sig<void, PullProgress>>;

/// What an AI role offers. Handles stay valid across restarts of everything behind them. Every
/// request gets exactly one answer, an `LLMError` where it fails.
using role_handle = caf::typed_actor<
    /// A complete answer to a prompt, with the role's settings.
    sig<LLMResponse, generate_atom, std::string>,
    /// The same with options.
    sig<LLMResponse, generate_atom, std::string, GenerateOptions>,
    /// Chunks to the subscriber; the accumulated answer to the requester.
    sig<LLMResponse, generate_streaming_atom, std::string, GenerateOptions, stream_subscriber>,
    /// A complete answer in a conversation.
    sig<LLMResponse, chat_atom, std::vector<ChatMessage>, GenerateOptions>,
    /// Chunks to the subscriber; the accumulated answer to the requester.
    sig<LLMResponse, chat_streaming_atom, std::vector<ChatMessage>, GenerateOptions,
        stream_subscriber>,
    /// Answers to several prompts, in their order. One that fails does not fail the others.
    sig<BatchResponse, batch_atom, std::vector<std::string>, GenerateOptions>,
    /// A vector for each text.
    sig<EmbedResponse, embed_atom, EmbedRequest>,
    /// Ends a request; its requester gets `cancelled`. False where there is no such request.
    sig<bool, cancel_atom, RequestId>,
    /// Where a request stands in the queue.
    sig<QueuePosition, position_atom, RequestId>,
    /// Joins a live stream: the text so far comes as the first chunk.
    sig<Ack, subscribe_atom, RequestId, stream_subscriber>,
    /// Leaves a live stream.
    sig<Ack, unsubscribe_atom, RequestId, stream_subscriber>,
    /// Figures of the role.
    sig<RoleStats, stats_atom>>;

/// The models of the local Ollama and which of them serve the roles.
using models_handle = caf::typed_actor<
    /// The configured model of a role.
    sig<std::string, get_model_for_role_atom, AIRole>,
    /// Makes a model serve a role from the next request on, and saves that.
    sig<ModelConfig, set_model_for_role_atom, AIRole, std::string>,
    /// Whether a model is installed.
    sig<bool, check_model_atom, std::string>,
    /// The installed models, read anew.
    sig<ModelList, list_models_atom>,
    /// Details of a model.
    sig<ModelDetails, show_model_atom, std::string>,
    /// The models in memory.
    sig<RunningModels, running_models_atom>,
    /// Brings a model into memory, with the values that requests to it carry, and keeps it there
    /// for a time (not set: that of the settings, else Ollama's default).
    sig<Ack, load_model_atom, std::string, KeepAlive>,
    /// The same with an id to cancel it by.
    sig<Ack, load_model_atom, RequestId, std::string, KeepAlive>,
    /// Frees the memory of a model.
    sig<Ack, unload_model_atom, std::string>,
    /// Downloads a model; progress goes to the subscriber. Ends when the model is complete.
    sig<Ack, pull_model_atom, std::string, pull_subscriber>,
    /// The same with options.
    sig<Ack, pull_model_atom, ModelTransfer, pull_subscriber>,
    /// Sends a model to its registry.
    sig<Ack, push_model_atom, ModelTransfer, pull_subscriber>,
    /// Makes a model from the parts of a Modelfile.
    sig<Ack, create_model_atom, CreateRequest, pull_subscriber>,
    /// Gives Ollama the content of a file on this machine, to make a model from; answers its
    /// digest. Not for other machines.
    sig<std::string, upload_blob_atom, std::string>,
    /// Removes a model from the disk.
    sig<Ack, delete_model_atom, std::string>,
    /// Gives a model a second name.
    sig<Ack, copy_model_atom, std::string, std::string>,
    /// Ends a load, download, upload or making of this id; its requester gets `cancelled`. False
    /// where there is none.
    sig<bool, cancel_atom, RequestId>,
    /// The version of Ollama.
    sig<std::string, version_atom>>;

/// The part of the Ollama API that is about models, as it is: one HTTP exchange per message.
using ollama_models_actor = caf::typed_actor<
    sig<ModelList, list_models_atom>, sig<bool, check_model_atom, std::string>,
    sig<ModelDetails, show_model_atom, std::string>, sig<RunningModels, running_models_atom>,
    sig<Ack, load_model_atom, LoadRequest>, sig<Ack, unload_model_atom, std::string>,
    sig<Ack, pull_model_atom, ModelTransfer, pull_subscriber>,
    sig<Ack, push_model_atom, ModelTransfer, pull_subscriber>,
    sig<Ack, create_model_atom, CreateRequest, pull_subscriber>,
    sig<std::string, upload_blob_atom, std::string>, sig<Ack, delete_model_atom, std::string>,
    sig<Ack, copy_model_atom, std::string, std::string>,
    /// Ends every exchange of a request; whoever waits gets `cancelled`.
    sig<bool, cancel_atom, RequestId>, sig<std::string, version_atom>>;

/// The whole Ollama API as it is: no retries, no fallback.
using ollama_client_actor = caf::typed_actor<
    sig<LLMResponse, generate_atom, LLMRequest>,
    sig<LLMResponse, generate_streaming_atom, LLMRequest, chunk_sink>,
    sig<LLMResponse, chat_atom, LLMRequest>,
    sig<LLMResponse, chat_streaming_atom, LLMRequest, chunk_sink>,
    sig<EmbedResponse, embed_atom, EmbedRequest>,
    /// Whether requests go to Ollama at present.
    sig<CircuitHealth, circuit_atom>,
    /// Settings for the exchanges that follow.
    sig<Ack, update_config_atom, LLMClientConfig>>::extend_with<ollama_models_actor>;

/// The settings of the running system. What is in force changes by these messages, and by what
/// others save in the file while it is watched.
using settings_handle =
    caf::typed_actor<sig<LLMClientConfig, get_config_atom>,
                     /// Replaces the settings, in the running system and on disk.
                     sig<LLMClientConfig, save_config_atom, LLMClientConfig>,
                     /// Applies a JSON merge patch to the `llm` section.
                     sig<LLMClientConfig, update_config_atom, std::string>,
                     /// Puts in force what the file says now; writes nothing.
                     sig<LLMClientConfig, reload_config_atom>>;

/// Listens to what supervision does.
using supervision_subscriber = caf::typed_actor<sig<void, SupervisionEvent>>;

/// State of the whole system.
using health_handle =
    caf::typed_actor<sig<Health, health_atom>,
                     /// Tells a subscriber of every event from now on, until it leaves or dies.
                     sig<Ack, subscribe_atom, supervision_subscriber>,
                     sig<Ack, unsubscribe_atom, supervision_subscriber>>;

} // namespace nexus::llm

CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::stream_subscriber))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::chunk_sink))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::pull_subscriber))
CAF_ADD_TYPE_ID(nexus_llm, (nexus::llm::supervision_subscriber))

CAF_END_TYPE_ID_BLOCK(nexus_llm)
