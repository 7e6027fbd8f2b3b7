#include "runtime/node/gateway.hpp"

#include <algorithm>

#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/batch_actor.hpp"
#include "actors/requests/request_errors.hpp"
#include "runtime/node/node_figures.hpp"
#include "runtime/node/stream_relay.hpp"

// The requests of a Gateway, from their coming to their answer.
namespace nexus::llm {

namespace {

/// A request may be what its nodes die of. After so many, it is not sent again.
constexpr std::uint32_t max_sends = 3;

/// How many prompts of a batch are under way for each that a node works on at a time, so that none
/// has nothing to do.
constexpr std::size_t batch_lead = 2;

} // namespace

bool Gateway::is_farewell(const caf::error& error) {
  const auto code = to_llm_error(error).code;
  return is_death_of("RetrySupervisor", error) || code == ErrorCode::shutting_down;
}

void Gateway::on_refused(const RequestId& id) {
  auto& job = jobs_.at(id);
  auto& node = nodes_[job.node];
  node.leaving = true;
  // It was not even begun.
  --job.sends;
  restart(id, {.code = ErrorCode::node_lost, .subject = node.endpoint.text()});
}

Gateway::Job* Gateway::open(AIRole role, const RequestId& id, std::string model,
                            const caf::strong_actor_ptr& requester, LLMError& refusal) {
  if (given_up_) {
    refusal = *given_up_;
    return nullptr;
  }
  if (jobs_.contains(id)) {
    refusal = id_in_use();
    return nullptr;
  }
  auto& job = jobs_[id];
  job.number = ++last_job_;
  job.role = role;
  job.model = std::move(model);
  job.requester = hold(requester);
  return &job;
}

template <class T, class Request>
void Gateway::equip(Job& job, Promise<T> promise, const std::shared_ptr<const Request>& content) {
  job.fail = [promise](LLMError error) mutable { promise.deliver(to_caf_error(std::move(error))); };
  job.check = [content](const Limits& limits) { return check_size(*content, limits); };
}

std::function<void(const caf::error&)> Gateway::on_error(const RequestId& id, std::uint64_t epoch) {
  return [this, id, epoch](const caf::error& error) {
    const auto failure = to_llm_error(error);
    const bool refused = failure.code == ErrorCode::shutting_down && failure.detail == node_drains;
    if ((!refused && is_farewell(error)) || take(id, epoch) == nullptr)
      return;
    if (refused)
      on_refused(id);
    else
      end(id, failure);
  };
}

template <class T, class Atom, class Request>
Gateway::Promise<T> Gateway::begin(Atom atom, AIRole role, Request request) {
  // The promise takes the sender with it.
  const auto sender = self_->current_sender();
  auto promise = self_->make_response_promise<T>();
  if (request.id.value.empty())
    request.id = options_.chance.id();
  const auto id = request.id;
  LLMError refusal;
  auto* job = open(role, id, request.model, sender, refusal);
  if (job == nullptr) {
    promise.deliver(to_caf_error(std::move(refusal)));
    return promise;
  }
  const auto content = std::make_shared<const Request>(std::move(request));
  equip(*job, promise, content);
  job->send = [this, id, promise, atom, role, content](const Node& node, std::uint64_t epoch) {
    ask_watched(self_, node.service, atom, role, *content)
        .then(
            [this, id, epoch, promise](T& answer) mutable {
              if (take(id, epoch) == nullptr)
                return;
              close(id);
              promise.deliver(std::move(answer));
            },
            on_error(id, epoch));
  };
  dispatch(id);
  return promise;
}

caf::result<BatchResponse> Gateway::batch(AIRole role, std::vector<std::string> prompts,
                                          GenerateOptions options) {
  if (given_up_)
    return to_caf_error(*given_up_);
  // Each prompt goes its own way, so that a batch is spread over the nodes.
  const auto nodes = connected_nodes();
  Limits limits;
  if (!nodes.empty())
    limits.max_batch = 0;
  std::size_t window = 0;
  for (const auto index : nodes) {
    limits.max_batch = std::max(limits.max_batch, nodes_[index].limits.max_batch);
    window += nodes_[index].limits.max_concurrent;
  }
  if (auto wrong = check_batch(prompts, limits))
    return to_caf_error(std::move(*wrong));
  if (options.id.value.empty())
    options.id = options_.chance.id();
  std::erase_if(batches_, [](const auto& batch) {
    return !caf::actor_cast<caf::strong_actor_ptr>(batch.second);
  });
  if (jobs_.contains(options.id) || batches_.contains(options.id))
    return to_caf_error(id_in_use());
  auto actor = spawn_batch(self_->system(), fronts_.roles[role],
                           batch_lead * std::max<std::size_t>(window, 1), [] {});
  batches_.emplace(options.id, caf::actor_cast<caf::weak_actor_ptr>(actor));
  return forward_to(self_, actor, batch_atom_v, std::move(prompts), std::move(options));
}

Gateway::Promise<EmbedResponse> Gateway::embed(AIRole role, EmbedRequest request) {
  return begin<EmbedResponse>(embed_atom_v, role, std::move(request));
}

Gateway::Promise<LLMResponse> Gateway::submit(AIRole role, LLMRequest request) {
  return begin<LLMResponse>(submit_atom_v, role, std::move(request));
}

Gateway::Promise<LLMResponse> Gateway::submit(AIRole role, LLMRequest request,
                                              stream_subscriber subscriber) {
  const auto sender = self_->current_sender();
  auto promise = self_->make_response_promise<LLMResponse>();
  if (request.id.value.empty())
    request.id = options_.chance.id();
  const auto id = request.id;
  LLMError refusal;
  auto* job = open(role, id, request.model, sender, refusal);
  if (job == nullptr) {
    anon_tell(subscriber, StreamError{.id = id, .error = refusal});
    promise.deliver(to_caf_error(std::move(refusal)));
    return promise;
  }
  const auto relay =
      spawn_stream_relay(self_->system(), id, id, subscriber, gateway_internal{self_});
  job->streamed = true;
  job->relay = relay;
  job->subscriber = std::move(subscriber);
  const auto content = std::make_shared<const LLMRequest>(std::move(request));
  equip(*job, promise, content);
  job->send = [this, id, role, promise, relay, content](const Node& node, std::uint64_t epoch) {
    ask_watched(self_, node.service, submit_atom_v, role, *content, stream_subscriber{relay})
        .then(
            [this, id, epoch, promise](LLMResponse& response) mutable {
              if (take(id, epoch) == nullptr)
                return;
              promise.deliver(response);
              on_stream_answer(id, std::move(response));
            },
            on_error(id, epoch));
  };
  dispatch(id);
  return promise;
}

void Gateway::dispatch(const RequestId& id) {
  auto& job = jobs_.at(id);
  const auto chosen = choose(job);
  if (!chosen) {
    job.stage = Job::Stage::parked;
    return;
  }
  // The node would break the connection off.
  if (auto fits = job.check(nodes_[*chosen].limits); !fits)
    return end(id, std::move(fits.error()));
  job.stage = Job::Stage::asked;
  job.node = *chosen;
  job.epoch = ++last_epoch_;
  ++job.sends;
  ++nodes_[*chosen].outstanding;
  job.send(nodes_[*chosen], job.epoch);
  // Behind the request, so that the node knows what they listen to.
  attach_waiting(id);
}

void Gateway::dispatch_parked() {
  std::vector<RequestId> parked;
  for (const auto& [id, job] : jobs_)
    if (job.stage == Job::Stage::parked)
      parked.push_back(id);
  std::ranges::sort(parked, {}, [this](const RequestId& id) { return jobs_.at(id).number; });
  for (const auto& id : parked)
    dispatch(id);
}

Gateway::Job* Gateway::take(const RequestId& id, std::uint64_t epoch) {
  const auto entry = jobs_.find(id);
  if (entry == jobs_.end() || entry->second.epoch != epoch ||
      entry->second.stage != Job::Stage::asked)
    return nullptr;
  auto& node = nodes_[entry->second.node];
  node.outstanding -= node.outstanding > 0 ? 1 : 0;
  return &entry->second;
}

void Gateway::close(const RequestId& id) {
  const auto node = jobs_.extract(id);
  if (!node.empty() && node.mapped().stage != Job::Stage::answered)
    forget_requester(node.mapped().requester);
}

void Gateway::on_stream_answer(const RequestId& id, LLMResponse response) {
  auto& job = jobs_.at(id);
  forget_requester(job.requester);
  job.stage = Job::Stage::answered;
  job.response = std::move(response);
  forget_if_over(id);
}

void Gateway::forget_if_over(const RequestId& id) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end() || job->second.stage != Job::Stage::answered || job->second.relay)
    return;
  // Whoever joined may still need what the answer says.
  if (std::ranges::none_of(joined_, [&id](const auto& each) { return each.second.stream == id; }))
    jobs_.erase(job);
}

