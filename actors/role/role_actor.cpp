// SPDX-License-Identifier: BSD-3-Clause
#include "actors/role/role_actor.hpp"

#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/role/role_defaults.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

RoleActor::RoleActor(role_actor::pointer self, AIRole role, LLMClientConfig config,
                     const std::vector<RequestId>& expected)
    : self_{self}, role_{role}, config_{std::move(config)}, expected_{expected.begin(),
                                                                      expected.end()},
      queue_{config_.limits}, embeddings_{config_.limits}, cache_{config_.cache} {
  stats_.role = role;
  queue_.set_open(expected_.empty());
  embeddings_.set_open(expected_.empty());
}

RoleActor::~RoleActor() {
  const LLMError error{.code = ErrorCode::component_failed, .subject = name};
  for (auto& [run, waiting] : waiting_)
    waiting.promise.deliver(to_caf_error(error));
  for (auto& [run, promise] : waiting_embeddings_)
    promise.deliver(to_caf_error(error));
}

role_actor::behavior_type RoleActor::make_behavior() {
  return {
      [this](announce_atom, const RequestId& run, std::uint64_t number) {
        announced_.emplace(run, number);
        announced_numbers_.insert(number);
      },
      [this](admit_atom, LLMRequest& request, std::uint64_t number, bool again,
             const caf::strong_actor_ptr& owner) {
        return admit(std::move(request), number, again, owner);
      },
      [this](admit_atom, const RequestId& run, std::uint64_t number, bool again) {
        return admit_embedding(run, number, again);
      },
      [this](adopt_atom, const LLMRequest& request, const caf::strong_actor_ptr& owner) {
        adopt(request, owner);
      },
      [this](adopt_atom, const RequestId& run) {
        embeddings_.adopt(run);
        on_reported(run);
      },
      [this](release_atom, const RequestId& run, LLMResponse& response) {
        // The response of a fallback model must not serve requests to the model of the role.
        const auto key = keys_.find(run);
        if (key != keys_.end() && config_.cache.enabled && !response.provenance.fallback)
          cache_.insert(key->second.substr(1), std::move(response), self_->clock().now());
        release(run);
      },
      [this](release_atom, const RequestId& run) { release(run); },
      [this](const CataloguePtr& catalogue) { catalogue_ = catalogue; },
      [this](position_atom, const RequestId& run) {
        const auto now = self_->clock().now();
        return waiting_embeddings_.contains(run) ? embeddings_.position(run, now)
                                                 : queue_.position(run, now);
      },
      [this](stats_atom) {
        stats_.queued = static_cast<std::uint32_t>(queue_.queued() + embeddings_.queued());
        stats_.in_flight = static_cast<std::uint32_t>(queue_.in_flight() + embeddings_.in_flight());
        return stats_;
      },
      [this](update_config_atom, LLMClientConfig& config) {
        config_ = std::move(config);
        queue_.set_limits(config_.limits);
        embeddings_.set_limits(config_.limits);
        cache_.set_settings(config_.cache);
        admit_next();
      },
  };
}

RoleActor::Promise RoleActor::admit(LLMRequest request, std::uint64_t number, bool again,
                                    const caf::strong_actor_ptr& owner) {
  auto promise = self_->make_response_promise<Admission>();
  const auto run = request.id;
  in_order(run, number,
           [this, promise, request = std::move(request), number, again, owner]() mutable {
             const auto considered = request.id;
             consider(promise, std::move(request), number, again, owner);
             on_reported(considered);
           });
  return promise;
}

void RoleActor::in_order(const RequestId& run, std::uint64_t number,
                         std::function<void()> consider) {
  forget_announced(run);
  early_.emplace(number, Early{run, std::move(consider)});
  consider_early();
}

void RoleActor::forget_announced(const RequestId& run) {
  if (const auto announced = announced_.extract(run); !announced.empty())
    announced_numbers_.erase(announced.mapped());
}

void RoleActor::consider_early() {
  while (!early_.empty() &&
         (announced_numbers_.empty() || early_.begin()->first < *announced_numbers_.begin()))
    early_.extract(early_.begin()).mapped().consider();
}

void RoleActor::consider(Promise promise, LLMRequest request, std::uint64_t number, bool again,
                         const caf::strong_actor_ptr& owner) {
  request = completed(std::move(request));
  if (auto valid = validate(request, config_.limits); !valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return;
  }
  const auto now = self_->clock().now();
  const auto key = cache_key(request);
  if (!key.empty()) {
    // The first character separates streams from complete responses; a cached response serves both.
    auto cached = config_.cache.enabled ? cache_.find(key.substr(1), now) : std::nullopt;
    if (cached) {
      promise.deliver(Admission{
          .kind = Admission::Kind::cached, .request = request, .response = std::move(cached)});
      return;
    }
    if (const auto leader = leaders_.find(key); leader != leaders_.end()) {
      if (request.priority == Priority::interactive)
        queue_.promote(leader->second.run);
      promise.deliver(Admission{
          .kind = Admission::Kind::shared, .request = request, .leader = leader->second.request});
      return;
    }
  }
  const auto run = request.id;
  const auto verdict = queue_.offer(run, number, request.priority, now, again);
  if (verdict == AdmissionQueue::Verdict::full) {
    promise.deliver(
        to_caf_error({.code = ErrorCode::queue_full, .subject = std::string{to_string(role_)}}));
    return;
  }
  if (!key.empty()) {
    leaders_.emplace(key, Leader{run, owner});
    keys_.emplace(run, key);
  }
  if (verdict == AdmissionQueue::Verdict::admitted) {
    promise.deliver(Admission{
        .kind = Admission::Kind::run, .request = std::move(request), .catalogue = catalogue_});
    return;
  }
  const auto& entry =
      waiting_
          .emplace(run, Waiting{std::move(request), promise, caf::actor_cast<role_owner>(owner)})
          .first->second;
  if (entry.request.stream)
    tell(self_, entry.owner,
         RequestProgress{.id = run,
                         .phase = Phase::queued,
                         .queue_position = queue_.position(run, now).position});
}

