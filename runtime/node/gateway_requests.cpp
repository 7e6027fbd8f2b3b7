// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/node/gateway.hpp"

#include <algorithm>

#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/batch_actor.hpp"
#include "actors/requests/request_errors.hpp"
#include "runtime/node/node_figures.hpp"
#include "runtime/node/stream_relay.hpp"

// The requests of a Gateway, from arrival to answer.
namespace nexus::llm {

namespace {

/// Number of active prompts of a batch per concurrent request of the nodes, so that no node is
/// idle.
constexpr std::size_t batch_lead = 2;

} // namespace

bool Gateway::is_farewell(const caf::error& error) {
  const auto code = to_llm_error(error).code;
  return is_death_of("RetrySupervisor", error) || code == ErrorCode::shutting_down;
}

Gateway::Job* Gateway::open(AIRole role, const RequestId& id,
                            const caf::strong_actor_ptr& requester, LLMError& refusal) {
  if (calls_.given_up()) {
    refusal = *calls_.given_up();
    return nullptr;
  }
  if (jobs_.contains(id)) {
    refusal = id_in_use();
    return nullptr;
  }
  auto& job = jobs_[id];
  job.role = role;
  job.requester = hold(requester);
  return &job;
}

template <class T, class Request>
void Gateway::start(AIRole role, const RequestId& id, Promise<T> promise,
                    const std::shared_ptr<const Request>& content,
                    const std::function<void(std::size_t, Key, Epoch)>& put) {
  PendingCalls::Call call{.send =
                              [this, id, put](PendingCalls::Server node, Key key, Epoch epoch) {
                                auto& job = jobs_.at(id);
                                job.key = key;
                                job.node = node;
                                put(node, key, epoch);
                                // After the request, since the node must know the stream before its
                                // subscribers.
                                attach_waiting(id);
                              },
                          .fail =
                              [this, id, promise](const LLMError& error) mutable {
                                promise.deliver(to_caf_error(error));
                                close(id, error);
                              },
                          .choose =
                              [this, role, content] {
                                return choose(role, content->model, [&](const Limits& limits) {
                                  return check_sendable(*content, limits);
                                });
                              }};
  if (jobs_.at(id).streamed)
    call.judge = [this, id](Key key, Epoch epoch, const LLMError& reason) {
      judge(id, key, epoch, reason);
    };
  const auto key = calls_.add(std::move(call));
  // The request may have ended already.
  if (const auto job = jobs_.find(id); job != jobs_.end() && key)
    job->second.key = *key;
}

std::function<void(const caf::error&)> Gateway::on_error(std::size_t node, Key key, Epoch epoch) {
  return [this, node, key, epoch](const caf::error& error) {
    const auto failure = to_llm_error(error);
    if (!calls_.is_asked(key, epoch))
      return;
    if (failure.code == ErrorCode::shutting_down && failure.detail == node_drains) {
      // Send it to another node.
      nodes_[node].leaving = true;
      calls_.refused(key, epoch,
                     {.code = ErrorCode::node_lost, .subject = nodes_[node].endpoint.text()});
    } else if (!is_farewell(error)) {
      static_cast<void>(calls_.failed(key, epoch, failure,
                                      [](std::uint32_t) { return std::optional<Millis>{}; }));
    }
  };
}

template <class T, class Atom, class Request>
Gateway::Promise<T> Gateway::begin(Atom atom, AIRole role, Request request) {
  // Creating the promise clears the current sender.
  const auto sender = self_->current_sender();
  auto promise = self_->make_response_promise<T>();
  if (request.id.value.empty())
    request.id = options_.chance.id();
  const auto id = request.id;
  LLMError refusal;
  if (open(role, id, sender, refusal) == nullptr) {
    promise.deliver(to_caf_error(std::move(refusal)));
    return promise;
  }
  const auto content = std::make_shared<const Request>(std::move(request));
  start(role, id, promise, content,
        [this, id, promise, atom, role, content](std::size_t node, Key key, Epoch epoch) {
          ask_watched(self_, nodes_[node].service, atom, role, *content)
              .then(
                  [this, id, key, epoch, promise](T& answer) mutable {
                    if (!calls_.answered(key, epoch))
                      return;
                    forget_requester(jobs_.extract(id).mapped().requester);
                    promise.deliver(std::move(answer));
                  },
                  on_error(node, key, epoch));
        });
  return promise;
}

caf::result<BatchResponse> Gateway::batch(AIRole role, std::vector<std::string> prompts,
                                          GenerateOptions options) {
  if (calls_.given_up())
    return to_caf_error(*calls_.given_up());
  // Each prompt is a separate request, so that a batch is spread over the nodes.
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
  auto* job = open(role, id, sender, refusal);
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
  start(role, id, promise, content,
        [this, id, role, promise, relay, content](std::size_t node, Key key, Epoch epoch) {
          ask_watched(self_, nodes_[node].service, submit_atom_v, role, *content,
                      stream_subscriber{relay})
              .then(
                  [this, id, key, epoch, promise](LLMResponse& response) mutable {
                    if (!calls_.answered(key, epoch))
                      return;
                    promise.deliver(response);
                    on_stream_answer(id, std::move(response));
                  },
                  on_error(node, key, epoch));
        });
  return promise;
}

void Gateway::on_stream_answer(const RequestId& id, LLMResponse response) {
  auto& job = jobs_.at(id);
  forget_requester(job.requester);
  job.response = std::move(response);
  forget_if_over(id);
}

void Gateway::forget_if_over(const RequestId& id) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end() || !job->second.response || job->second.relay)
    return;
  // Subscribers that have joined may still need the answer.
  if (std::ranges::none_of(joined_, [&id](const auto& each) { return each.second.stream == id; }))
    jobs_.erase(job);
}

