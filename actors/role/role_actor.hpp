// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "actors/role/admission_queue.hpp"
#include "actors/role/response_cache.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// RoleActor, one per `AIRole`. Accepts the messages of `role_actor`. Owns the settings of the
/// role, its bounded queues and its response cache. Completes and validates each request, answers
/// from the cache, lets identical requests share one response, and decides when a run may begin.
/// When it dies, each request of the role reports to its successor, which admits no run until all
/// have done so; runs in progress are not affected.
class RoleActor {
public:
  using Base = role_actor::base;
  static constexpr const char* name = "RoleActor";

  /// `expected`: the runs that knew a predecessor and will report.
  RoleActor(role_actor::pointer self, AIRole role, LLMClientConfig config,
            const std::vector<RequestId>& expected);
  ~RoleActor();

  [[nodiscard]] role_actor::behavior_type make_behavior();

private:
  using Promise = caf::typed_response_promise<Admission>;

  /// A run that waits for a slot.
  struct Waiting {
    LLMRequest request;
    Promise promise;
    role_owner owner;
  };
  /// The request whose response identical requests share.
  struct Leader {
    RequestId run;
    caf::strong_actor_ptr request;
  };

  Promise admit(LLMRequest request, std::uint64_t number, bool again,
                const caf::strong_actor_ptr& owner);
  void consider(Promise promise, LLMRequest request, std::uint64_t number, bool again,
                const caf::strong_actor_ptr& owner);
  caf::typed_response_promise<Ack> admit_embedding(const RequestId& run, std::uint64_t number,
                                                   bool again);
  void consider_embedding(caf::typed_response_promise<Ack> promise, const RequestId& run,
                          std::uint64_t number, bool again);
  void adopt(const LLMRequest& request, const caf::strong_actor_ptr& owner);
  /// Considers a run once every run that was announced with a lower number has reported.
  void in_order(const RequestId& run, std::uint64_t number, std::function<void()> consider);
  /// An announced run has asked to be admitted, or need not be.
  void forget_announced(const RequestId& run);
  void consider_early();
  /// A run has reported; opens the queues after the last expected one.
  void on_reported(const RequestId& run);
  void release(const RequestId& run);
  /// Gives free slots to waiting runs; `moved` says that the queue has changed already.
  void admit_next(bool moved = false);
  /// Sends the waiting streams at the head of the queue their positions.
  void report_positions();
  [[nodiscard]] LLMRequest completed(LLMRequest request) const;
  /// The key that identical requests share; empty if the response must not be shared.
  [[nodiscard]] std::string cache_key(const LLMRequest& request) const;

  role_actor::pointer self_;
  AIRole role_;
  LLMClientConfig config_;
  /// Announced runs that have not reported yet; runs of higher numbers wait for them.
  std::unordered_map<RequestId, std::uint64_t> announced_;
  std::set<std::uint64_t> announced_numbers_;
  struct Early {
    RequestId run;
    std::function<void()> consider;
  };
  std::map<std::uint64_t, Early> early_;
  std::unordered_set<RequestId>
      expected_; ///< have not reported yet; until then, no run is admitted
  AdmissionQueue queue_;
  AdmissionQueue embeddings_;
  ResponseCache cache_;
  std::unordered_map<RequestId, Waiting> waiting_;
  std::unordered_map<RequestId, caf::typed_response_promise<Ack>> waiting_embeddings_;
  std::unordered_map<std::string, Leader> leaders_; ///< by cache key (and streaming)
  std::unordered_map<RequestId, std::string> keys_; ///< from run to key in `leaders_`
  RoleStats stats_;
  CataloguePtr catalogue_; ///< sent with each admission
};

[[nodiscard]] role_actor spawn_role(caf::actor_system& system, AIRole role, LLMClientConfig config,
                                    std::vector<RequestId> expected);

} // namespace nexus::llm
