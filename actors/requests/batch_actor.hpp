// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

/// Answers one batch of prompts and terminates.
using batch_actor =
    caf::typed_actor<sig<BatchResponse, batch_atom, std::vector<std::string>, GenerateOptions>,
                     /// Cancels the batch: its requester gets `cancelled`, and the requests in
                     /// progress are aborted.
                     sig<void, cancel_atom>>;

/// BatchActor. Owns the prompts and the responses of one batch. Keeps at most `window` prompts in
/// the queue of the role at a time, so that a batch cannot overload it. If its requester dies, it
/// terminates, which aborts the requests in progress. When it dies, its caller gets
/// `component_failed`.
class BatchActor {
public:
  using Base = batch_actor::base;
  static constexpr const char* name = "BatchActor";

  /// `before_end` is called before the reply to a completed or cancelled batch.
  BatchActor(batch_actor::pointer self, role_handle role, std::size_t window,
             std::function<void()> before_end);
  ~BatchActor();

  [[nodiscard]] batch_actor::behavior_type make_behavior();

private:
  void begin_next();
  void settle(std::size_t index, BatchItem item);

  batch_actor::pointer self_;
  role_handle role_;
  std::size_t window_;
  std::function<void()> before_end_;
  Watcher watcher_;
  std::vector<std::string> prompts_;
  GenerateOptions options_;
  BatchResponse response_;
  std::size_t begun_ = 0;
  std::size_t settled_ = 0;
  caf::typed_response_promise<BatchResponse> promise_;
};

/// The error of a batch: `invalid_prompt` if it is empty or has more prompts than allowed;
/// otherwise nothing.
[[nodiscard]] std::optional<LLMError> check_batch(const std::vector<std::string>& prompts,
                                                  const Limits& limits);

[[nodiscard]] batch_actor spawn_batch(caf::actor_system& system, role_handle role,
                                      std::size_t window, std::function<void()> before_end);

} // namespace nexus::llm
