#pragma once

#include "actors/supervision/child_set.hpp"
#include "actors/supervision/live_requests.hpp"

namespace nexus::llm {

/// What a registry works with.
struct RequestRegistryParts {
  std::string owner; ///< the name of the actor that answers through it
  std::shared_ptr<const ComponentFactories> factories;
  Handles handles;
  Chance chance = {};
  Log log = {};
};

/// The requests of a system: makes an actor of each, gives it a number and an id, and passes
/// messages on to it that name it by its id. Lives in the state of the supervisor; what becomes of
/// a request is its actor's own affair.
class RequestRegistry {
public:
  /// `children` and `watcher` must outlive it.
  RequestRegistry(supervisor_internal::pointer self, RequestRegistryParts parts,
                  const ChildSet& children, Watcher& watcher);
  RequestRegistry(const RequestRegistry&) = delete;
  RequestRegistry& operator=(const RequestRegistry&) = delete;

  // Each makes an actor of the current message. Errors: those of `check_id`, `invalid_argument`
  // where the id is in use, `shutting_down` for other machines while it drains.
  caf::result<LLMResponse> submit(AIRole role, LLMRequest& request);
  /// Where it is refused, the subscriber is told as well.
  caf::result<LLMResponse> submit(AIRole role, LLMRequest& request, stream_subscriber& subscriber);
  caf::result<EmbedResponse> embed(AIRole role, EmbedRequest& request);
  caf::result<BatchResponse> batch(AIRole role, std::vector<std::string>& prompts,
                                   GenerateOptions& options);

  /// Whether there was anything to cancel.
  caf::result<bool> cancel(const RequestId& id);
  caf::result<QueuePosition> position(const RequestId& id);
  caf::result<Ack> subscribe(const RequestId& id, const stream_subscriber& subscriber);
  void unsubscribe(const RequestId& id, const stream_subscriber& subscriber) const;

  /// A request has its answer: its id is free.
  void release(std::uint64_t number) { live_.release(number); }
  /// A request has died. Its stream ends, even where the StreamingActor died before it knew.
  void end_orphaned(const OrphanedStreamPtr& stream);
  /// Takes no more requests from other machines.
  void drain() noexcept { draining_ = true; }
  /// Tells each request of the components as they are now.
  void tell_components() const;
  /// Ends every request with an error.
  void end_all(const LLMError& error) const;

  [[nodiscard]] caf::strong_actor_ptr find(const std::string& id) const;
  /// The run ids of the live requests of a role.
  [[nodiscard]] std::vector<RequestId> runs(AIRole role) const { return live_.runs(role); }

private:
  /// Makes the actor of a request, to pass the message on to. The id is completed.
  [[nodiscard]] Result<request_actor> accept(AIRole role, RequestId& id);
  [[nodiscard]] Result<void> take_id(RequestId& id, const caf::strong_actor_ptr& requester);
  /// Passes a message on to a request that may end before it comes.
  template <class T, class... Ts>
  caf::typed_response_promise<T> pass(const request_actor& request, Result<T> if_ended,
                                      Ts... message);
  void on_request_down(std::uint64_t number, const caf::error& reason);

  supervisor_internal::pointer self_;
  RequestRegistryParts parts_;
  const ChildSet& children_;
  Watcher& watcher_;
  LiveRequests live_;
  std::uint64_t last_number_ = 0;
  bool draining_ = false;
};

} // namespace nexus::llm
