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

/// The LLM integration for code that is no actor (requirements F1 to F5): the same
/// operations by the same names, each blocking until its answer. Any thread, several at once; not
/// from within an actor, whose thread it would block.
class LLMIntegration {
public:
  /// Hears each chunk of a stream, on the thread of the caller; false ends the stream. A chunk that
  /// says `restarted` begins the answer anew: the text of those before it is void.
  using ChunkCallback = std::function<bool(const LLMStreamChunk&)>;
  /// Hears how a request fares, on the thread of the caller.
  using ProgressCallback = std::function<void(const RequestProgress&)>;
  using PullCallback = std::function<void(const PullProgress&)>;

  /// Speaks through a running system, which must outlive this.
  LLMIntegration(caf::actor_system& system, const LLMSystem& llm)
      : LLMIntegration{system, llm.handles()} {}
  /// The same through handles, which may lead to another process.
  LLMIntegration(caf::actor_system& system, LLMHandles handles);

  // Models.
  [[nodiscard]] Result<bool> check_model_available(const std::string& model_name);
  [[nodiscard]] Result<std::vector<ModelStatus>> list_available_models();
  [[nodiscard]] Result<std::string> get_model_for_role(AIRole role);
  [[nodiscard]] Result<ModelConfig> set_model_for_role(AIRole role, const std::string& model_name);

  // Requests.
  [[nodiscard]] Result<LLMResponse> generate(const std::string& prompt, AIRole role,
                                             const GenerateOptions& options = {});
  [[nodiscard]] Result<LLMResponse> generate_streaming(const std::string& prompt, AIRole role,
                                                       const ChunkCallback& callback,
                                                       const GenerateOptions& options = {},
                                                       const ProgressCallback& progress = {});
  [[nodiscard]] Result<LLMResponse> chat(const std::vector<ChatMessage>& messages, AIRole role,
                                         const GenerateOptions& options = {});
  [[nodiscard]] Result<LLMResponse> chat_streaming(const std::vector<ChatMessage>& messages,
                                                   AIRole role, const ChunkCallback& callback,
                                                   const GenerateOptions& options = {},
                                                   const ProgressCallback& progress = {});

  // Configuration.
  [[nodiscard]] Result<LLMClientConfig> load_config();
  [[nodiscard]] Result<LLMClientConfig> save_config(const LLMClientConfig& config);
  [[nodiscard]] Result<LLMClientConfig> update_config(const std::string& merge_patch);
  /// Puts in force what the file of the settings says now.
  [[nodiscard]] Result<LLMClientConfig> reload_config();

  // Beyond the requirements.
  [[nodiscard]] Result<EmbedResponse> embed(const EmbedRequest& request, AIRole role);
  [[nodiscard]] Result<BatchResponse> batch(const std::vector<std::string>& prompts, AIRole role,
                                            const GenerateOptions& options = {});
  [[nodiscard]] Result<bool> cancel(AIRole role, const RequestId& id);
  [[nodiscard]] Result<ModelDetails> show_model(const std::string& model_name);
  [[nodiscard]] Result<RunningModels> running_models();
  [[nodiscard]] Result<void> load_model(const std::string& model_name,
                                        const KeepAlive& keep_alive = {});
  [[nodiscard]] Result<void> unload_model(const std::string& model_name);
  [[nodiscard]] Result<void> pull_model(const std::string& model_name,
                                        const PullCallback& progress = {});
  [[nodiscard]] Result<void> pull_model(const ModelTransfer& request,
                                        const PullCallback& progress = {});
  [[nodiscard]] Result<void> push_model(const ModelTransfer& request,
                                        const PullCallback& progress = {});
  [[nodiscard]] Result<void> create_model(const CreateRequest& request,
                                          const PullCallback& progress = {});
  /// Gives Ollama the content of a file, to make a model from; the answer is its digest.
  [[nodiscard]] Result<std::string> upload_blob(const std::string& file);
  [[nodiscard]] Result<void> delete_model(const std::string& model_name);
  [[nodiscard]] Result<void> copy_model(const std::string& source, const std::string& destination);
  [[nodiscard]] Result<std::string> version();
  [[nodiscard]] Result<Health> health();
  [[nodiscard]] Result<RoleStats> stats(AIRole role);

private:
  template <class T, class Handle, class... Ts>
  Result<T> call(const Handle& receiver, const Ts&... content);
  template <class T> Result<T> wait_for(const caf::actor& receiver, const caf::message& request);
  /// Makes the message that asks for a stream, or for the transfer or the making of a model.
  using StreamRequest =
      std::function<caf::message(const GenerateOptions&, const stream_subscriber&)>;
  using TransferRequest = std::function<caf::message(const pull_subscriber&)>;
  Result<LLMResponse> stream(const StreamRequest& request, AIRole role,
                             const ChunkCallback& callback, const GenerateOptions& options,
                             const ProgressCallback& progress);
  Result<void> transfer(const TransferRequest& request, const PullCallback& progress);

  caf::actor_system& system_;
  LLMHandles llm_;
};

} // namespace nexus::llm
