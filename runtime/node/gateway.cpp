#include "runtime/node/gateway.hpp"

#include <algorithm>

#include "actors/log.hpp"
#include "runtime/node/stream_relay.hpp"

namespace nexus::llm {

namespace {

constexpr std::chrono::milliseconds connect_limit{5000};
constexpr std::chrono::milliseconds hello_limit{2000};
constexpr std::chrono::milliseconds models_limit{10'000};

/// Whether an answer means that the node is about to be gone: its loss decides what becomes of the
/// request.
bool is_farewell(const caf::error& error) {
  const auto code = to_llm_error(error).code;
  return is_death_of("RetrySupervisor", error) || code == ErrorCode::shutting_down;
}

LLMError lost_error(const Endpoint& node) {
  return {.code = ErrorCode::node_lost, .subject = node.text()};
}

void add(RoleStats& sum, const RoleStats& one) {
  sum.queued += one.queued;
  sum.in_flight += one.in_flight;
  sum.accepted += one.accepted;
  sum.answered += one.answered;
  sum.failed += one.failed;
  sum.cancelled += one.cancelled;
  sum.rejected += one.rejected;
  sum.cache_hits += one.cache_hits;
  sum.shared += one.shared;
  sum.retries += one.retries;
  sum.fallbacks += one.fallbacks;
  sum.healed += one.healed;
  sum.tokens += one.tokens;
  sum.generating += one.generating;
}

RoleStats sum_of(AIRole role, const std::vector<RoleStats>& all) {
  RoleStats sum{.role = role};
  for (const auto& one : all)
    add(sum, one);
  return sum;
}

} // namespace

Gateway::Gateway(gateway_internal::pointer self, GatewayOptions options,
                 std::shared_ptr<GatewayFacades> facades)
    : self_{self}, options_{std::move(options)}, facades_{std::move(facades)} {
  for (const auto& endpoint : options_.nodes) {
    Node node;
    node.endpoint = endpoint;
    nodes_.push_back(std::move(node));
  }
  watcher_.attach(self_);
  self_->set_error_handler([](const caf::error&) {});
}

Gateway::~Gateway() {
  const LLMError ending{.code = ErrorCode::shutting_down};
  for (auto& [id, job] : jobs_) {
    if (job.stage != Job::Stage::answered)
      job.fail(ending);
    if (job.relay)
      anon_tell(job.relay, finish_atom_v, ending);
  }
  for (auto& promise : waiting_)
    promise.deliver(to_caf_error(ending));
  for (auto& [key, joined] : joined_)
    anon_tell(joined.relay, finish_atom_v, ending);
  // The facades heed nobody but this, which is not there any more.
  for (const auto& role : facades_->roles)
    anon_exit(role, caf::exit_reason::kill);
  anon_exit(facades_->models, caf::exit_reason::kill);
  anon_exit(facades_->config, caf::exit_reason::kill);
}

gateway_internal::behavior_type Gateway::make_behavior() {
  return {
      [this](open_atom) {
        for (std::size_t index = 0; index < nodes_.size(); ++index)
          dial(index);
      },
      [this](tick_atom, std::uint64_t id) {
        if (auto job = later_.extract(id); !job.empty())
          job.mapped()();
      },
      [this](hello_atom) {
        auto promise = self_->make_response_promise<Ack>();
        if (connected())
          promise.deliver(Ack{});
        else
          waiting_.push_back(promise);
        return promise;
      },
      [this](release_atom, const RequestId& key) { on_relay_ended(key); },
      [this](submit_atom, AIRole role, LLMRequest& request) {
        return submit(role, std::move(request));
      },
      [this](submit_atom, AIRole role, LLMRequest& request, stream_subscriber& subscriber) {
        return submit(role, std::move(request), std::move(subscriber));
      },
      [this](batch_atom atom, AIRole role, std::vector<std::string>& prompts,
             GenerateOptions& options) {
        if (options.id.value.empty())
          options.id = options_.chance.id();
        const auto id = options.id;
        const auto model = options.model;
        return begin<BatchResponse>(role, id, model, atom, role, std::move(prompts),
                                    std::move(options));
      },
      [this](embed_atom atom, AIRole role, EmbedRequest& request) {
        if (request.id.value.empty())
          request.id = options_.chance.id();
        const auto id = request.id;
        const auto model = request.model;
        return begin<EmbedResponse>(role, id, model, atom, role, std::move(request));
      },
      [this](cancel_atom, AIRole role, const RequestId& id) { return cancel(role, id); },
      [this](position_atom atom, AIRole role, const RequestId& id) {
        return ask_about<QueuePosition>(id, atom, role, id);
      },
      [this](subscribe_atom, AIRole role, const RequestId& id, stream_subscriber& subscriber) {
        return subscribe(role, id, std::move(subscriber));
      },
      [this](unsubscribe_atom, AIRole role, const RequestId& id,
             const stream_subscriber& subscriber) { return unsubscribe(role, id, subscriber); },
      [this](stats_atom atom, AIRole role) {
        return ask_all<RoleStats>(
            [role](const std::vector<std::pair<std::string, RoleStats>>& answers) {
              RoleStats sum{.role = role};
              for (const auto& [node, stats] : answers)
                add(sum, stats);
              return sum;
            },
            atom, role);
      },
      [this](health_atom atom) {
        const bool several = nodes_.size() > 1;
        return ask_all<Health>(
            [several](const std::vector<std::pair<std::string, Health>>& answers) {
              if (!several)
                return answers.front().second;
              Health sum;
              std::array<std::vector<RoleStats>, all_roles.size()> stats;
              for (const auto& [node, health] : answers) {
                sum.reachable = sum.reachable || health.reachable;
                sum.version = health.version.empty() ? sum.version : health.version;
                for (auto component : health.components) {
                  component.name = node + " " + component.name;
                  sum.components.push_back(std::move(component));
                }
                for (const auto& role : health.roles)
                  stats[index_of(role.role)].push_back(role);
              }
              for (const auto role : all_roles)
                sum.roles.push_back(sum_of(role, stats[index_of(role)]));
              return sum;
            },
            atom);
      },
  };
}

// Nodes.

void Gateway::dial(std::size_t index) {
  options_.dial(self_, nodes_[index].endpoint, [this, index](Result<NodeHello> hello) {
    if (hello)
      on_connected(index, *hello);
    else
      on_dial_failed(index, hello.error());
  });
}

void Gateway::on_connected(std::size_t index, const NodeHello& hello) {
  auto& node = nodes_[index];
  log(LogLevel::info,
      "connected to the node " + node.endpoint.text() + ", version " + hello.version);
  node.failures = 0;
  ++node.connection;
  node.outstanding = 0;
  node.known = {};
  node.service = caf::actor_cast<llm_service>(hello.service);
  node.models = caf::actor_cast<model_manager_actor>(hello.models);
  node.config = caf::actor_cast<config_actor>(hello.config);
  watcher_.watch(node.service, [this, index](const caf::error& reason) { on_lost(index, reason); });
  given_up_.reset();
  choose_primary();
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(Ack{});
  dispatch_parked();
  if (nodes_.size() > 1)
    ask_models(index);
}

void Gateway::on_dial_failed(std::size_t index, const LLMError& error) {
  auto& node = nodes_[index];
  if (++node.failures == 1)
    log(LogLevel::warning, log_line(error));
  const bool all_failed = std::ranges::all_of(
      nodes_, [](const Node& each) { return !each.service && each.failures > 0; });
  if (all_failed) {
    for (auto& promise : std::exchange(waiting_, {}))
      promise.deliver(to_caf_error(error));
    // Two machines that agree on nothing will not do so because somebody waits.
    if (error.code != ErrorCode::node_unreachable && nodes_.size() == 1 && !given_up_)
      give_up(error);
    if (node.failures == 1 && losses_ == 0)
      give_up_unless_connected(error);
  }
  auto wait = options_.first_redial;
  for (std::uint32_t i = 1; i < node.failures && wait < options_.max_redial; ++i)
    wait *= 2;
  wait = std::min(wait, options_.max_redial);
  const auto part = 0.5 + 0.5 * options_.chance.wait();
  after(Millis{static_cast<Millis::rep>(static_cast<double>(wait.count()) * part)},
        [this, index] { dial(index); });
}

void Gateway::on_lost(std::size_t index, const caf::error& reason) {
  auto& node = nodes_[index];
  log(LogLevel::warning,
      "lost the node " + node.endpoint.text() + " (" + describe(reason) + "); dialling again");
  node.service = llm_service{};
  ++node.connection;
  if (primary_ == index)
    choose_primary();
  const auto error = lost_error(node.endpoint);
  std::vector<RequestId> live;
  for (const auto& [id, job] : jobs_)
    if (job.node == index)
      live.push_back(id);
  for (const auto& id : live) {
    auto& job = jobs_.at(id);
    if (job.stage == Job::Stage::answered && job.relay && job.response)
      tell(self_, job.relay, finish_atom_v, *job.response);
    else if (job.stage == Job::Stage::asked)
      restart(id, error);
  }
  for (const auto& [key, joined] : joined_)
    if (joined.node == index)
      tell(self_, joined.relay, finish_atom_v, error);
  if (!connected())
    give_up_unless_connected(
        {.code = ErrorCode::node_unreachable, .subject = node.endpoint.text()});
  // Not at once: CAF needs a moment to forget the old connection, and would hand it out again.
  after(options_.first_redial / 2, [this, index] { dial(index); });
}

void Gateway::ask_models(std::size_t index) {
  const auto connection = nodes_[index].connection;
  auto current = [this, index, connection] { return nodes_[index].connection == connection; };
  for (const auto role : all_roles)
    ask(self_, nodes_[index].models, models_limit, get_model_for_role_atom_v, role)
        .then(
            [this, index, role, current](std::string& model) {
              if (current())
                nodes_[index].known.of_role[index_of(role)] = std::move(model);
            },
            [](const caf::error&) {});
  ask(self_, nodes_[index].models, models_limit, list_models_atom_v)
      .then(
          [this, index, current](const ModelList& list) {
            if (!current())
              return;
            auto& known = nodes_[index].known;
            known.installed.clear();
            for (const auto& model : list.models)
              known.installed.push_back(model.name);
            known.known = true;
          },
          [](const caf::error&) {});
  after(options_.models_age, [this, index, current] {
    if (current())
      ask_models(index);
  });
}

void Gateway::choose_primary() {
  primary_.reset();
  for (std::size_t index = 0; index < nodes_.size() && !primary_; ++index)
    if (nodes_[index].service)
      primary_ = index;
  if (!primary_)
    return;
  tell(self_, facades_->models, nodes_[*primary_].models);
  tell(self_, facades_->config, nodes_[*primary_].config);
}

bool Gateway::connected() const {
  return std::ranges::any_of(nodes_,
                             [](const Node& node) { return static_cast<bool>(node.service); });
}

void Gateway::give_up_unless_connected(const LLMError& error) {
  after(options_.patience, [this, error, loss = ++losses_] {
    if (!connected() && loss == losses_)
      give_up(error);
  });
}

void Gateway::give_up(const LLMError& error) {
  given_up_ = error;
  tell(self_, facades_->models, finish_atom_v, error);
  tell(self_, facades_->config, finish_atom_v, error);
  std::vector<RequestId> parked;
  for (const auto& [id, job] : jobs_)
    if (job.stage == Job::Stage::parked)
      parked.push_back(id);
  for (const auto& id : parked)
    end(id, error);
}

std::optional<std::size_t> Gateway::choose(const Job& job) const {
  std::vector<NodeCandidate> candidates;
  for (std::size_t index = 0; index < nodes_.size(); ++index)
    if (nodes_[index].service)
      candidates.push_back({.index = index,
                            .can_serve = nodes_[index].known.can_serve(job.role, job.model),
                            .outstanding = nodes_[index].outstanding});
  return choose_node(candidates);
}

void Gateway::after(Millis wait, std::function<void()> job) {
  later_.emplace(++last_later_, std::move(job));
  tell_after(self_, wait, gateway_internal{self_}, tick_atom_v, last_later_);
}

// Requests.

Gateway::Job* Gateway::open(AIRole role, const RequestId& id, std::string model,
                            const caf::strong_actor_ptr& requester, LLMError& refusal) {
  if (given_up_) {
    refusal = *given_up_;
    return nullptr;
  }
  if (jobs_.contains(id)) {
    refusal = {.code = ErrorCode::invalid_argument,
               .subject = "the request id `" + id.value + "` is in use"};
    return nullptr;
  }
  auto& job = jobs_[id];
  job.number = ++last_job_;
  job.role = role;
  job.model = std::move(model);
  job.requester = hold(requester);
  return &job;
}

template <class T, class... Ts>
Gateway::Promise<T> Gateway::begin(AIRole role, RequestId id, std::string model, Ts... request) {
  // The promise takes the sender with it.
  const auto sender = self_->current_sender();
  auto promise = self_->make_response_promise<T>();
  LLMError refusal;
  auto* job = open(role, id, std::move(model), sender, refusal);
  if (job == nullptr) {
    promise.deliver(to_caf_error(std::move(refusal)));
    return promise;
  }
  job->fail = [promise](LLMError error) mutable {
    promise.deliver(to_caf_error(std::move(error)));
  };
  job->send = [this, id, promise, request...](const Node& node, std::uint64_t epoch) {
    ask_watched(self_, node.service, request...)
        .then(
            [this, id, epoch, promise](T& answer) mutable {
              if (take(id, epoch) == nullptr)
                return;
              close(id);
              promise.deliver(std::move(answer));
            },
            [this, id, epoch](const caf::error& error) {
              if (!is_farewell(error) && take(id, epoch) != nullptr)
                end(id, to_llm_error(error));
            });
  };
  dispatch(id);
  return promise;
}

Gateway::Promise<LLMResponse> Gateway::submit(AIRole role, LLMRequest request) {
  if (request.id.value.empty())
    request.id = options_.chance.id();
  const auto id = request.id;
  const auto model = request.model;
  return begin<LLMResponse>(role, id, model, submit_atom_v, role, std::move(request));
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
      spawn_stream_relay(self_->system(), id, id, std::move(subscriber), gateway_internal{self_});
  job->relay = relay;
  job->fail = [promise](LLMError error) mutable {
    promise.deliver(to_caf_error(std::move(error)));
  };
  job->send = [this, id, role, promise, relay, request](const Node& node, std::uint64_t epoch) {
    ask_watched(self_, node.service, submit_atom_v, role, request, stream_subscriber{relay})
        .then(
            [this, id, epoch, promise](LLMResponse& response) mutable {
              if (take(id, epoch) == nullptr)
                return;
              promise.deliver(response);
              on_stream_answer(id, std::move(response));
            },
            [this, id, epoch](const caf::error& error) {
              if (!is_farewell(error) && take(id, epoch) != nullptr)
                end(id, to_llm_error(error));
            });
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
  job.stage = Job::Stage::asked;
  job.node = *chosen;
  job.epoch = ++last_epoch_;
  ++nodes_[*chosen].outstanding;
  const auto send = job.send;
  send(nodes_[*chosen], job.epoch);
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
  if (!job.relay)
    jobs_.erase(id);
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
  const bool streamed = static_cast<bool>(job.relay);
  if (!streamed)
    return park();
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
  if (job.relay)
    tell(self_, job.relay, finish_atom_v, std::move(error));
}

template <class T, class... Ts>
Gateway::Promise<T> Gateway::ask_about(const RequestId& id, Ts... request) {
  auto promise = self_->make_response_promise<T>();
  std::vector<std::size_t> asked;
  if (const auto job = jobs_.find(id);
      job != jobs_.end() &&
      (job->second.stage == Job::Stage::asked || job->second.stage == Job::Stage::answered)) {
    if (nodes_[job->second.node].service)
      asked.push_back(job->second.node);
  } else if (job == jobs_.end()) {
    for (std::size_t index = 0; index < nodes_.size(); ++index)
      if (nodes_[index].service)
        asked.push_back(index);
  }
  if (asked.empty()) {
    promise.deliver(to_caf_error(
        given_up_ ? *given_up_
                  : LLMError{.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  // The first that knows it answers; where none does, the last word counts.
  const auto left = std::make_shared<std::size_t>(asked.size());
  for (const auto index : asked)
    ask(self_, nodes_[index].service, models_limit, request...)
        .then(
            [promise, left](T& answer) mutable {
              --*left;
              if constexpr (std::is_same_v<T, bool>) {
                if (!answer && *left > 0)
                  return;
              }
              if (promise.pending())
                promise.deliver(std::move(answer));
            },
            [promise, left](const caf::error& error) mutable {
              if (--*left == 0 && promise.pending())
                promise.deliver(error);
            });
  return promise;
}

template <class T, class Combine, class... Ts>
Gateway::Promise<T> Gateway::ask_all(Combine combine, Ts... request) {
  auto promise = self_->make_response_promise<T>();
  struct Gathered {
    std::vector<std::pair<std::string, T>> answers;
    std::size_t left = 0;
    caf::error error;
  };
  const auto gathered = std::make_shared<Gathered>();
  for (const auto& node : nodes_)
    gathered->left += node.service ? 1 : 0;
  if (gathered->left == 0) {
    promise.deliver(to_caf_error(given_up_ ? *given_up_
                                           : LLMError{.code = ErrorCode::node_unreachable,
                                                      .subject = nodes_.front().endpoint.text()}));
    return promise;
  }
  auto finish = [promise, gathered, combine]() mutable {
    if (--gathered->left > 0)
      return;
    if (gathered->answers.empty())
      promise.deliver(gathered->error);
    else
      promise.deliver(combine(gathered->answers));
  };
  for (const auto& node : nodes_)
    if (node.service)
      ask(self_, node.service, models_limit, request...)
          .then(
              [gathered, finish, name = node.endpoint.text()](T& answer) mutable {
                gathered->answers.emplace_back(name, std::move(answer));
                finish();
              },
              [gathered, finish](const caf::error& error) mutable {
                gathered->error = error;
                finish();
              });
  return promise;
}

Gateway::Promise<Ack> Gateway::subscribe(AIRole role, const RequestId& id,
                                         stream_subscriber subscriber) {
  const auto job = jobs_.find(id);
  std::optional<std::size_t> index;
  if (job != jobs_.end())
    index = job->second.node;
  else if (primary_)
    index = primary_;
  if (!index || !nodes_[*index].service) {
    auto promise = self_->make_response_promise<Ack>();
    promise.deliver(
        to_caf_error({.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  const RequestId key{id.value + "\n" + std::to_string(++last_joined_)};
  auto relay = spawn_stream_relay(self_->system(), key, id, subscriber, gateway_internal{self_});
  joined_.emplace(key, Joined{id, std::move(subscriber), relay, *index});
  auto promise = self_->make_response_promise<Ack>();
  ask_watched(self_, nodes_[*index].service, subscribe_atom_v, role, id, stream_subscriber{relay})
      .then([promise](Ack) mutable { promise.deliver(Ack{}); },
            [this, promise, key, relay](const caf::error& error) mutable {
              // It has joined nothing, and is told nothing.
              joined_.erase(key);
              anon_exit(relay, caf::exit_reason::kill);
              promise.deliver(error);
            });
  return promise;
}

Gateway::Promise<Ack> Gateway::unsubscribe(AIRole role, const RequestId& id,
                                           const stream_subscriber& subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  stream_relay relay;
  std::size_t index = 0;
  RequestId key; // of a subscriber that joined
  for (const auto& [joined_key, joined] : joined_)
    if (joined.stream == id && joined.subscriber == subscriber) {
      relay = joined.relay;
      index = joined.node;
      key = joined_key;
    }
  if (const auto job = jobs_.find(id); !relay && job != jobs_.end()) {
    relay = job->second.relay;
    index = job->second.node;
  }
  if (!relay || !nodes_[index].service) {
    promise.deliver(
        to_caf_error({.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  ask_watched(self_, nodes_[index].service, unsubscribe_atom_v, role, id, stream_subscriber{relay})
      .then(
          [this, promise, relay, key](Ack) mutable {
            // Who leaves is told nothing more.
            anon_exit(relay, caf::exit_reason::user_shutdown);
            joined_.erase(key);
            promise.deliver(Ack{});
          },
          [promise](const caf::error& error) mutable { promise.deliver(error); });
  return promise;
}

Gateway::Promise<bool> Gateway::cancel(AIRole role, const RequestId& id) {
  const auto job = jobs_.find(id);
  const bool here = job != jobs_.end() && (job->second.stage == Job::Stage::parked ||
                                           job->second.stage == Job::Stage::asking);
  if (!here)
    return ask_about<bool>(id, cancel_atom_v, role, id);
  auto promise = self_->make_response_promise<bool>();
  end(id, {.code = ErrorCode::cancelled});
  promise.deliver(true);
  return promise;
}

void Gateway::on_relay_ended(const RequestId& key) {
  joined_.erase(key);
  const auto job = jobs_.find(key);
  if (job == jobs_.end())
    return;
  job->second.relay = stream_relay{};
  if (job->second.stage == Job::Stage::answered)
    jobs_.erase(job);
}

caf::actor_addr Gateway::hold(const caf::strong_actor_ptr& requester) {
  if (!requester)
    return {};
  auto address = caf::actor_cast<caf::actor_addr>(requester);
  if (++requesters_[address] == 1)
    watcher_.watch(requester, [this, address](const caf::error&) { on_requester_down(address); });
  return address;
}

void Gateway::forget_requester(const caf::actor_addr& requester) {
  const auto entry = requesters_.find(requester);
  if (entry == requesters_.end() || --entry->second > 0)
    return;
  requesters_.erase(entry);
  watcher_.forget(requester);
}

void Gateway::on_requester_down(const caf::actor_addr& requester) {
  requesters_.erase(requester);
  std::vector<RequestId> orphans;
  for (const auto& [id, job] : jobs_)
    if (job.requester == requester && job.stage != Job::Stage::answered)
      orphans.push_back(id);
  for (const auto& id : orphans) {
    const auto& job = jobs_.at(id);
    const auto& node = nodes_[job.node];
    if (node.service && job.stage == Job::Stage::asked)
      anon_tell(node.service, cancel_atom_v, job.role, id);
    static_cast<void>(take(id, job.epoch));
    end(id, {.code = ErrorCode::cancelled});
  }
}

GatewayHandles spawn_gateway(caf::actor_system& system, GatewayOptions options) {
  const auto chance = options.chance;
  auto facades = std::make_shared<GatewayFacades>();
  GatewayHandles handles;
  handles.root = spawn_state<Gateway>(system, std::move(options), facades);
  for (const auto role : all_roles)
    facades->roles[index_of(role)] = spawn_role_facade(system, role, handles.root);
  const auto master = caf::actor_cast<caf::strong_actor_ptr>(handles.root);
  // The nodes make their own repetitions.
  LLMClientConfig once;
  once.max_retries = 0;
  facades->models = spawn_model_manager_facade(system, master, once, chance);
  facades->config = spawn_config_facade(system, master);
  handles.facades = *facades;
  anon_tell(handles.root, open_atom_v);
  return handles;
}

GatewayOptions::Dial network_dial() {
  return [](gateway_internal::pointer self, const Endpoint& node,
            std::function<void(Result<NodeHello>)> done) {
    connect_to<node_actor>(self, node, connect_limit, [self, node, done](Result<node_actor> found) {
      if (!found)
        return done(failure(std::move(found.error())));
      ask(self, *found, hello_limit, hello_atom_v, node_protocol)
          .then([done](NodeHello& hello) { done(std::move(hello)); },
                [done, node](const caf::error& error) {
                  auto cause = to_llm_error(error);
                  if (cause.code != ErrorCode::node_mismatch)
                    cause = {.code = ErrorCode::node_unreachable, .detail = cause.detail};
                  cause.subject = node.text();
                  done(failure(std::move(cause)));
                });
    });
  };
}

} // namespace nexus::llm
