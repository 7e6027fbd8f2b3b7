// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/model_status.hpp"
#include "nexus_llm/result.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// Blocking API to the LLM integration for code outside of actors (requirements F1 to F5). Each
/// operation blocks until it has its answer. Thread-safe. Do not call it from an actor, since it
/// would block the actor's thread.
class LLMIntegration {
public:
  /// Called for each chunk of a stream, on the thread of the caller. Returning false cancels the
  /// request. A chunk with `restarted` set starts the answer over: discard all previous chunks.
  using ChunkCallback = std::function<bool(const LLMStreamChunk&)>;
  /// Called for each progress report of a request, on the thread of the caller.
  using ProgressCallback = std::function<void(const RequestProgress&)>;
  /// Called for the progress reports of a model transfer, on the thread of the caller. Skips a
  /// report if a newer one is available.
  using PullCallback = std::function<void(const PullProgress&)>;

  /// Uses a running system, which must outlive this object.
  LLMIntegration(caf::actor_system& system, const LLMSystem& llm)
      : LLMIntegration{system, llm.handles()} {}
  /// Uses handles, which may refer to actors of another process.
  LLMIntegration(caf::actor_system& system, LLMHandles handles);

  // Models.
  /// Returns whether a model is installed.
  [[nodiscard]] Result<bool> check_model_available(const std::string& model_name);
  /// Reads the list of installed models from Ollama.
  [[nodiscard]] Result<std::vector<ModelStatus>> list_available_models();
  /// Returns the configured model of a role.
  [[nodiscard]] Result<std::string> get_model_for_role(AIRole role);
  /// Assigns a model to a role, starting with the next request, and saves the setting.
  [[nodiscard]] Result<ModelConfig> set_model_for_role(AIRole role, const std::string& model_name);

  // Requests.
  /// Returns the complete answer to a prompt.
  [[nodiscard]] Result<LLMResponse> generate(const std::string& prompt, AIRole role,
                                             const GenerateOptions& options = {});
  /// Passes the answer to a prompt to `callback` in chunks, then returns all of it.
  [[nodiscard]] Result<LLMResponse> generate_streaming(const std::string& prompt, AIRole role,
                                                       const ChunkCallback& callback,
                                                       const GenerateOptions& options = {},
                                                       const ProgressCallback& progress = {});
  /// Returns the complete answer in a conversation.
  [[nodiscard]] Result<LLMResponse> chat(const std::vector<ChatMessage>& messages, AIRole role,
                                         const GenerateOptions& options = {});
  /// Passes the answer in a conversation to `callback` in chunks, then returns all of it.
  [[nodiscard]] Result<LLMResponse> chat_streaming(const std::vector<ChatMessage>& messages,
                                                   AIRole role, const ChunkCallback& callback,
                                                   const GenerateOptions& options = {},
                                                   const ProgressCallback& progress = {});

  // Configuration.
  /// Returns the current settings.
  [[nodiscard]] Result<LLMClientConfig> load_config();
  /// Replaces the settings, in the running system and on disk.
  [[nodiscard]] Result<LLMClientConfig> save_config(const LLMClientConfig& config);
  /// Applies a JSON merge patch to the `llm` section.
  [[nodiscard]] Result<LLMClientConfig> update_config(const std::string& merge_patch);
  /// Reloads the settings from the configuration file.
  [[nodiscard]] Result<LLMClientConfig> reload_config();

  // Beyond the requirements.
  /// Returns one vector for each text.
  [[nodiscard]] Result<EmbedResponse> embed(const EmbedRequest& request, AIRole role);
  /// Returns the answers to several prompts, in order. A failed prompt does not affect the others.
  [[nodiscard]] Result<BatchResponse> batch(const std::vector<std::string>& prompts, AIRole role,
                                            const GenerateOptions& options = {});
  /// Cancels a request: its caller gets `cancelled`. Returns false if there is no such request.
  [[nodiscard]] Result<bool> cancel(AIRole role, const RequestId& id);
  /// Returns the details of a model.
  [[nodiscard]] Result<ModelDetails> show_model(const std::string& model_name);
  /// Returns the models that Ollama has loaded into memory.
  [[nodiscard]] Result<RunningModels> running_models();
  /// Loads a model into memory and keeps it there for `keep_alive`.
  [[nodiscard]] Result<void> load_model(const std::string& model_name,
                                        const KeepAlive& keep_alive = {});
  /// Removes a model from memory.
  [[nodiscard]] Result<void> unload_model(const std::string& model_name);
  /// Downloads a model from its registry.
  [[nodiscard]] Result<void> pull_model(const std::string& model_name,
                                        const PullCallback& progress = {});
  /// Downloads a model from its registry.
  [[nodiscard]] Result<void> pull_model(const ModelTransfer& request,
                                        const PullCallback& progress = {});
  /// Uploads a model to its registry.
  [[nodiscard]] Result<void> push_model(const ModelTransfer& request,
                                        const PullCallback& progress = {});
  /// Creates a model from the parts of a Modelfile.
  [[nodiscard]] Result<void> create_model(const CreateRequest& request,
                                          const PullCallback& progress = {});
  /// Uploads a file to Ollama for use in `create_model`. Returns the digest of the file.
  [[nodiscard]] Result<std::string> upload_blob(const std::string& file);
  /// Deletes an installed model from disk.
  [[nodiscard]] Result<void> delete_model(const std::string& model_name);
  /// Adds a second name for an installed model.
  [[nodiscard]] Result<void> copy_model(const std::string& source, const std::string& destination);
  /// Returns the version of Ollama.
  [[nodiscard]] Result<std::string> version();
  /// Returns the state of the components, of Ollama and of the roles.
  [[nodiscard]] Result<Health> health();
  /// Returns the statistics of a role.
  [[nodiscard]] Result<RoleStats> stats(AIRole role);
  /// Returns the requests of a role that are not answered yet, of all callers.
  [[nodiscard]] Result<RunningRequests> running_requests(AIRole role);

private:
  template <class T, class Handle, class... Ts>
  Result<T> call(const Handle& receiver, const Ts&... content);
  template <class T> Result<T> wait_for(const caf::actor& receiver, const caf::message& request);
  /// Creates the request message of a stream.
  using StreamRequest =
      std::function<caf::message(const GenerateOptions&, const stream_subscriber&)>;
  /// Creates the request message of a model transfer or of `create_model`.
  using TransferRequest = std::function<caf::message(const pull_subscriber&)>;
  Result<LLMResponse> stream(const StreamRequest& request, AIRole role,
                             const ChunkCallback& callback, const GenerateOptions& options,
                             const ProgressCallback& progress);
  Result<void> transfer(const TransferRequest& request, const PullCallback& progress);

  caf::actor_system& system_;
  LLMHandles llm_;
};

} // namespace nexus::llm
