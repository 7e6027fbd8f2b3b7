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

/// RoleActor, one per `AIRole`. Owns the role's settings, its bounded queues and its response
/// cache. Completes and validates each request, answers from the cache, lets identical requests
/// share one answer, and says when a run may begin. When it dies, each request of the role reports
/// to its successor, which admits nobody until all have done so; runs under way are not touched.
class RoleActor {
public:
  using Base = role_actor::base;
  static constexpr const char* name = "RoleActor";

  /// `expected`: the runs that will report, since they know a predecessor.
  RoleActor(role_actor::pointer self, AIRole role, LLMClientConfig config,
            const std::vector<RequestId>& expected);
  ~RoleActor();

  [[nodiscard]] role_actor::behavior_type make_behavior();

private:
  using Promise = caf::typed_response_promise<Admission>;

  /// A run that waits for a place.
  struct Waiting {
    LLMRequest request;
    Promise promise;
    role_owner owner;
  };
  /// The request that identical ones share.
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
  /// Considers a run once every run that was announced before it has reported.
  void in_order(const RequestId& run, std::uint64_t number, std::function<void()> consider);
  /// It has asked to be admitted, or needs not.
  void forget_announced(const RequestId& run);
  void consider_early();
  /// A run that knows a predecessor has reported.
  void on_reported(const RequestId& run);
  void release(const RequestId& run);
  /// Gives free places to those who wait; `moved` says that the queue has moved already.
  void admit_next(bool moved = false);
  /// Tells the waiting runs where they stand now.
  void report_positions();
  [[nodiscard]] LLMRequest completed(LLMRequest request) const;
  /// What identical requests have in common; empty where nothing may be shared.
  [[nodiscard]] std::string cache_key(const LLMRequest& request) const;

  role_actor::pointer self_;
  AIRole role_;
  LLMClientConfig config_;
  /// Runs that came before others which asked first.
  std::unordered_map<RequestId, std::uint64_t> announced_;
  std::set<std::uint64_t> announced_numbers_;
  struct Early {
    RequestId run;
    std::function<void()> consider;
  };
  std::map<std::uint64_t, Early> early_;
  std::unordered_set<RequestId> expected_; ///< have not reported yet; nobody is admitted
  AdmissionQueue queue_;
  AdmissionQueue embeddings_;
  ResponseCache cache_;
  std::unordered_map<RequestId, Waiting> waiting_;
  std::unordered_map<RequestId, caf::typed_response_promise<Ack>> waiting_embeddings_;
  std::unordered_map<std::string, Leader> leaders_; ///< by cache key (and streaming)
  std::unordered_map<RequestId, std::string> keys_; ///< run to its entry in `leaders_`
  RoleStats stats_;
  CataloguePtr catalogue_; ///< handed on with each admission
};

[[nodiscard]] role_actor spawn_role(caf::actor_system& system, AIRole role, LLMClientConfig config,
                                    std::vector<RequestId> expected);

} // namespace nexus::llm