void Gateway::take_from(std::size_t index, const LLMError& lost) {
  std::vector<RequestId> live;
  for (const auto& [id, job] : jobs_)
    if (job.node == index)
      live.push_back(id);
  std::ranges::sort(live, {}, [this](const RequestId& id) { return jobs_.at(id).number; });
  for (const auto& id : live) {
    auto& job = jobs_.at(id);
    if (job.stage == Job::Stage::answered && job.relay && job.response)
      tell(self_, job.relay, finish_atom_v, *job.response);
    else if (job.stage == Job::Stage::asked)
      restart(id, lost);
  }
  fail_questions([index](const Question& question) { return question.node == index; }, lost);
  take_subscribers_from(index, lost);
}

void Gateway::restart(const RequestId& id, const LLMError& reason) {
  auto& job = jobs_.at(id);
  auto park = [this, id] {
    jobs_.at(id).stage = Job::Stage::parked;
    if (given_up_)
      end(id, *given_up_);
    else
      dispatch(id);
  };
  if (job.sends >= max_sends)
    return end(id, reason);
  if (!job.streamed)
    return park();
  // Its subscriber has had the end already, or is dead.
  if (!job.relay)
    return end(id, reason);
  job.stage = Job::Stage::asking;
  const auto epoch = job.epoch = ++last_epoch_;
  auto decide = [this, id, epoch, reason, park](bool fresh) {
    const auto entry = jobs_.find(id);
    if (entry == jobs_.end() || entry->second.epoch != epoch)
      return;
    if (fresh)
      park();
    else
      end(id, reason);
  };
  ask_watched(self_, job.relay, restart_atom_v, reason).then(decide, [decide](const caf::error&) {
    decide(false);
  });
}

