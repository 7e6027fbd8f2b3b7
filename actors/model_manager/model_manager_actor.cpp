// SPDX-License-Identifier: BSD-3-Clause
#include "actors/model_manager/model_manager_actor.hpp"

#include <algorithm>
#include <utility>

#include "actors/components.hpp"
#include "actors/guarded_answer.hpp"
#include "actors/model_manager/remote_model.hpp"
#include "actors/model_manager/running_model.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/request_errors.hpp"
#include "actors/role/model_settings.hpp"
#include "config/describe_json.hpp"
#include "config/model_name.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

namespace {

/// The settings update that assigns a model to a role.
std::string model_patch(AIRole role, const std::string& model) {
  json::Document patch{rapidjson::kObjectType};
  auto& allocator = patch.GetAllocator();
  json::Value models{rapidjson::kObjectType};
  models.AddMember(json::make_string(to_string(role), allocator),
                   json::make_string(model, allocator), allocator);
  patch.AddMember("models", models, allocator);
  return json::to_text(patch);
}

/// Whether the error of a look-up means that the model does not exist.
bool is_missing(const LLMError& error) {
  return error.http_status == 400 || error.http_status == 404 || error.http_status == 405 ||
         error.code == ErrorCode::bad_response;
}

bool tells_of_a_model(const ModelDetails& details) {
  const bool described = !details.model_info.empty() && details.model_info != "{}";
  return described || !details.capabilities.empty() || !details.modelfile.empty() ||
         !details.remote_host.empty();
}

template <class T> void settle(caf::typed_response_promise<T> promise, Result<T> result) {
  if (result)
    promise.deliver(std::move(*result));
  else
    promise.deliver(to_caf_error(std::move(result.error())));
}

} // namespace

ModelManagerActor::ModelManagerActor(model_manager_actor::pointer self, LLMClientConfig config,
                                     ollama_models_actor client, settings_handle settings)
    : self_{self}, config_{std::move(config)}, client_{std::move(client)},
      settings_{std::move(settings)}, catalogue_{config_.model_list_ttl} {}

ModelManagerActor::~ModelManagerActor() {
  components_.reset();
  on_list(failure(ErrorCode::component_failed, name));
}

model_manager_actor::behavior_type ModelManagerActor::make_behavior() {
  return {
      [this](resolve_atom, AIRole role, const std::string& wanted,
             const std::vector<std::string>& excluded,
             bool refresh) { return resolve(role, wanted, excluded, refresh); },
      [this](heal_atom, const ResolvedModel& model) { return heal(model); },
      [this](const ComponentsPtr& components) {
        components_ = components;
        publish();
      },
      [this](update_config_atom, LLMClientConfig& config) { take(std::move(config)); },
      [this](get_model_for_role_atom, AIRole role) -> caf::result<std::string> {
        if (!is_known(role))
          return to_caf_error(no_such_role());
        return config_.model(role);
      },
      [this](set_model_for_role_atom, AIRole role, const std::string& model) {
        return set_model(role, model);
      },
      [this](check_model_atom, const std::string& model) { return check(model); },
      [this](list_models_atom) { return list(); },
      [this](show_model_atom, const std::string& model) {
        return pass<ModelDetails>(show_model_atom_v, model);
      },
      [this](running_models_atom) { return pass<RunningModels>(running_models_atom_v); },
      [this](load_model_atom, const std::string& model, const KeepAlive& keep_alive) {
        return load({}, model, keep_alive);
      },
      [this](load_model_atom, const RequestId& id, const std::string& model,
             const KeepAlive& keep_alive) { return load(id, model, keep_alive); },
      [this](cancel_atom, const RequestId& id) { return pass<bool>(cancel_atom_v, id); },
      [this](unload_model_atom, const std::string& model) {
        return pass<Ack>(unload_model_atom_v, model);
      },
      [this](pull_model_atom, const std::string& model, const pull_subscriber& subscriber) {
        return change_models(pull_model_atom_v, ModelTransfer{.id = {}, .model = model},
                             subscriber);
      },
      [this](pull_model_atom, const ModelTransfer& request, const pull_subscriber& subscriber) {
        return change_models(pull_model_atom_v, request, subscriber);
      },
      [this](push_model_atom, const ModelTransfer& request, const pull_subscriber& subscriber) {
        return pass<Ack>(push_model_atom_v, request, subscriber);
      },
      [this](create_model_atom, const CreateRequest& request, const pull_subscriber& subscriber) {
        return change_models(create_model_atom_v, request, subscriber);
      },
      [this](upload_blob_atom, const std::string& file) {
        return pass<std::string>(upload_blob_atom_v, file);
      },
      [this](delete_model_atom, const std::string& model) {
        return change_models(delete_model_atom_v, model);
      },
      [this](copy_model_atom, const std::string& source, const std::string& destination) {
        return change_models(copy_model_atom_v, source, destination);
      },
      [this](version_atom) { return pass<std::string>(version_atom_v); },
  };
}

