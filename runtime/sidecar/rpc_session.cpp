// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/rpc_session.hpp"

#include <utility>

#include "runtime/sidecar/protocol_json.hpp"

namespace nexus::llm::sidecar {

namespace {

/// Calls of one client that may be under way at once.
constexpr std::size_t most_calls = 1024;

/// The parameter of every method that asks for technical details of errors.
constexpr const char* detail_param = "errorDetail";

} // namespace

RpcSession::RpcSession(rpc_session::pointer self, Parts parts)
    : self_{self}, parts_{std::move(parts)} {
  watcher_.attach(self_);
  parts_.writer->on_drained([session = rpc_session{self_}] { anon_tell(session, tick_atom_v); });
  ask_watched(self_, parts_.handles.health, subscribe_atom_v,
              supervision_subscriber{rpc_session{self_}})
      .then([](Ack) {}, [](const caf::error&) {});
}

RpcSession::~RpcSession() {
  // Breaks the cycle of references between the writer and this actor.
  parts_.writer->on_drained({});
  if (next_line_)
    next_line_();
  for (const auto& id : open_ids_)
    parts_.writer->push(error_line(id, report(LLMError{.code = ErrorCode::cancelled})));
  for (const auto& [id, stream] : streams_)
    anon_exit(stream.forwarder, caf::exit_reason::user_shutdown);
  for (const auto& [id, forwarder] : pulls_)
    anon_exit(forwarder, caf::exit_reason::user_shutdown);
}

rpc_session::behavior_type RpcSession::make_behavior() {
  return {
      [this](const std::string& line) { return on_line(line); },
      [this](tick_atom) {
        if (std::exchange(config_missed_, false))
          send_config();
        if (next_line_)
          std::exchange(next_line_, {})();
      },
      [this](finish_atom) { finish(); },
      [this](const SupervisionEvent& event) { on_event(event); },
  };
}

caf::result<void> RpcSession::on_line(const std::string& line) {
  if (finishing_)
    return {};
  handle(line);
  // A client that does not read its answers may not send either.
  if (!parts_.writer->is_clogged())
    return {};
  next_line_ = promise_nothing(self_);
  return caf::delegated<void>{};
}

void RpcSession::handle(const std::string& line) {
  auto call = parse_call(line);
  if (!call) {
    parts_.writer->push(std::move(call.error()));
    return;
  }
  Call origin{.id = call->id};
  if (const auto* detail = json::find(call->params, detail_param)) {
    if (!detail->IsBool() && !detail->IsNull()) {
      if (!call->is_notification())
        parts_.writer->push(error_line(
            call->id, report(RpcCode::invalid_params, "`errorDetail` must be true or false.")));
      return;
    }
    origin.detail = detail->IsTrue();
    call->params.RemoveMember(detail_param);
  }
  if (!call->is_notification() && !open_ids_.insert(call->id).second) {
    parts_.writer->push(error_line(
        call->id, report(RpcCode::invalid_request,
                         "The id " + call->id + " belongs to a call that is under way.")));
    return;
  }
  ++open_calls_;
  if (open_calls_ > most_calls)
    return fail(origin, {.code = ErrorCode::too_many_requests, .subject = "this client"});
  if (!run_named(Methods{}, *call, origin))
    reject(origin, RpcCode::method_not_found, "There is no method `" + call->method + "`.");
}

template <class... Each>
bool RpcSession::run_named(Types<Each...>, RpcCall& call, const Call& origin) {
  return (run_if_named(Each{}, call, origin) || ...);
}

template <class Method>
bool RpcSession::run_if_named(Method method, RpcCall& call, const Call& origin) {
  if (call.method != Method::name)
    return false;
  auto params = read_params<typename Method::Params>(call.params);
  if (params)
    run(method, origin, *params);
  else
    reject(origin, RpcCode::invalid_params,
           "Invalid parameters of `" + call.method + "`: " + params.error().subject + ".");
  return true;
}

void RpcSession::on_event(const SupervisionEvent& event) {
  if (event.kind == SupervisionEvent::Kind::settings_changed)
    return send_config();
  // `llm_health` returns the latest events to a client that was too slow.
  if (parts_.writer->is_clogged())
    return;
  json::Document document;
  parts_.writer->push(
      notification_line(SupervisionNote::method, json::to_value(event, document.GetAllocator())));
}

void RpcSession::send_config() {
  if (parts_.writer->is_clogged()) {
    config_missed_ = true;
    return;
  }
  ask_watched(self_, parts_.handles.config, get_config_atom_v)
      .then(
          [this](const LLMClientConfig& config) {
            json::Document params{rapidjson::kObjectType};
            auto& allocator = params.GetAllocator();
            params.AddMember("config", config_section(config, allocator), allocator);
            parts_.writer->push(notification_line(ConfigNote::method, params));
          },
          [](const caf::error&) {});
}

void RpcSession::finish() {
  finishing_ = true;
  if (next_line_)
    std::exchange(next_line_, {})();
  for (const auto& [id, cancel] : cancels_)
    cancel();
  for (const auto& [id, stream] : streams_)
    if (stream.role)
      anon_tell(stream.forwarder, cancel_atom_v);
    else
      anon_exit(stream.forwarder, caf::exit_reason::user_shutdown);
  quit_if_idle();
}

void RpcSession::quit_if_idle() {
  if (finishing_ && open_calls_ == 0 && streams_.empty())
    self_->quit();
}

stream_forwarder RpcSession::forward(StreamForwarder::Parts parts, std::optional<AIRole> role) {
  const auto id = parts.id;
  const auto ended = parts.ended;
  stream_forwarder forwarder = spawn_state<StreamForwarder>(self_->system(), std::move(parts));
  watcher_.watch(forwarder, [this, id, forwarder](const caf::error&) {
    // The client may have used the id again since.
    if (const auto entry = streams_.find(id);
        entry != streams_.end() && entry->second.forwarder == forwarder)
      streams_.erase(entry);
    quit_if_idle();
  });
  streams_.insert_or_assign(id, Stream{forwarder, role, ended});
  return forwarder;
}

void RpcSession::leave(const RequestId& id) {
  const auto entry = streams_.find(id);
  if (entry == streams_.end())
    return;
  watcher_.forget(entry->second.forwarder);
  anon_exit(entry->second.forwarder, caf::exit_reason::user_shutdown);
  streams_.erase(entry);
}

bool RpcSession::is_used(const RequestId& id) const {
  const auto stream = streams_.find(id);
  return cancels_.contains(id) || (stream != streams_.end() && !*stream->second.ended);
}

bool RpcSession::refuse_used(const Call& call, const RequestId& id) {
  if (!is_used(id))
    return false;
  reject(call, RpcCode::invalid_params,
         "The request id `" + id.value + "` belongs to a request that is under way.");
  return true;
}

void RpcSession::answer_json(const Call& call, const json::Value& result) {
  if (!call.id.empty())
    parts_.writer->push(result_line(call.id, result));
  close(call);
}

void RpcSession::fail(const Call& call, const LLMError& error) {
  if (!call.id.empty())
    parts_.writer->push(error_line(call.id, report(error, call.detail)));
  close(call);
}

void RpcSession::reject(const Call& call, RpcCode code, std::string message) {
  if (!call.id.empty())
    parts_.writer->push(error_line(call.id, report(code, std::move(message))));
  close(call);
}

void RpcSession::close(const Call& call) {
  open_ids_.erase(call.id);
  --open_calls_;
  quit_if_idle();
}

rpc_session spawn_rpc_session(caf::actor_system& system, RpcSession::Parts parts) {
  return spawn_state<RpcSession>(system, std::move(parts));
}

} // namespace nexus::llm::sidecar