void Gateway::end(const RequestId& id, LLMError error) {
  auto node = jobs_.extract(id);
  if (node.empty())
    return;
  auto& job = node.mapped();
  if (job.stage != Job::Stage::answered) {
    forget_requester(job.requester);
    job.fail(error);
  }
  end_waiting(id, error);
  if (job.relay)
    tell(self_, job.relay, finish_atom_v, std::move(error));
}

void Gateway::fail_questions(const std::function<bool(const Question&)>& which,
                             const LLMError& error) {
  std::vector<std::function<void(const LLMError&)>> failing;
  for (auto entry = questions_.begin(); entry != questions_.end();)
    if (which(entry->second)) {
      failing.push_back(std::move(entry->second.fail));
      entry = questions_.erase(entry);
    } else {
      ++entry;
    }
  for (const auto& fail : failing)
    fail(error);
}

std::vector<std::size_t> Gateway::connected_nodes() const {
  std::vector<std::size_t> all;
  for (std::size_t index = 0; index < nodes_.size(); ++index)
    if (nodes_[index].service)
      all.push_back(index);
  return all;
}

template <class T, class... Ts>
Gateway::Promise<T> Gateway::ask_about(const RequestId& id, Ts... request) {
  auto promise = self_->make_response_promise<T>();
  std::vector<std::size_t> asked;
  if (const auto job = jobs_.find(id); job == jobs_.end())
    asked = connected_nodes();
  else if (nodes_[job->second.node].service && job->second.stage != Job::Stage::parked)
    asked.push_back(job->second.node);
  if (asked.empty()) {
    promise.deliver(to_caf_error(given_up_.value_or(unknown_request(id))));
    return promise;
  }
  // The first that knows it answers; where none does, the last word counts.
  struct Asked {
    Promise<T> promise; ///< the one copy that knows whether it was kept
    std::size_t left = 0;
  };
  const auto state = std::make_shared<Asked>(Asked{promise, asked.size()});
  for (const auto index : asked)
    question<T>(
        index,
        [state](Result<T> answer) {
          const bool last = --state->left == 0;
          bool knows = answer.has_value();
          if constexpr (std::is_same_v<T, bool>)
            knows = knows && *answer;
          if (!state->promise.pending() || !(knows || last))
            return;
          if (answer)
            state->promise.deliver(std::move(*answer));
          else
            state->promise.deliver(to_caf_error(std::move(answer.error())));
        },
        request...);
  return promise;
}