void ModelManagerActor::take(LLMClientConfig config) {
  if (config.base_url != config_.base_url)
    forget_list();
  catalogue_.set_ttl(config.model_list_ttl);
  config_ = std::move(config);
}

void ModelManagerActor::forget_list() {
  catalogue_.invalidate();
  list_outdated_ = true;
  publish();
}

void ModelManagerActor::publish() {
  if (!components_)
    return;
  const auto now = self_->clock().now();
  const auto known =
      catalogue_.fresh(now) ? std::make_shared<const ModelCatalogue>(catalogue_) : CataloguePtr{};
  for (const auto& role : components_->roles)
    if (role.handle)
      tell(self_, role.handle, known);
}

ModelManagerActor::Promise<ResolvedModel>
ModelManagerActor::resolve(AIRole role, const std::string& wanted,
                           const std::vector<std::string>& excluded, bool refresh) {
  auto promise = self_->make_response_promise<ResolvedModel>();
  const auto choice = models_for(role, wanted, excluded, config_);
  const auto answer = guard(promise, name);
  with_list(refresh, [this, answer, choice](const Result<void>& listed, bool just_read) {
    if (!listed)
      return answer->fail(to_caf_error(listed.error()));
    if (auto model = choose_model(catalogue_, choice, config_); model || just_read)
      return model ? answer->deliver(std::move(*model)) : conclude(answer, choice, model.error());
    // The model may have been pulled since the list was read.
    with_list(true, [this, answer, choice](const Result<void>& again, bool) {
      if (!again)
        return answer->fail(to_caf_error(again.error()));
      if (auto model = choose_model(catalogue_, choice, config_))
        answer->deliver(std::move(*model));
      else
        conclude(answer, choice, model.error());
    });
  });
  return promise;
}

void ModelManagerActor::conclude(std::shared_ptr<GuardedAnswer<ResolvedModel>> answer,
                                 const ModelChoice& choice, LLMError error) {
  if (error.code != ErrorCode::model_not_found)
    return answer->fail(to_caf_error(std::move(error)));
  look_up(choice.candidates, [this, answer, choice](std::optional<LLMError> trouble) {
    auto model = choose_model(catalogue_, choice, config_);
    if (model)
      return answer->deliver(std::move(*model));
    const bool unknown = model.error().code == ErrorCode::model_not_found;
    answer->fail(to_caf_error(unknown && trouble ? *trouble : model.error()));
  });
}

void ModelManagerActor::look_up(std::vector<std::string> models, LookedUp then,
                                std::optional<LLMError> trouble) {
  if (models.empty())
    return then(std::move(trouble));
  const auto model = std::move(models.front());
  models.erase(models.begin());
  ask_watched(self_, client_, show_model_atom_v, model)
      .then(
          [this, model, models, then, trouble](const ModelDetails& details) {
            // Servers other than Ollama may reply to any name without any details.
            if (!tells_of_a_model(details))
              return look_up(models, then, trouble);
            catalogue_.add_unlisted({.name = model,
                                     .available = true,
                                     .remote_model = details.remote_model,
                                     .remote_host = details.remote_host});
            publish();
            then(trouble);
          },
          [this, models, then, trouble](const caf::error& error) {
            auto failure = to_llm_error(error);
            look_up(models, then, is_missing(failure) ? trouble : std::move(failure));
          });
}