void Gateway::take_from(std::size_t index, const LLMError& lost) {
  for (const auto& [id, job] : jobs_)
    if (job.node == index && job.relay && job.response)
      tell(self_, job.relay, finish_atom_v, *job.response);
  calls_.lost(index, lost);
  fail_questions([index](const Question& question) { return question.node == index; }, lost);
  take_subscribers_from(index, lost);
}

void Gateway::judge(const RequestId& id, Key key, Epoch epoch, const LLMError& reason) {
  const auto relay = jobs_.at(id).relay;
  // The subscriber has received the end already, or is dead.
  if (!relay)
    return calls_.judged(key, epoch, false);
  auto decide = [this, key, epoch](bool fresh) { calls_.judged(key, epoch, fresh); };
  ask_watched(self_, relay, restart_atom_v, reason).then(decide, [decide](const caf::error&) {
    decide(false);
  });
}

void Gateway::close(const RequestId& id, const LLMError& error) {
  const auto node = jobs_.extract(id);
  if (node.empty())
    return;
  const auto& job = node.mapped();
  if (job.relay)
    anon_tell(job.relay, finish_atom_v, error);
  if (ending_)
    return;
  forget_requester(job.requester);
  end_waiting(id, error);
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
  else if (nodes_[job->second.node].service && !waits(job->second))
    asked.push_back(job->second.node);
  if (asked.empty()) {
    promise.deliver(to_caf_error(calls_.given_up().value_or(unknown_request(id))));
    return promise;
  }
  // The first node that knows the request answers. If none does, the last answer counts.
  struct Asked {
    Promise<T> promise; ///< the only copy, so that `pending` is reliable
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
    promise.deliver(to_caf_error(calls_.given_up().value_or(
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
        place.position += each.key < job->second.key ? 1 : 0;
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

Gateway::Promise<RunningRequests> Gateway::running(AIRole role) {
  return ask_all<RunningRequests>(
      [](const OfNodes<RunningRequests>& answers) { return sum_of(answers); }, requests_atom_v,
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
    calls_.end(job->second.key, {.code = ErrorCode::cancelled});
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
    if (job.requester == requester && !job.response)
      orphans.push_back(id);
  for (const auto& id : orphans) {
    auto& job = jobs_.at(id);
    // The request continues for the subscribers that have joined.
    if (std::ranges::any_of(joined_,
                            [&id](const auto& each) { return each.second.stream == id; })) {
      job.requester = {};
      continue;
    }
    const auto& node = nodes_[job.node];
    const auto role = job.role;
    if (calls_.end(job.key, {.code = ErrorCode::cancelled}) && node.service)
      anon_tell(node.service, cancel_atom_v, role, id);
  }
}

} // namespace nexus::llm
