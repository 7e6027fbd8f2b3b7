// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/batch_actor.hpp"

namespace nexus::llm {

BatchActor::BatchActor(batch_actor::pointer self, role_handle role, std::size_t window,
                       std::function<void()> before_end)
    : self_{self}, role_{std::move(role)}, window_{window}, before_end_{std::move(before_end)} {
  watcher_.attach(self_);
}

BatchActor::~BatchActor() {
  if (promise_.pending())
    promise_.deliver(to_caf_error({.code = ErrorCode::component_failed, .subject = name}));
}

batch_actor::behavior_type BatchActor::make_behavior() {
  return {[this](batch_atom, std::vector<std::string>& prompts, GenerateOptions& options) {
            // No other actor would notice that the responses are not wanted any more.
            if (auto requester = self_->current_sender())
              watcher_.watch(requester, [this](const caf::error&) { self_->quit(); });
            promise_ = self_->make_response_promise<BatchResponse>();
            auto promise = promise_;
            prompts_ = std::move(prompts);
            options_ = std::move(options);
            response_.items.resize(prompts_.size());
            for (std::size_t i = 0; i < window_; ++i)
              begin_next();
            return promise;
          },
          [this](cancel_atom) {
            before_end_();
            if (promise_.pending())
              promise_.deliver(to_caf_error({.code = ErrorCode::cancelled}));
            // The requests of the prompts notice that their requester is gone.
            self_->quit();
          }};
}

void BatchActor::begin_next() {
  if (begun_ == prompts_.size())
    return;
  const auto index = begun_++;
  auto options = options_;
  options.id.value += "#" + std::to_string(index);
  ask_watched(self_, role_, generate_atom_v, std::move(prompts_[index]), std::move(options))
      .then(
          [this, index](LLMResponse& response) {
            settle(index, {.response = std::move(response), .error = {}});
          },
          [this, index](const caf::error& error) {
            settle(index, {.response = {}, .error = to_llm_error(error)});
          });
}

void BatchActor::settle(std::size_t index, BatchItem item) {
  response_.items[index] = std::move(item);
  if (++settled_ < prompts_.size())
    return begin_next();
  before_end_();
  promise_.deliver(std::move(response_));
  self_->quit();
}

std::optional<LLMError> check_batch(const std::vector<std::string>& prompts, const Limits& limits) {
  if (prompts.empty())
    return LLMError{.code = ErrorCode::invalid_prompt, .subject = "`prompts` is empty"};
  if (prompts.size() > limits.max_batch)
    return LLMError{.code = ErrorCode::invalid_prompt,
                    .subject = "`prompts` holds more than " + std::to_string(limits.max_batch) +
                               " prompts"};
  return std::nullopt;
}

batch_actor spawn_batch(caf::actor_system& system, role_handle role, std::size_t window,
                        std::function<void()> before_end) {
  return spawn_state<BatchActor>(system, std::move(role), window, std::move(before_end));
}

} // namespace nexus::llm
