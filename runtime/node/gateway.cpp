// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/node/gateway.hpp"

#include <algorithm>
#include <limits>

#include "nexus_llm/log.hpp"
#include "runtime/node/stream_relay.hpp"

namespace nexus::llm {

namespace {

constexpr std::chrono::milliseconds models_limit{10'000};
/// How long callers wait for the other nodes after the first connection.
constexpr std::chrono::milliseconds news_limit{2000};

/// No limits, since the nodes have queues. A request may cause the loss of its nodes, so it is not
/// sent again after three losses.
constexpr PendingCalls::Rules rules{.window = std::numeric_limits<std::size_t>::max(),
                                    .max_calls = std::numeric_limits<std::size_t>::max(),
                                    .max_losses = 2};

} // namespace

Gateway::Gateway(gateway_internal::pointer self, GatewayOptions options, GatewayFronts fronts)
    : self_{self}, options_{std::move(options)}, fronts_{std::move(fronts)}, calls_{rules,
                                                                                    "the node"} {
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
  ending_ = true;
  calls_.give_up(ending);
  for (auto& [id, job] : jobs_)
    if (job.relay)
      anon_tell(job.relay, finish_atom_v, ending);
  for (auto& promise : waiting_)
    promise.deliver(to_caf_error(ending));
  fail_questions([](const Question&) { return true; }, ending);
  for (auto& [key, joined] : joined_) {
    if (joined.promise)
      joined.promise->deliver(to_caf_error(ending));
    anon_tell(joined.relay, finish_atom_v, ending);
  }
  // The handles only obey this actor, so they cannot get another target.
  for (const auto& role : fronts_.roles)
    anon_exit(role, caf::exit_reason::kill);
  anon_exit(fronts_.models, caf::exit_reason::kill);
  anon_exit(fronts_.config, caf::exit_reason::kill);
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
        waiting_.push_back(promise);
        greet();
        return promise;
      },
      [this](release_atom, const RequestId& key) { on_relay_ended(key); },
      [this](submit_atom, AIRole role, LLMRequest& request) {
        return submit(role, std::move(request));
      },
      [this](submit_atom, AIRole role, LLMRequest& request, stream_subscriber& subscriber) {
        return submit(role, std::move(request), std::move(subscriber));
      },
      [this](batch_atom, AIRole role, std::vector<std::string>& prompts, GenerateOptions& options) {
        return batch(role, std::move(prompts), std::move(options));
      },
      [this](embed_atom, AIRole role, EmbedRequest& request) {
        return embed(role, std::move(request));
      },
      [this](cancel_atom, AIRole role, const RequestId& id) { return cancel(role, id); },
      [this](position_atom, AIRole role, const RequestId& id) { return position(role, id); },
      [this](subscribe_atom, AIRole role, const RequestId& id, stream_subscriber& subscriber) {
        return subscribe(role, id, std::move(subscriber));
      },
      [this](unsubscribe_atom, AIRole role, const RequestId& id,
             const stream_subscriber& subscriber) { return unsubscribe(role, id, subscriber); },
      [this](stats_atom, AIRole role) { return stats(role); },
      [this](requests_atom, AIRole role) { return running(role); },
      [this](health_atom) { return health(); },
      [this](subscribe_atom, const supervision_subscriber& subscriber) {
        subscribers_.add(subscriber);
        watch_peer(caf::actor_cast<caf::strong_actor_ptr>(subscriber));
        return Ack{};
      },
      [this](unsubscribe_atom, const supervision_subscriber& subscriber) {
        const auto address = caf::actor_cast<caf::actor_addr>(subscriber);
        subscribers_.remove(address);
        if (!requesters_.contains(address))
          watcher_.forget(subscriber);
        return Ack{};
      },
  };
}

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
  const bool known = std::ranges::any_of(nodes_, [&hello](const Node& other) {
    return other.service && caf::actor_cast<caf::strong_actor_ptr>(other.service) == hello.service;
  });
  if (known) {
    // Two endpoints refer to the same node, which must not be monitored twice.
    if (++node.failures == 1)
      log(LogLevel::warning, "the node " + node.endpoint.text() + " is connected already");
    after(options_.max_redial, [this, index] { dial(index); });
    return greet();
  }
  log(LogLevel::info,
      "connected to the node " + node.endpoint.text() + ", version " + hello.version);
  if (node.connection > 0)
    subscribers_.tell_all(self_, {SupervisionEvent::Kind::component_restarted,
                                  node.endpoint.text() + " node", hello.version});
  node.failures = 0;
  node.leaving = false;
  ++node.connection;
  node.limits = hello.limits;
  node.known = {};
  node.service = caf::actor_cast<llm_service>(hello.service);
  node.models = caf::actor_cast<models_handle>(hello.models);
  node.config = caf::actor_cast<settings_handle>(hello.config);
  watcher_.watch(node.service, [this, index](const caf::error& reason) { on_lost(index, reason); });
  calls_.expect();
  if (!primary_)
    choose_primary();
  node.ready = false;
  if (nodes_.size() == 1)
    return on_ready(index);
  ask_models(index);
  after(news_limit, [this] {
    for (auto& promise : std::exchange(waiting_, {}))
      promise.deliver(Ack{});
  });
}

