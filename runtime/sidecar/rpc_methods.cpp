// SPDX-License-Identifier: BSD-3-Clause
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "nexus_llm/portability_actors.hpp"
#include "runtime/sidecar/protocol_json.hpp"
#include "runtime/sidecar/pull_forwarder.hpp"
#include "runtime/sidecar/rpc_session.hpp"

// What the RpcSession does for each method of the protocol.
namespace nexus::llm::sidecar {

namespace {

/// Returns the protocol's JSON of an answer.
constexpr auto as_it_is = [](const auto& answer, json::Allocator& allocator) {
  return to_protocol(answer, allocator);
};
constexpr auto as_null = [](const auto&, json::Allocator&) { return json::Value{}; };
constexpr auto as_section = [](const LLMClientConfig& config, json::Allocator& allocator) {
  return config_section(config, allocator);
};

void ensure(RequestId& id) {
  if (id.value.empty())
    id = make_request_id();
}

auto as_response(bool full) {
  return [full](const LLMResponse& response, json::Allocator& allocator) {
    return full ? to_protocol(response, allocator)
                : json::make_string(response.response, allocator);
  };
}

} // namespace

template <class T> void RpcSession::answer(const Call& call, const T& result) {
  json::Document document;
  answer_json(call, to_protocol(result, document.GetAllocator()));
}

template <class T, class Handle, class Convert, class... Ts>
void RpcSession::ask_for(const Call& call, const Handle& handle, Convert convert,
                         const Ts&... content) {
  ask_watched(self_, handle, content...)
      .then(
          [this, call, convert](const T& result) {
            json::Document document;
            answer_json(call, convert(result, document.GetAllocator()));
          },
          [this, call](const caf::error& error) { fail(call, to_llm_error(error)); });
}

template <class T, class Handle, class Convert, class... Ts>
void RpcSession::ask_cancellable(const Call& call, const RequestId& id, const Handle& handle,
                                 Convert convert, const Ts&... content) {
  if (refuse_used(call, id))
    return;
  cancels_.emplace(id, [handle, id] { anon_tell(handle, cancel_atom_v, id); });
  ask_watched(self_, handle, content...)
      .then(
          [this, call, convert, id](const T& result) {
            cancels_.erase(id);
            json::Document document;
            answer_json(call, convert(result, document.GetAllocator()));
          },
          [this, call, id](const caf::error& error) {
            cancels_.erase(id);
            fail(call, to_llm_error(error));
          });
}

void RpcSession::run(Generate, const Call& call, GenerateParams& params) {
  auto& options = params.options;
  ensure(options.id);
  ask_cancellable<LLMResponse>(call, options.id, parts_.handles.role(params.role),
                               as_response(params.full), generate_atom_v, params.prompt, options);
}

void RpcSession::run(Chat, const Call& call, ChatParams& params) {
  auto& options = params.options;
  ensure(options.id);
  ask_cancellable<LLMResponse>(call, options.id, parts_.handles.role(params.role),
                               as_response(params.full), chat_atom_v, params.messages, options);
}

void RpcSession::run(GenerateStreaming, const Call& call, GenerateStreamingParams& params) {
  auto& options = params.options;
  ensure(options.id);
  start_stream(call, params.role, options,
               [prompt = std::move(params.prompt), options](const stream_subscriber& subscriber) {
                 return caf::make_message(generate_streaming_atom_v, prompt, options, subscriber);
               });
}

void RpcSession::run(ChatStreaming, const Call& call, ChatStreamingParams& params) {
  auto& options = params.options;
  ensure(options.id);
  start_stream(
      call, params.role, options,
      [messages = std::move(params.messages), options](const stream_subscriber& subscriber) {
        return caf::make_message(chat_streaming_atom_v, messages, options, subscriber);
      });
}

void RpcSession::run(ListModels, const Call& call, NoParams&) {
  ask_for<ModelList>(
      call, parts_.handles.models,
      [](const ModelList& list, json::Allocator& allocator) {
        return to_protocol(list.models, allocator);
      },
      list_models_atom_v);
}

void RpcSession::run(CheckModel, const Call& call, ModelParams& params) {
  ask_for<bool>(call, parts_.handles.models, as_it_is, check_model_atom_v, params.model_name);
}

void RpcSession::run(GetModelForRole, const Call& call, RoleParams& params) {
  ask_for<std::string>(call, parts_.handles.models, as_it_is, get_model_for_role_atom_v,
                       params.role);
}

void RpcSession::run(SetModelForRole, const Call& call, SetModelParams& params) {
  ask_for<ModelConfig>(call, parts_.handles.models, as_null, set_model_for_role_atom_v, params.role,
                       params.model_name);
}

void RpcSession::run(Cancel, const Call& call, RequestParams& params) {
  struct Tally {
    std::size_t left;
    bool found = false;
  };
  const auto tally = std::make_shared<Tally>(Tally{.left = 1});
  auto count = [this, call, tally](bool found) {
    tally->found = tally->found || found;
    if (--tally->left == 0)
      answer(call, tally->found);
  };
  auto then_count = [&count](auto request) {
    std::move(request).then(count, [count](const caf::error&) { count(false); });
  };
  if (const auto stream = streams_.find(params.id); stream != streams_.end() && stream->second.role)
    return then_count(ask_watched(self_, stream->second.forwarder, cancel_atom_v));
  if (const auto pull = pulls_.find(params.id); pull != pulls_.end())
    return then_count(ask_watched(self_, pull->second, cancel_atom_v));
  // The request may belong to any role, or be about a model.
  tally->left = all_roles().size() + 1;
  for (const auto role : all_roles())
    then_count(ask_watched(self_, parts_.handles.role(role), cancel_atom_v, params.id));
  then_count(ask_watched(self_, parts_.handles.models, cancel_atom_v, params.id));
}

void RpcSession::run(Subscribe, const Call& call, RequestParams& params) {
  if (refuse_used(call, params.id))
    return;
  const auto forwarder = forward(
      {.id = params.id, .writer = parts_.writer, .detail = call.detail, .role = {}, .request = {}},
      std::nullopt);
  join(call, params.id, forwarder, 0);
}

void RpcSession::join(const Call& call, const RequestId& id, const stream_forwarder& forwarder,
                      std::size_t role) {
  ask_watched(self_, parts_.handles.role(all_roles()[role]), subscribe_atom_v, id,
              stream_subscriber{forwarder})
      .then(
          [this, call, id, forwarder](Ack) {
            answer(call, StreamStarted{.id = id});
            anon_tell(forwarder, open_atom_v);
          },
          [this, call, id, forwarder, role](const caf::error& error) {
            const auto reason = to_llm_error(error);
            if (reason.code == ErrorCode::unknown_request && role + 1 < all_roles().size())
              return join(call, id, forwarder, role + 1);
            leave(id);
            fail(call, reason);
          });
}

void RpcSession::run(Unsubscribe, const Call& call, RequestParams& params) {
  const auto entry = streams_.find(params.id);
  const bool found = entry != streams_.end() && !entry->second.role;
  if (found)
    leave(params.id);
  answer(call, found);
}

void RpcSession::run(ShowModel, const Call& call, ModelParams& params) {
  ask_for<ModelDetails>(call, parts_.handles.models, as_it_is, show_model_atom_v,
                        params.model_name);
}

void RpcSession::run(PullModel, const Call& call, PullParams& params) {
  ensure(params.id);
  if (refuse_used(call, params.id))
    return;
  const pull_forwarder forwarder = spawn_state<PullForwarder>(
      self_->system(), parts_.handles.models,
      ModelTransfer{.id = params.id, .model = params.model_name, .insecure = params.insecure},
      parts_.writer);
  pulls_.emplace(params.id, forwarder);
  cancels_.emplace(params.id, [forwarder] { anon_tell(forwarder, cancel_atom_v); });
  auto ended = [this, id = params.id, forwarder] {
    pulls_.erase(id);
    cancels_.erase(id);
    anon_exit(forwarder, caf::exit_reason::user_shutdown);
  };
  ask_watched(self_, forwarder, pull_model_atom_v)
      .then(
          [this, call, ended](Ack) {
            ended();
            answer_json(call, {});
          },
          [this, call, ended](const caf::error& error) {
            ended();
            fail(call, to_llm_error(error));
          });
}

void RpcSession::run(LoadModel, const Call& call, LoadParams& params) {
  ensure(params.id);
  ask_cancellable<Ack>(call, params.id, parts_.handles.models, as_null, load_model_atom_v,
                       params.id, params.model_name, params.keep_alive);
}

void RpcSession::run(UnloadModel, const Call& call, ModelParams& params) {
  ask_for<Ack>(call, parts_.handles.models, as_null, unload_model_atom_v, params.model_name);
}

void RpcSession::run(DeleteModel, const Call& call, ModelParams& params) {
  ask_for<Ack>(call, parts_.handles.models, as_null, delete_model_atom_v, params.model_name);
}

void RpcSession::run(ListRunningModels, const Call& call, NoParams&) {
  ask_for<RunningModels>(
      call, parts_.handles.models,
      [](const RunningModels& running, json::Allocator& allocator) {
        return to_protocol(running.models, allocator);
      },
      running_models_atom_v);
}

void RpcSession::run(GetConfig, const Call& call, NoParams&) {
  ask_for<LLMClientConfig>(call, parts_.handles.config, as_section, get_config_atom_v);
}

void RpcSession::run(UpdateConfig, const Call& call, UpdateConfigParams& params) {
  ask_for<LLMClientConfig>(call, parts_.handles.config, as_section, update_config_atom_v,
                           params.updates);
}

void RpcSession::run(GetHealth, const Call& call, NoParams&) {
  ask_for<Health>(call, parts_.handles.health, as_it_is, health_atom_v);
}

void RpcSession::run(GetStats, const Call& call, NoParams&) {
  struct Gathered {
    std::vector<RoleStats> roles = std::vector<RoleStats>(all_roles().size());
    std::size_t left = all_roles().size();
    std::optional<LLMError> error;
  };
  const auto gathered = std::make_shared<Gathered>();
  auto arrived = [this, call, gathered] {
    if (--gathered->left > 0)
      return;
    if (gathered->error)
      fail(call, *gathered->error);
    else
      answer(call, gathered->roles);
  };
  for (const auto role : all_roles())
    ask_watched(self_, parts_.handles.role(role), stats_atom_v)
        .then(
            [gathered, arrived, role](const RoleStats& stats) {
              gathered->roles[index_of(role)] = stats;
              arrived();
            },
            [gathered, arrived](const caf::error& error) {
              gathered->error = to_llm_error(error);
              arrived();
            });
}

void RpcSession::run(GetVersion, const Call& call, NoParams&) {
  Versions versions;
  versions.version = parts_.version;
  // Not `version_atom`, which tries again and again while Ollama does not answer.
  ask_watched(self_, parts_.handles.health, health_atom_v)
      .then(
          [this, call, versions](Health& health) mutable {
            if (health.reachable)
              versions.ollama = std::move(health.version);
            answer(call, versions);
          },
          [this, call, versions](const caf::error&) { answer(call, versions); });
}

void RpcSession::start_stream(const Call& call, AIRole role, const GenerateOptions& options,
                              StreamForwarder::Request request) {
  if (refuse_used(call, options.id))
    return;
  // The client must know the id before the first notification.
  answer(call, StreamStarted{.id = options.id});
  forward({.id = options.id,
           .writer = parts_.writer,
           .detail = call.detail,
           .role = parts_.handles.role(role),
           .request = std::move(request)},
          role);
}

} // namespace nexus::llm::sidecar
