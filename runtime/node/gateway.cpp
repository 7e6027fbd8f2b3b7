#include "runtime/node/gateway.hpp"

#include <algorithm>

#include "actors/log.hpp"
#include "runtime/node/stream_relay.hpp"

namespace nexus::llm {

namespace {

constexpr std::chrono::milliseconds connect_limit{5000};
constexpr std::chrono::milliseconds hello_limit{2000};

/// Whether an answer means that the node is about to be gone: it will be asked again when it is
/// back.
bool is_farewell(const caf::error& error) {
  const auto code = to_llm_error(error).code;
  return is_death_of("RetrySupervisor", error) || code == ErrorCode::shutting_down;
}

} // namespace

Gateway::Gateway(gateway_internal::pointer self, GatewayOptions options,
                 std::shared_ptr<GatewayFacades> facades)
    : self_{self}, options_{std::move(options)}, facades_{std::move(facades)},
      calls_{{.subject = options_.node.text(),
              .child = "RetrySupervisor",
              .is_loss = is_farewell,
              .lost = ErrorCode::node_lost,
              .window = RelayRules{}.max_calls}} {
  watcher_.attach(self_);
  self_->set_error_handler([](const caf::error&) {});
}

Gateway::~Gateway() {
  for (auto& [id, stream] : streams_)
    if (stream.promise.pending())
      stream.promise.deliver(to_caf_error({.code = ErrorCode::shutting_down}));
  for (auto& promise : waiting_)
    promise.deliver(to_caf_error({.code = ErrorCode::shutting_down}));
  const LLMError end{.code = ErrorCode::shutting_down};
  for (auto& [id, stream] : streams_)
    if (stream.relay)
      anon_tell(stream.relay, finish_atom_v, end);
  for (auto& [key, joined] : joined_)
    anon_tell(joined.relay, finish_atom_v, end);
  // The facades heed nobody but this, which is not there any more.
  for (const auto& role : facades_->roles)
    anon_exit(role, caf::exit_reason::kill);
  anon_exit(facades_->models, caf::exit_reason::kill);
  anon_exit(facades_->config, caf::exit_reason::kill);
}

gateway_internal::behavior_type Gateway::make_behavior() {
  return {
      [this](open_atom) { dial(); },
      [this](tick_atom, std::uint64_t id) {
        if (auto job = jobs_.extract(id); !job.empty())
          job.mapped()();
      },
      [this](hello_atom) {
        auto promise = self_->make_response_promise<Ack>();
        if (service_)
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
        return pass_for<BatchResponse>(role, id, atom, role, std::move(prompts),
                                       std::move(options));
      },
      [this](embed_atom atom, AIRole role, EmbedRequest& request) {
        if (request.id.value.empty())
          request.id = options_.chance.id();
        const auto id = request.id;
        return pass_for<EmbedResponse>(role, id, atom, role, std::move(request));
      },
      [this](cancel_atom, AIRole role, const RequestId& id) { return cancel(role, id); },
      [this](position_atom atom, AIRole role, RequestId& id) {
        return pass<QueuePosition>(atom, role, std::move(id));
      },
      [this](subscribe_atom, AIRole role, const RequestId& id, stream_subscriber& subscriber) {
        return subscribe(role, id, std::move(subscriber));
      },
      [this](unsubscribe_atom, AIRole role, const RequestId& id,
             const stream_subscriber& subscriber) { return unsubscribe(role, id, subscriber); },
      [this](stats_atom atom, AIRole role) { return pass<RoleStats>(atom, role); },
      [this](health_atom atom) { return pass<Health>(atom); },
  };
}

// The node.

void Gateway::dial() {
  options_.dial(self_, options_.node, [this](Result<NodeHello> hello) {
    if (hello)
      on_connected(*hello);
    else
      on_dial_failed(hello.error());
  });
}

void Gateway::on_connected(const NodeHello& hello) {
  log(LogLevel::info, "connected to the node " + options_.node.text());
  failures_ = 0;
  given_up_.reset();
  ++connection_;
  service_ = caf::actor_cast<llm_service>(hello.service);
  watcher_.watch(service_, [this](const caf::error& reason) { on_lost(reason); });
  calls_.connect(service_);
  tell(self_, facades_->models, caf::actor_cast<model_manager_actor>(hello.models));
  tell(self_, facades_->config, caf::actor_cast<config_actor>(hello.config));
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(Ack{});
  std::vector<RequestId> parked;
  for (const auto& [id, stream] : streams_)
    if (stream.stage == Stream::Stage::parked)
      parked.push_back(id);
  for (const auto& id : parked)
    send(id);
}

void Gateway::on_dial_failed(const LLMError& error) {
  for (auto& promise : std::exchange(waiting_, {}))
    promise.deliver(to_caf_error(error));
  ++failures_;
  if (failures_ == 1)
    log(LogLevel::warning, log_line(error));
  // Two machines that agree on nothing will not do so because somebody waits.
  if (error.code != ErrorCode::node_unreachable && !given_up_)
    give_up(error);
  auto wait = options_.first_redial;
  for (std::uint32_t i = 1; i < failures_ && wait < options_.max_redial; ++i)
    wait *= 2;
  wait = std::min(wait, options_.max_redial);
  const auto part = 0.5 + 0.5 * options_.chance.wait();
  after(Millis{static_cast<Millis::rep>(static_cast<double>(wait.count()) * part)},
        [this] { dial(); });
  if (failures_ == 1 && connection_ == 0)
    after(options_.patience, [this, error] {
      if (!service_ && connection_ == 0)
        give_up(error);
    });
}

void Gateway::on_lost(const caf::error& reason) {
  log(LogLevel::warning,
      "lost the node " + options_.node.text() + " (" + describe(reason) + "); dialling again");
  service_ = llm_service{};
  calls_.disconnect();
  const auto error = lost_error();
  std::vector<RequestId> live;
  for (const auto& [id, stream] : streams_)
    live.push_back(id);
  for (const auto& id : live) {
    auto& stream = streams_.at(id);
    if (stream.stage == Stream::Stage::answered)
      tell(self_, stream.relay, finish_atom_v, *stream.response);
    else if (stream.stage == Stream::Stage::asked)
      restart(id, error);
  }
  for (const auto& [key, joined] : joined_)
    tell(self_, joined.relay, finish_atom_v, error);
  after(options_.patience, [this, connection = connection_] {
    if (!service_ && connection == connection_)
      give_up({.code = ErrorCode::node_unreachable, .subject = options_.node.text()});
  });
  // Not at once: CAF needs a moment to forget the old connection, and would hand it out again.
  after(options_.first_redial / 2, [this] { dial(); });
}

void Gateway::give_up(const LLMError& error) {
  given_up_ = error;
  calls_.give_up(error);
  tell(self_, facades_->models, finish_atom_v, error);
  tell(self_, facades_->config, finish_atom_v, error);
  std::vector<RequestId> parked;
  for (const auto& [id, stream] : streams_)
    if (stream.stage == Stream::Stage::parked)
      parked.push_back(id);
  for (const auto& id : parked)
    end_stream(id, error);
}

LLMError Gateway::lost_error() const {
  return {.code = ErrorCode::node_lost, .subject = options_.node.text()};
}

void Gateway::after(Millis wait, std::function<void()> job) {
  jobs_.emplace(++last_job_, std::move(job));
  tell_after(self_, wait, gateway_internal{self_}, tick_atom_v, last_job_);
}

// Requests.

template <class T, class... Ts> Gateway::Promise<T> Gateway::pass(Ts... request) {
  return calls_.pass<T>(self_, Calls::Repeat::always, std::move(request)...);
}

template <class T, class... Ts>
Gateway::Promise<T> Gateway::pass_for(AIRole role, RequestId id, Ts... request) {
  const auto requester = hold(self_->current_sender());
  roles_[id] = role;
  return calls_.pass_for<T>(self_,
                            {.id = id,
                             .requester = requester,
                             .on_end =
                                 [this, id, requester] {
                                   roles_.erase(id);
                                   forget_requester(requester);
                                 }},
                            Calls::Repeat::always, std::move(request)...);
}

Gateway::Promise<LLMResponse> Gateway::submit(AIRole role, LLMRequest request) {
  if (request.id.value.empty())
    request.id = options_.chance.id();
  const auto id = request.id;
  return pass_for<LLMResponse>(role, id, submit_atom_v, role, std::move(request));
}

Gateway::Promise<LLMResponse> Gateway::submit(AIRole role, LLMRequest request,
                                              stream_subscriber subscriber) {
  // The promise takes the sender with it.
  const auto sender = self_->current_sender();
  auto promise = self_->make_response_promise<LLMResponse>();
  if (request.id.value.empty())
    request.id = options_.chance.id();
  const auto id = request.id;
  if (streams_.contains(id) || given_up_) {
    const auto error = given_up_ && !streams_.contains(id)
                           ? *given_up_
                           : LLMError{.code = ErrorCode::invalid_argument,
                                      .subject = "the request id `" + id.value + "` is in use"};
    anon_tell(subscriber, StreamError{.id = id, .error = error});
    promise.deliver(to_caf_error(error));
    return promise;
  }
  auto& stream = streams_[id];
  stream.role = role;
  stream.request = std::move(request);
  stream.relay =
      spawn_stream_relay(self_->system(), id, std::move(subscriber), gateway_internal{self_});
  stream.promise = promise;
  stream.requester = hold(sender);
  if (service_)
    send(id);
  return promise;
}

void Gateway::send(const RequestId& id) {
  auto& stream = streams_.at(id);
  stream.stage = Stream::Stage::asked;
  const auto epoch = stream.epoch = ++last_epoch_;
  ask_watched(self_, service_, submit_atom_v, stream.role, stream.request,
              stream_subscriber{stream.relay})
      .then([this, id,
             epoch](LLMResponse& response) { on_stream_answer(id, epoch, std::move(response)); },
            [this, id, epoch](const caf::error& error) {
              if (!is_farewell(error))
                on_stream_answer(id, epoch, failure(to_llm_error(error)));
            });
}

void Gateway::on_stream_answer(const RequestId& id, std::uint64_t epoch,
                               Result<LLMResponse> answer) {
  const auto entry = streams_.find(id);
  if (entry == streams_.end() || entry->second.epoch != epoch ||
      entry->second.stage != Stream::Stage::asked)
    return;
  auto& stream = entry->second;
  forget_requester(stream.requester);
  if (!answer) {
    // The node tells the subscriber so, through the relay.
    stream.promise.deliver(to_caf_error(answer.error()));
    stream.stage = Stream::Stage::answered;
    stream.response.reset();
    if (!stream.relay)
      streams_.erase(entry);
    else
      tell(self_, stream.relay, finish_atom_v, std::move(answer.error()));
    return;
  }
  stream.promise.deliver(*answer);
  stream.stage = Stream::Stage::answered;
  stream.response = std::move(*answer);
  if (!stream.relay)
    streams_.erase(entry);
}

void Gateway::restart(const RequestId& id, const LLMError& reason) {
  auto& stream = streams_.at(id);
  if (!stream.relay)
    return end_stream(id, reason);
  stream.stage = Stream::Stage::asking;
  const auto epoch = stream.epoch = ++last_epoch_;
  auto decide = [this, id, epoch, reason](bool fresh) {
    const auto entry = streams_.find(id);
    if (entry == streams_.end() || entry->second.epoch != epoch)
      return;
    if (!fresh)
      return end_stream(id, reason);
    entry->second.stage = Stream::Stage::parked;
    if (service_)
      send(id);
    else if (given_up_)
      end_stream(id, *given_up_);
  };
  ask_watched(self_, stream.relay, restart_atom_v, reason)
      .then(decide, [decide](const caf::error&) { decide(false); });
}

void Gateway::end_stream(const RequestId& id, LLMError error) {
  auto node = streams_.extract(id);
  if (node.empty())
    return;
  auto& stream = node.mapped();
  if (stream.stage != Stream::Stage::answered)
    forget_requester(stream.requester);
  if (stream.promise.pending())
    stream.promise.deliver(to_caf_error(error));
  if (stream.relay)
    tell(self_, stream.relay, finish_atom_v, std::move(error));
}

Gateway::Promise<Ack> Gateway::subscribe(AIRole role, const RequestId& id,
                                         stream_subscriber subscriber) {
  const RequestId key{id.value + "\n" + std::to_string(++last_joined_)};
  auto relay = spawn_stream_relay(self_->system(), key, subscriber, gateway_internal{self_});
  joined_.emplace(key, Joined{id, std::move(subscriber), relay});
  auto promise = pass<Ack>(subscribe_atom_v, role, id, stream_subscriber{relay});
  return promise;
}

Gateway::Promise<Ack> Gateway::unsubscribe(AIRole role, const RequestId& id,
                                           const stream_subscriber& subscriber) {
  stream_relay relay;
  if (const auto stream = streams_.find(id); stream != streams_.end())
    relay = stream->second.relay;
  for (const auto& [key, joined] : joined_)
    if (joined.stream == id && joined.subscriber == subscriber)
      relay = joined.relay;
  if (!relay) {
    auto promise = self_->make_response_promise<Ack>();
    promise.deliver(
        to_caf_error({.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  return pass<Ack>(unsubscribe_atom_v, role, id, stream_subscriber{relay});
}

Gateway::Promise<bool> Gateway::cancel(AIRole role, const RequestId& id) {
  const auto stream = streams_.find(id);
  const bool here = stream != streams_.end() && (stream->second.stage == Stream::Stage::parked ||
                                                 stream->second.stage == Stream::Stage::asking);
  if (here || (!service_ && calls_.contains(id))) {
    auto promise = self_->make_response_promise<bool>();
    if (here)
      end_stream(id, {.code = ErrorCode::cancelled});
    else
      static_cast<void>(calls_.cancel(id));
    promise.deliver(true);
    return promise;
  }
  return pass<bool>(cancel_atom_v, role, id);
}

void Gateway::on_relay_ended(const RequestId& key) {
  joined_.erase(key);
  const auto stream = streams_.find(key);
  if (stream == streams_.end())
    return;
  stream->second.relay = stream_relay{};
  if (stream->second.stage == Stream::Stage::answered)
    streams_.erase(stream);
}

caf::actor_addr Gateway::hold(const caf::strong_actor_ptr& requester) {
  if (!requester)
    return {};
  const auto address = caf::actor_cast<caf::actor_addr>(requester);
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
  const auto roles = roles_;
  for (const auto& id : calls_.abandon(requester))
    if (const auto role = roles.find(id); service_ && role != roles.end())
      anon_tell(service_, cancel_atom_v, role->second, id);
  std::vector<RequestId> orphans;
  for (const auto& [id, stream] : streams_)
    if (stream.requester == requester && stream.stage != Stream::Stage::answered)
      orphans.push_back(id);
  for (const auto& id : orphans) {
    const auto& stream = streams_.at(id);
    if (service_ && stream.stage == Stream::Stage::asked)
      anon_tell(service_, cancel_atom_v, stream.role, id);
    end_stream(id, {.code = ErrorCode::cancelled});
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
  // The node makes its own repetitions.
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
