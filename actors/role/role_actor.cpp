#include "actors/role/role_actor.hpp"

#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/role/role_defaults.hpp"

namespace nexus::llm {

RoleActor::RoleActor(role_worker::pointer self, AIRole role, LLMClientConfig config,
                     role_owner owner)
    : self_{self}, role_{role}, config_{std::move(config)}, owner_{std::move(owner)},
      queue_{config_.limits}, cache_{config_.cache} {
  stats_.role = role;
}

RoleActor::~RoleActor() {
  for (auto& [run, waiting] : waiting_)
    waiting.promise.deliver(to_caf_error({.code = ErrorCode::component_failed, .subject = name}));
}

role_worker::behavior_type RoleActor::make_behavior() {
  return {
      [this](admit_atom, LLMRequest& request, std::uint64_t number, bool again) {
        return admit(std::move(request), number, again);
      },
      [this](adopt_atom, const LLMRequest& request) {
        queue_.adopt(request.id);
        if (auto key = cache_key(request); !key.empty()) {
          keys_.emplace(request.id, key);
          leaders_.emplace(std::move(key), request.id);
        }
      },
      [this](release_atom, const RequestId& run, LLMResponse& response) {
        // The answer of a fallback is not that of the model that the next caller will ask.
        const auto key = keys_.find(run);
        if (key != keys_.end() && config_.cache.enabled && !response.provenance.fallback)
          cache_.insert(key->second.substr(1), std::move(response), self_->clock().now());
        release(run);
      },
      [this](release_atom, const RequestId& run) { release(run); },
      [this](position_atom, const RequestId& run) {
        return queue_.position(run, self_->clock().now());
      },
      [this](stats_atom) {
        stats_.queued = static_cast<std::uint32_t>(queue_.queued());
        stats_.in_flight = static_cast<std::uint32_t>(queue_.in_flight());
        return stats_;
      },
      [this](update_config_atom, LLMClientConfig& config) {
        config_ = std::move(config);
        queue_.set_limits(config_.limits);
        cache_.set_settings(config_.cache);
        admit_next();
      },
  };
}

RoleActor::Promise RoleActor::admit(LLMRequest request, std::uint64_t number, bool again) {
  auto promise = self_->make_response_promise<Admission>();
  request = completed(std::move(request));
  if (auto valid = validate(request, config_.limits); !valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  const auto now = self_->clock().now();
  const auto key = cache_key(request);
  if (!key.empty()) {
    // The first character tells streams apart, which a kept answer serves as well.
    auto cached = config_.cache.enabled ? cache_.find(key.substr(1), now) : std::nullopt;
    if (cached) {
      ++stats_.cache_hits;
      promise.deliver(Admission{.kind = Admission::Kind::cached,
                                .request = request,
                                .response = std::move(cached),
                                .leader = {}});
      return promise;
    }
    if (const auto leader = leaders_.find(key); leader != leaders_.end()) {
      ++stats_.shared;
      if (request.priority == Priority::interactive)
        queue_.promote(leader->second);
      promise.deliver(Admission{.kind = Admission::Kind::shared,
                                .request = request,
                                .response = {},
                                .leader = leader->second});
      return promise;
    }
  }
  const auto run = request.id;
  const auto verdict = queue_.offer(run, number, request.priority, now, again);
  if (verdict == AdmissionQueue::Verdict::full) {
    ++stats_.rejected;
    promise.deliver(
        to_caf_error({.code = ErrorCode::queue_full, .subject = std::string{to_string(role_)}}));
    return promise;
  }
  if (!key.empty()) {
    leaders_.emplace(key, run);
    keys_.emplace(run, key);
  }
  if (verdict == AdmissionQueue::Verdict::admitted) {
    promise.deliver(Admission{
        .kind = Admission::Kind::run, .request = std::move(request), .response = {}, .leader = {}});
    return promise;
  }
  waiting_.emplace(run, Waiting{std::move(request), promise});
  tell(self_, owner_,
       RequestProgress{.id = run,
                       .phase = Phase::queued,
                       .queue_position = queue_.position(run, now).position});
  return promise;
}

void RoleActor::release(const RequestId& run) {
  queue_.release(run);
  const auto waiting = waiting_.find(run);
  const bool left_queue = waiting != waiting_.end();
  if (left_queue) {
    waiting->second.promise.deliver(to_caf_error({.code = ErrorCode::cancelled}));
    waiting_.erase(waiting);
  }
  if (const auto key = keys_.find(run); key != keys_.end()) {
    leaders_.erase(key->second);
    keys_.erase(key);
  }
  admit_next(left_queue);
}

void RoleActor::admit_next(bool moved) {
  while (auto run = queue_.next(self_->clock().now())) {
    moved = true;
    const auto waiting = waiting_.find(*run);
    waiting->second.promise.deliver(Admission{.kind = Admission::Kind::run,
                                              .request = std::move(waiting->second.request),
                                              .response = {},
                                              .leader = {}});
    waiting_.erase(waiting);
  }
  if (moved)
    report_positions();
}

void RoleActor::report_positions() {
  // Only the head of a long queue: whoever stands further back can ask.
  constexpr std::size_t told = 10;
  std::uint32_t position = 0;
  for (const auto& run : queue_.head(told, self_->clock().now())) {
    ++position;
    if (waiting_.at(run).request.stream)
      tell(self_, owner_,
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

role_worker spawn_role(caf::actor_system& system, AIRole role, LLMClientConfig config,
                       role_owner owner) {
  return spawn_state<RoleActor>(system, role, std::move(config), std::move(owner));
}

} // namespace nexus::llm