template <class T, class Combine, class... Ts>
Gateway::Promise<T> Gateway::ask_all(Combine combine, Ts... request) {
  auto promise = self_->make_response_promise<T>();
  const auto asked = connected_nodes();
  if (asked.empty()) {
    promise.deliver(to_caf_error(given_up_.value_or(
        LLMError{.code = ErrorCode::node_unreachable, .subject = nodes_.front().endpoint.text()})));
    return promise;
  }
  struct Gathered {
    OfNodes<T> answers;
    std::size_t left = 0;
  };
  const auto gathered = std::make_shared<Gathered>();
  gathered->left = asked.size();
  for (const auto index : asked)
    question<T>(
        index,
        [promise, gathered, combine,
         name = nodes_[index].endpoint.text()](Result<T> answer) mutable {
          if (answer)
            gathered->answers.emplace_back(name, std::move(*answer));
          if (--gathered->left > 0)
            return;
          if (gathered->answers.empty())
            promise.deliver(to_caf_error(std::move(answer.error())));
          else
            promise.deliver(combine(gathered->answers));
        },
        request...);
  return promise;
}

Gateway::Promise<QueuePosition> Gateway::position(AIRole role, const RequestId& id) {
  if (const auto job = jobs_.find(id); job != jobs_.end() && waits(job->second)) {
    auto promise = self_->make_response_promise<QueuePosition>();
    QueuePosition place{.position = 1};
    for (const auto& [other, each] : jobs_)
      if (waits(each) && each.role == job->second.role) {
        ++place.queue_length;
        place.position += each.number < job->second.number ? 1 : 0;
      }
    promise.deliver(place);
    return promise;
  }
  return ask_about<QueuePosition>(id, position_atom_v, role, id);
}

Gateway::Promise<RoleStats> Gateway::stats(AIRole role) {
  return ask_all<RoleStats>(
      [role](const OfNodes<RoleStats>& answers) { return sum_of(role, answers); }, stats_atom_v,
      role);
}

Gateway::Promise<Health> Gateway::health() {
  std::vector<std::string> missing;
  for (const auto& node : nodes_)
    if (!node.service)
      missing.push_back(node.endpoint.text());
  return ask_all<Health>(
      [missing](const OfNodes<Health>& answers) {
        auto health = sum_of(answers);
        for (const auto& node : missing)
          health.components.push_back(
              {.name = node + " node", .running = false, .last_failure = "not connected"});
        return health;
      },
      health_atom_v);
}

Gateway::Promise<bool> Gateway::cancel(AIRole role, const RequestId& id) {
  const auto job = jobs_.find(id);
  const auto batch = batches_.extract(id);
  const auto live = batch.empty() ? batch_actor{} : caf::actor_cast<batch_actor>(batch.mapped());
  if (!live && (job == jobs_.end() || !waits(job->second)))
    return ask_about<bool>(id, cancel_atom_v, role, id);
  auto promise = self_->make_response_promise<bool>();
  if (live)
    anon_tell(live, cancel_atom_v);
  else
    end(id, {.code = ErrorCode::cancelled});
  promise.deliver(true);
  return promise;
}

void Gateway::on_relay_ended(const RequestId& key) {
  forget_joined(key);
  const auto job = jobs_.find(key);
  if (job == jobs_.end())
    return;
  job->second.relay = stream_relay{};
  forget_if_over(key);
}

caf::actor_addr Gateway::hold(const caf::strong_actor_ptr& requester) {
  if (!requester)
    return {};
  auto address = caf::actor_cast<caf::actor_addr>(requester);
  if (++requesters_[address] == 1)
    watch_peer(requester);
  return address;
}

void Gateway::watch_peer(const caf::strong_actor_ptr& peer) {
  const auto address = caf::actor_cast<caf::actor_addr>(peer);
  watcher_.watch(peer, [this, address](const caf::error&) {
    subscribers_.remove(address);
    on_requester_down(address);
  });
}

void Gateway::forget_requester(const caf::actor_addr& requester) {
  const auto entry = requesters_.find(requester);
  if (entry == requesters_.end() || --entry->second > 0)
    return;
  requesters_.erase(entry);
  if (!subscribers_.contains(requester))
    watcher_.forget(requester);
}

void Gateway::on_requester_down(const caf::actor_addr& requester) {
  requesters_.erase(requester);
  std::vector<RequestId> orphans;
  for (const auto& [id, job] : jobs_)
    if (job.requester == requester && job.stage != Job::Stage::answered)
      orphans.push_back(id);
  for (const auto& id : orphans) {
    auto& job = jobs_.at(id);
    // It goes on for those who have joined.
    if (std::ranges::any_of(joined_,
                            [&id](const auto& each) { return each.second.stream == id; })) {
      job.requester = {};
      continue;
    }
    const auto& node = nodes_[job.node];
    if (node.service && job.stage == Job::Stage::asked)
      anon_tell(node.service, cancel_atom_v, job.role, id);
    static_cast<void>(take(id, job.epoch));
    end(id, {.code = ErrorCode::cancelled});
  }
}

} // namespace nexus::llm