caf::typed_response_promise<Ack> RoleActor::admit_embedding(const RequestId& run,
                                                            std::uint64_t number, bool again) {
  auto promise = self_->make_response_promise<Ack>();
  in_order(run, number, [this, promise, run, number, again]() mutable {
    consider_embedding(promise, run, number, again);
    on_reported(run);
  });
  return promise;
}

void RoleActor::consider_embedding(caf::typed_response_promise<Ack> promise, const RequestId& run,
                                   std::uint64_t number, bool again) {
  switch (embeddings_.offer(run, number, Priority::interactive, self_->clock().now(), again)) {
  case AdmissionQueue::Verdict::admitted:
    promise.deliver(Ack{});
    return;
  case AdmissionQueue::Verdict::queued:
    waiting_embeddings_.emplace(run, std::move(promise));
    return;
  case AdmissionQueue::Verdict::full:
    promise.deliver(to_caf_error({.code = ErrorCode::too_many_requests, .subject = "embeddings"}));
    return;
  }
}

void RoleActor::adopt(const LLMRequest& request, const caf::strong_actor_ptr& owner) {
  queue_.adopt(request.id);
  if (auto key = cache_key(request); !key.empty()) {
    keys_.emplace(request.id, key);
    leaders_.emplace(std::move(key), Leader{request.id, owner});
  }
  on_reported(request.id);
}

void RoleActor::on_reported(const RequestId& run) {
  if (expected_.erase(run) == 0 || !expected_.empty())
    return;
  queue_.set_open(true);
  embeddings_.set_open(true);
  admit_next();
}

void RoleActor::release(const RequestId& run) {
  forget_announced(run);
  std::erase_if(early_, [&run](const auto& early) { return early.second.run == run; });
  queue_.release(run);
  embeddings_.release(run);
  if (const auto embedding = waiting_embeddings_.extract(run); !embedding.empty())
    embedding.mapped().deliver(to_caf_error({.code = ErrorCode::cancelled}));
  const auto waiting = waiting_.find(run);
  const bool left_queue = waiting != waiting_.end();
  if (left_queue) {
    waiting->second.promise.deliver(to_caf_error({.code = ErrorCode::cancelled}));
    waiting_.erase(waiting);
  }
  if (const auto key = keys_.find(run); key != keys_.end()) {
    // Another run may be the leader of this key.
    if (const auto leader = leaders_.find(key->second);
        leader != leaders_.end() && leader->second.run == run)
      leaders_.erase(leader);
    keys_.erase(key);
  }
  admit_next(left_queue);
  on_reported(run);
  consider_early();
}

void RoleActor::admit_next(bool moved) {
  while (auto run = embeddings_.next(self_->clock().now()))
    if (auto embedding = waiting_embeddings_.extract(*run); !embedding.empty())
      embedding.mapped().deliver(Ack{});
  while (auto run = queue_.next(self_->clock().now())) {
    moved = true;
    const auto waiting = waiting_.find(*run);
    waiting->second.promise.deliver(Admission{.kind = Admission::Kind::run,
                                              .request = std::move(waiting->second.request),
                                              .catalogue = catalogue_});
    waiting_.erase(waiting);
  }
  if (moved)
    report_positions();
}

void RoleActor::report_positions() {
  // Only the head of a long queue: other requesters can query their position.
  constexpr std::size_t told = 10;
  std::uint32_t position = 0;
  for (const auto& run : queue_.head(told, self_->clock().now())) {
    ++position;
    if (const auto& waiting = waiting_.at(run); waiting.request.stream)
      tell(self_, waiting.owner,
           RequestProgress{.id = run, .phase = Phase::queued, .queue_position = position});
  }
}

LLMRequest RoleActor::completed(LLMRequest request) const {
  return with_role_defaults(std::move(request), role_, config_);
}

std::string RoleActor::cache_key(const LLMRequest& request) const {
  if (request.bypass_cache || !is_repeatable(request))
    return {};
  return (request.stream ? "s" : "c") + request_builder::fingerprint(request);
}

role_actor spawn_role(caf::actor_system& system, AIRole role, LLMClientConfig config,
                      std::vector<RequestId> expected) {
  return spawn_state<RoleActor>(system, role, std::move(config), std::move(expected));
}

} // namespace nexus::llm
