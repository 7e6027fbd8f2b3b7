// SPDX-License-Identifier: BSD-3-Clause
#include "actors/guarded_answer.hpp"
#include "actors/model_manager/running_model.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"

// How the OllamaClientActor detects truncated prompts.
namespace nexus::llm {

namespace {
/// The longest time that a response waits for the context windows of Ollama.
constexpr std::chrono::milliseconds window_deadline{1000};
} // namespace

void OllamaClientActor::audit(Promise<LLMResponse> promise,
                              const std::shared_ptr<const LLMRequest>& request,
                              LLMResponse response) {
  if (!audit_.needs_window(*request, response.stats, now())) {
    response.provenance.prompt_truncated = audit_.was_cut(*request, response.stats, now());
    promise.deliver(std::move(response));
    return;
  }
  auto conclude = [this, answer = guard(std::move(promise), name), request,
                   response = std::move(response)](const RunningModels& running) mutable {
    const auto* model = find_running(running, {.name = request->model, .digest = request->digest});
    audit_.note_window(*request, model != nullptr ? model->context_length : 0, now());
    response.provenance.prompt_truncated = audit_.was_cut(*request, response.stats, now());
    answer->deliver(std::move(response));
  };
  ask(self_, ollama_client_internal{self_}, window_deadline, running_models_atom_v)
      .then([conclude](const RunningModels& running) mutable { conclude(running); },
            [conclude](const caf::error&) mutable { conclude({}); });
}

} // namespace nexus::llm