void Gateway::on_ready(std::size_t index) {
  nodes_[index].ready = true;
  greet();
  calls_.dispatch();
}

void Gateway::greet() {
  if (!connected() || std::ranges::any_of(nodes_, [this](const Node& n) { return unsettled(n); }))
    return;
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(Ack{});
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
    // Waiting does not resolve a mismatch. If the node was connected before, it may be shutting
    // down.
    if (error.code != ErrorCode::node_unreachable && nodes_.size() == 1 && node.connection == 0 &&
        !calls_.given_up())
      give_up(error);
    if (node.failures == 1 && losses_ == 0)
      give_up_unless_connected(error);
  }
  greet();
  calls_.dispatch();
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
  subscribers_.tell_all(self_, {SupervisionEvent::Kind::component_failed,
                                node.endpoint.text() + " node", describe(reason)});
  node.service = llm_service{};
  node.ready = false;
  ++node.connection;
  if (primary_ == index)
    choose_primary();
  take_from(index, {.code = ErrorCode::node_lost, .subject = node.endpoint.text()});
  if (!connected())
    give_up_unless_connected(
        {.code = ErrorCode::node_unreachable, .subject = node.endpoint.text()});
  // Not immediately: until CAF has dropped the old connection, it would return that one again.
  after(options_.first_redial / 2, [this, index] { dial(index); });
}

void Gateway::ask_models(std::size_t index) {
  const auto connection = nodes_[index].connection;
  auto current = [this, index, connection] { return nodes_[index].connection == connection; };
  for (const auto role : all_roles())
    ask(self_, nodes_[index].models, models_limit, get_model_for_role_atom_v, role)
        .then(
            [this, index, role, current](std::string& model) {
              if (current())
                nodes_[index].known.of_role[role] = std::move(model);
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
            on_ready(index);
          },
          [this, index, current](const caf::error&) {
            if (current())
              on_ready(index);
          });
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
  tell(self_, fronts_.models, nodes_[*primary_].models);
  tell(self_, fronts_.config, nodes_[*primary_].config);
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
  tell(self_, fronts_.models, finish_atom_v, error);
  tell(self_, fronts_.config, finish_atom_v, error);
  calls_.give_up(error);
}

PendingCalls::Choice
Gateway::choose(AIRole role, const std::string& model,
                const std::function<Result<void>(const Limits&)>& check) const {
  std::vector<NodeCandidate> candidates;
  for (std::size_t index = 0; index < nodes_.size(); ++index)
    if (const auto& node = nodes_[index]; node.service && node.ready && !node.leaving)
      candidates.push_back({.index = index,
                            .can_serve = node.known.can_serve(role, model) && check(node.limits),
                            .outstanding = calls_.asked_of(index)});
  const bool can = std::ranges::any_of(candidates, &NodeCandidate::can_serve);
  if (!can && std::ranges::any_of(nodes_, [this](const Node& node) { return unsettled(node); }))
    return std::nullopt;
  const auto chosen = choose_node(candidates);
  // A node closes the connection on requests over its limits.
  if (chosen)
    if (auto fits = check(nodes_[*chosen].limits); !fits)
      return failure(std::move(fits.error()));
  return chosen;
}

void Gateway::after(Millis wait, std::function<void()> job) {
  later_.emplace(++last_later_, std::move(job));
  tell_after(self_, wait, gateway_internal{self_}, tick_atom_v, last_later_);
}

GatewayHandles spawn_gateway(caf::actor_system& system, GatewayOptions options) {
  const auto chance = options.chance;
  GatewayHandles handles;
  for (const auto role : all_roles())
    handles.fronts.roles[role] = spawn_role_handle(system, role);
  // The nodes retry on their own.
  LLMClientConfig once;
  once.max_retries = 0;
  handles.fronts.models = spawn_models_handle(system, once, chance);
  handles.fronts.config = spawn_config_handle(system);
  handles.root = spawn_state<Gateway>(system, std::move(options), handles.fronts);
  for (const auto& role : handles.fronts.roles)
    anon_tell(role, llm_service{handles.root});
  anon_tell(handles.root, open_atom_v);
  return handles;
}

} // namespace nexus::llm
