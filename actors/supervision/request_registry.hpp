// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <unordered_set>

#include "actors/supervision/child_set.hpp"
#include "actors/supervision/live_requests.hpp"
#include "actors/supervision/requesters.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

/// What a registry needs.
struct RequestRegistryParts {
  std::string owner; ///< the name of the actor that replies through it
  std::shared_ptr<const ComponentFactories> factories;
  Handles handles;
  Chance chance = {};
  Log log = {};
};

/// The requests of a system. Spawns one actor per request, assigns its number and id, and forwards
/// messages that refer to it by id. Part of the state of the supervisor. Not thread-safe.
class RequestRegistry {
public:
  /// `children` and `watcher` must outlive it.
  RequestRegistry(supervisor_internal::pointer self, RequestRegistryParts parts,
                  const ChildSet& children, Watcher& watcher);
  RequestRegistry(const RequestRegistry&) = delete;
  RequestRegistry& operator=(const RequestRegistry&) = delete;

  // Each spawns an actor for the current message.
  // Errors: those of `check_id`, `invalid_argument` if the id is in use, `shutting_down` for
  // requests of other machines while draining.
  caf::result<LLMResponse> submit(AIRole role, LLMRequest& request);
  /// If the request is rejected, the subscriber gets the error, too.
  caf::result<LLMResponse> submit(AIRole role, LLMRequest& request, stream_subscriber& subscriber);
  caf::result<EmbedResponse> embed(AIRole role, EmbedRequest& request);
  caf::result<BatchResponse> batch(AIRole role, std::vector<std::string>& prompts,
                                   GenerateOptions& options);

  /// Returns whether there was anything to cancel.
  caf::result<bool> cancel(const RequestId& id);
  caf::result<QueuePosition> position(const RequestId& id);
  /// Returns the requests of a role that are not answered.
  caf::result<RunningRequests> running(AIRole role);
  caf::result<Ack> subscribe(const RequestId& id, const stream_subscriber& subscriber);
  void unsubscribe(const RequestId& id, const stream_subscriber& subscriber) const;

  /// A request was answered: its id may be reused.
  void release(std::uint64_t number);
  /// A request has died. Ends its stream, even if the StreamingActor died before it was notified.
  void end_orphaned(const OrphanedStreamPtr& stream);
  /// Rejects requests of other machines from now on.
  void drain() noexcept { draining_ = true; }
  /// Sends the current components to every request.
  void tell_components() const;
  /// Fails every request with this error.
  void end_all(const LLMError& error) const;

  [[nodiscard]] caf::strong_actor_ptr find(const std::string& id) const;
  /// The run ids of the live requests of a role.
  [[nodiscard]] std::vector<RequestId> runs(AIRole role) const { return live_.runs(role); }

private:
  /// Spawns the actor of a request, to which the current message is then forwarded. Generates the
  /// id if it is empty.
  [[nodiscard]] Result<request_actor> accept(AIRole role, RequestId& id);
  [[nodiscard]] Result<void> take_id(RequestId& id, const caf::strong_actor_ptr& requester);
  /// Forwards a message to a request; replies with `if_ended` if the request terminates first.
  template <class T, class... Ts>
  caf::typed_response_promise<T> pass(const request_actor& request, Result<T> if_ended,
                                      Ts... message);
  void on_request_down(std::uint64_t number, const caf::error& reason);
  void watch_requester(const caf::strong_actor_ptr& requester, std::uint64_t number);
  void on_requester_down(const caf::actor_addr& requester);

  supervisor_internal::pointer self_;
  RequestRegistryParts parts_;
  const ChildSet& children_;
  Watcher& watcher_;
  LiveRequests live_;
  Requesters requesters_;
  std::unordered_set<caf::actor_addr> batches_; ///< which are requesters and monitored anyway
  std::uint64_t last_number_ = 0;
  bool draining_ = false;
};

} // namespace nexus::llm
