#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "actors/internal_interfaces.hpp"
#include "actors/role/admission_queue.hpp"
#include "actors/role/response_cache.hpp"
#include "messages/result.hpp"

namespace nexus::llm {

/// RoleActor, one per `AIRole`. Owns the role's settings, its bounded queue and its response
/// cache. Completes and validates each request, answers from the cache, lets identical requests
/// share one run, and says when a run may begin. When it dies, the supervisor, which keeps every
/// request, asks its successor again; runs under way are not touched.
class RoleActor {
public:
  using Base = role_worker::base;
  static constexpr const char* name = "RoleActor";

  RoleActor(role_worker::pointer self, AIRole role, LLMClientConfig config, role_owner owner);
  ~RoleActor();

  [[nodiscard]] role_worker::behavior_type make_behavior();

private:
  using Promise = caf::typed_response_promise<Admission>;

  /// A run that waits for a place.
  struct Waiting {
    LLMRequest request;
    Promise promise;
  };

  Promise admit(LLMRequest request, std::uint64_t number, bool again);
  void release(const RequestId& run);
  /// Gives free places to those who wait; `moved` says that the queue has moved already.
  void admit_next(bool moved = false);
  /// Tells the waiting runs where they stand now.
  void report_positions();
  [[nodiscard]] LLMRequest completed(LLMRequest request) const;
  /// What identical requests have in common; empty where nothing may be shared.
  [[nodiscard]] std::string cache_key(const LLMRequest& request) const;

  role_worker::pointer self_;
  AIRole role_;
  LLMClientConfig config_;
  role_owner owner_;
  AdmissionQueue queue_;
  ResponseCache cache_;
  std::unordered_map<RequestId, Waiting> waiting_;
  std::unordered_map<std::string, RequestId> leaders_; ///< cache key (and streaming) to run
  std::unordered_map<RequestId, std::string> keys_;    ///< run to its entry in `leaders_`
  RoleStats stats_;
};

[[nodiscard]] role_worker spawn_role(caf::actor_system& system, AIRole role, LLMClientConfig config,
                                     role_owner owner);

} // namespace nexus::llm
