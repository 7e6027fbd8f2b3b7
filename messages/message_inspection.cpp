// SPDX-License-Identifier: BSD-3-Clause
#include "messages/inspection.hpp"

#include "nexus_llm/interfaces.hpp"

// Not needed for CAF 1.x.
#if !NEXUS_LLM_CAF_1
namespace nexus::llm {

template struct Inspection<Ack>;
template struct Inspection<BatchItem>;
template struct Inspection<BatchResponse>;
template struct Inspection<CacheSettings>;
template struct Inspection<ChatMessage>;
template struct Inspection<CircuitHealth>;
template struct Inspection<CircuitSettings>;
template struct Inspection<ComponentHealth>;
template struct Inspection<CreateRequest>;
template struct Inspection<EmbedRequest>;
template struct Inspection<EmbedResponse>;
template struct Inspection<Format>;
template struct Inspection<GenerateOptions>;
template struct Inspection<GenerateStats>;
template struct Inspection<Health>;
template struct Inspection<KeepAlive>;
template struct Inspection<LLMClientConfig>;
template struct Inspection<LLMError>;
template struct Inspection<LLMRequest>;
template struct Inspection<LLMResponse>;
template struct Inspection<LLMStreamChunk>;
template struct Inspection<Limits>;
template struct Inspection<LoadRequest>;
template struct Inspection<LogSettings>;
template struct Inspection<ModelConfig>;
template struct Inspection<ModelDetails>;
template struct Inspection<ModelFile>;
template struct Inspection<ModelList>;
template struct Inspection<ModelStatus>;
template struct Inspection<ModelTransfer>;
template struct Inspection<ModelWork>;
template struct Inspection<NodeSettings>;
template struct Inspection<PerRole<RoleSettings>>;
template struct Inspection<Provenance>;
template struct Inspection<PullProgress>;
template struct Inspection<QueuePosition>;
template struct Inspection<RequestId>;
template struct Inspection<RequestProgress>;
template struct Inspection<RestartSettings>;
template struct Inspection<RoleSettings>;
template struct Inspection<RoleStats>;
template struct Inspection<RunningModel>;
template struct Inspection<RunningModels>;
template struct Inspection<RunningRequest>;
template struct Inspection<RunningRequests>;
template struct Inspection<StreamBatch>;
template struct Inspection<StreamError>;
template struct Inspection<SupervisionEvent>;
template struct Inspection<TokenAlternative>;
template struct Inspection<TokenLogprob>;
template struct Inspection<Tool>;
template struct Inspection<ToolCall>;

} // namespace nexus::llm
#endif