ModelManagerActor::Promise<bool> ModelManagerActor::check(const std::string& model) {
  auto promise = self_->make_response_promise<bool>();
  if (auto valid = validate_model_name(model); !valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  const auto answer = guard(promise, name);
  auto look = [this, answer, model](const Result<void>& listed, bool) {
    if (!listed)
      return answer->fail(to_caf_error(listed.error()));
    if (catalogue_.find(model) != nullptr)
      return answer->deliver(true);
    look_up({model}, [this, answer, model](const std::optional<LLMError>& trouble) {
      const bool found = catalogue_.find(model) != nullptr;
      if (!found && trouble)
        answer->fail(to_caf_error(*trouble));
      else
        answer->deliver(found);
    });
  };
  with_list(false, [this, look, model](const Result<void>& listed, bool just_read) {
    if (!listed || just_read || catalogue_.find(model) != nullptr)
      look(listed, just_read);
    else
      with_list(true, look);
  });
  return promise;
}

ModelManagerActor::Promise<ModelList> ModelManagerActor::list() {
  auto promise = self_->make_response_promise<ModelList>();
  with_list(true, [this, promise](const Result<void>& listed, bool) {
    settle<ModelList>(promise,
                      listed ? Result<ModelList>{catalogue_.list()} : failure(listed.error()));
  });
  return promise;
}

ModelManagerActor::Promise<bool> ModelManagerActor::heal(const ResolvedModel& model) {
  auto promise = self_->make_response_promise<bool>();
  const auto now = self_->clock().now();
  std::erase_if(healed_at_,
                [&](const auto& healed) { return now - healed.second >= config_.timeout; });
  if (!healed_at_.emplace(model.name, now).second) {
    promise.deliver(false);
    return promise;
  }
  const auto answer = guard(promise, name);
  ask_watched(self_, client_, running_models_atom_v)
      .then(
          [this, answer, model](const RunningModels& running) {
            // A model that is still loading does not hang.
            if (find_running(running, model) == nullptr)
              return answer->deliver(false);
            ask_watched(self_, client_, unload_model_atom_v, model.name)
                .then([answer](Ack) { answer->deliver(true); },
                      [answer](caf::error& error) { answer->fail(std::move(error)); });
          },
          [answer](const caf::error&) { answer->deliver(false); });
  return promise;
}

ModelManagerActor::Promise<Ack> ModelManagerActor::load(const RequestId& id,
                                                        const std::string& model,
                                                        const KeepAlive& keep_alive) {
  auto promise = self_->make_response_promise<Ack>();
  const auto answer = guard(promise, name);
  // The list says whether the model runs on another machine.
  with_list(false, [this, answer, id, model, keep_alive](const Result<void>& listed, bool) {
    if (!listed)
      return answer->fail(to_caf_error(listed.error()));
    const auto* known = catalogue_.find(model);
    if (auto refused = remote_refusal(model, known != nullptr ? known->remote_host : "", config_))
      return answer->fail(to_caf_error(std::move(*refused)));
    auto request = load_request(model, keep_alive, config_);
    request.id = id;
    ask_watched(self_, client_, load_model_atom_v, std::move(request))
        .then([answer](Ack) { answer->deliver(Ack{}); },
              [answer](caf::error& error) { answer->fail(std::move(error)); });
  });
  return promise;
}

ModelManagerActor::Promise<ModelConfig> ModelManagerActor::set_model(AIRole role,
                                                                     const std::string& model) {
  auto promise = self_->make_response_promise<ModelConfig>();
  auto valid = validate_model_name(model);
  if (!is_known(role))
    valid = failure(no_such_role());
  if (!valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  const auto answer = guard(promise, name);
  ask_watched(self_, settings_, update_config_atom_v, model_patch(role, model))
      .then(
          [this, answer, role](LLMClientConfig& config) {
            take(std::move(config));
            answer->deliver(ModelConfig{config_.model(role), role, config_.base_url});
          },
          [answer](caf::error& error) { answer->fail(std::move(error)); });
  return promise;
}

template <class T, class... Ts>
ModelManagerActor::Promise<T> ModelManagerActor::pass(Ts... request) {
  auto promise = self_->make_response_promise<T>();
  const auto answer = guard(promise, name);
  ask_watched(self_, client_, std::move(request)...)
      .then([answer](T& result) { answer->deliver(std::move(result)); },
            [answer](caf::error& error) { answer->fail(std::move(error)); });
  return promise;
}

template <class... Ts>
ModelManagerActor::Promise<Ack> ModelManagerActor::change_models(Ts... request) {
  auto promise = self_->make_response_promise<Ack>();
  const auto answer = guard(promise, name);
  ask_watched(self_, client_, std::move(request)...)
      .then(
          [this, answer](Ack) {
            forget_list();
            answer->deliver(Ack{});
          },
          [answer](caf::error& error) { answer->fail(std::move(error)); });
  return promise;
}

void ModelManagerActor::with_list(bool refresh, Waiter waiter) {
  if (!refresh && catalogue_.fresh(self_->clock().now())) {
    waiter({}, false);
    return;
  }
  waiting_.push_back(std::move(waiter));
  if (waiting_.size() > 1)
    return;
  list_outdated_ = false;
  ask_watched(self_, client_, list_models_atom_v)
      .then([this](ModelList& list) { on_list(std::move(list)); },
            [this](const caf::error& error) { on_list(failure(to_llm_error(error))); });
}

void ModelManagerActor::on_list(Result<ModelList> list) {
  Result<void> outcome;
  if (list) {
    catalogue_.update(std::move(*list), self_->clock().now());
    if (list_outdated_)
      catalogue_.invalidate();
  } else {
    outcome = failure(std::move(list.error()));
  }
  publish();
  for (auto& waiter : std::exchange(waiting_, {}))
    waiter(outcome, true);
}

model_manager_actor spawn_model_manager(caf::actor_system& system, LLMClientConfig config,
                                        ollama_models_actor client, settings_handle settings) {
  return spawn_state<ModelManagerActor>(system, std::move(config), std::move(client),
                                        std::move(settings));
}

} // namespace nexus::llm
