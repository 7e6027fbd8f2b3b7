#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/supervision/config_actor.hpp"
#include "actors/supervision/exit_guard.hpp"
#include "actors/supervision/facades.hpp"
#include "actors/supervision/relay.hpp"
#include "actors/supervision/retry_policy.hpp"

#include <unordered_map>

namespace nexus::llm {

namespace {

class OllamaModelsFacade {
public:
  using Base = ollama_models_facade::base;
  using Calls = Relay<ollama_client_actor>;
  static constexpr const char* name = "OllamaModelsFacade";

  OllamaModelsFacade(ollama_models_facade::pointer self, const supervisor_actor& supervisor)
      : self_{self}, calls_{{.subject = "Ollama", .child = OllamaClientActor::name}},
        long_calls_{{.subject = "Ollama", .child = OllamaClientActor::name, .window = 16}} {
    heed_only(self_, supervisor);
  }

  ollama_models_facade::behavior_type make_behavior() {
    constexpr auto always = Calls::Repeat::always;
    constexpr auto unsent = Calls::Repeat::unsent;
    return {
        [this](ollama_client_actor& child) {
          long_calls_.connect(child);
          calls_.connect(std::move(child));
        },
        [this](list_models_atom atom) { return calls_.pass<ModelList>(self_, always, atom); },
        [this](check_model_atom atom, std::string& model) {
          return calls_.pass<bool>(self_, always, atom, std::move(model));
        },
        [this](show_model_atom atom, std::string& model) {
          return calls_.pass<ModelDetails>(self_, always, atom, std::move(model));
        },
        [this](running_models_atom atom) {
          return calls_.pass<RunningModels>(self_, always, atom);
        },
        [this](load_model_atom atom, LoadRequest& request) {
          return long_calls_.pass<Ack>(self_, always, atom, std::move(request));
        },
        [this](unload_model_atom atom, std::string& model) {
          return calls_.pass<Ack>(self_, always, atom, std::move(model));
        },
        [this](pull_model_atom atom, ModelTransfer& request, pull_subscriber& subscriber) {
          return long_calls_.pass<Ack>(self_, always, atom, std::move(request),
                                       std::move(subscriber));
        },
        [this](push_model_atom atom, ModelTransfer& request, pull_subscriber& subscriber) {
          return long_calls_.pass<Ack>(self_, always, atom, std::move(request),
                                       std::move(subscriber));
        },
        [this](create_model_atom atom, CreateRequest& request, pull_subscriber& subscriber) {
          return long_calls_.pass<Ack>(self_, always, atom, std::move(request),
                                       std::move(subscriber));
        },
        [this](upload_blob_atom atom, std::string& file) {
          return long_calls_.pass<std::string>(self_, always, atom, std::move(file));
        },
        [this](delete_model_atom atom, std::string& model) {
          return calls_.pass<Ack>(self_, unsent, atom, std::move(model));
        },
        [this](copy_model_atom atom, std::string& source, std::string& destination) {
          return calls_.pass<Ack>(self_, always, atom, std::move(source), std::move(destination));
        },
        [this](version_atom atom) { return calls_.pass<std::string>(self_, always, atom); },
    };
  }

private:
  ollama_models_facade::pointer self_;
  Calls calls_;
  Calls long_calls_; ///< downloads and loads, which must not keep the others waiting
};

class ModelManagerFacade {
public:
  using Base = model_manager_facade::base;
  using Calls = Relay<model_manager_actor>;
  static constexpr const char* name = "ModelManagerFacade";

  ModelManagerFacade(model_manager_facade::pointer self, const caf::strong_actor_ptr& master,
                     LLMClientConfig config, Chance chance)
      : self_{self}, config_{std::move(config)}, chance_{std::move(chance)},
        calls_{{.subject = "the models",
                .child = ModelManagerActor::name,
                .should_retry = [this](const LLMError& error, std::uint32_t failures,
                                       RelayRules::Time) { return retry_wait(error, failures); },
                .later =
                    [this](std::chrono::milliseconds wait, std::function<void()> job) {
                      later_.emplace(++last_job_, std::move(job));
                      tell_after(self_, wait, model_manager_facade{self_}, tick_atom_v, last_job_);
                    },
                // What is at Ollama at a time is bounded behind the ModelManagerActor.
                .window = RelayRules{}.max_calls}} {
    heed_only(self_, master);
  }

  model_manager_facade::behavior_type make_behavior() {
    constexpr auto always = Calls::Repeat::always;
    constexpr auto unsent = Calls::Repeat::unsent;
    return {
        [this](model_manager_actor& child) { calls_.connect(std::move(child)); },
        [this](finish_atom, LLMError& error) { calls_.give_up(std::move(error)); },
        [this](tick_atom, std::uint64_t job) {
          if (auto found = later_.extract(job); !found.empty())
            found.mapped()();
        },
        [this](update_config_atom, LLMClientConfig& config) { config_ = std::move(config); },
        [this](get_model_for_role_atom atom, AIRole role) {
          return calls_.pass<std::string>(self_, always, atom, role);
        },
        [this](set_model_for_role_atom atom, AIRole role, std::string& model) {
          return calls_.pass<ModelConfig>(self_, always, atom, role, std::move(model));
        },
        [this](check_model_atom atom, std::string& model) {
          return calls_.pass<bool>(self_, always, atom, std::move(model));
        },
        [this](list_models_atom atom) { return calls_.pass<ModelList>(self_, always, atom); },
        [this](show_model_atom atom, std::string& model) {
          return calls_.pass<ModelDetails>(self_, always, atom, std::move(model));
        },
        [this](running_models_atom atom) {
          return calls_.pass<RunningModels>(self_, always, atom);
        },
        [this](load_model_atom atom, std::string& model, std::string& keep_alive) {
          return calls_.pass<Ack>(self_, always, atom, std::move(model), std::move(keep_alive));
        },
        [this](unload_model_atom atom, std::string& model) {
          return calls_.pass<Ack>(self_, always, atom, std::move(model));
        },
        [this](pull_model_atom atom, std::string& model, pull_subscriber& subscriber) {
          return calls_.pass<Ack>(self_, always, atom, std::move(model), std::move(subscriber));
        },
        [this](pull_model_atom atom, ModelTransfer& request, pull_subscriber& subscriber) {
          return calls_.pass<Ack>(self_, always, atom, std::move(request), std::move(subscriber));
        },
        [this](push_model_atom atom, ModelTransfer& request, pull_subscriber& subscriber) {
          return calls_.pass<Ack>(self_, always, atom, std::move(request), std::move(subscriber));
        },
        [this](create_model_atom atom, CreateRequest& request, pull_subscriber& subscriber) {
          return calls_.pass<Ack>(self_, always, atom, std::move(request), std::move(subscriber));
        },
        [this](upload_blob_atom atom, std::string& file) -> caf::result<std::string> {
          // The file would be one of this machine, whoever asks.
          const auto sender = self_->current_sender();
          if (sender && sender->node() != self_->system().node())
            return to_caf_error({.code = ErrorCode::invalid_argument,
                                 .subject = "a file can be given to the Ollama of its own machine "
                                            "only"});
          return calls_.pass<std::string>(self_, always, atom, std::move(file));
        },
        [this](delete_model_atom atom, std::string& model) {
          return calls_.pass<Ack>(self_, unsent, atom, std::move(model));
        },
        [this](copy_model_atom atom, std::string& source, std::string& destination) {
          return calls_.pass<Ack>(self_, always, atom, std::move(source), std::move(destination));
        },
        [this](version_atom atom) { return calls_.pass<std::string>(self_, always, atom); },
    };
  }

private:
  std::optional<std::chrono::milliseconds> retry_wait(const LLMError& error,
                                                      std::uint32_t failures) {
    const auto decision =
        decide(error, {.attempts = failures, .on_this_model = failures, .once_failures = failures},
               config_, chance_.wait());
    if (decision.next != RetryDecision::Next::retry)
      return std::nullopt;
    return decision.wait;
  }

  model_manager_facade::pointer self_;
  LLMClientConfig config_;
  Chance chance_;
  std::unordered_map<std::uint64_t, std::function<void()>> later_;
  std::uint64_t last_job_ = 0;
  Calls calls_;
};

class ConfigFacade {
public:
  using Base = config_facade::base;
  using Calls = Relay<config_actor>;
  static constexpr const char* name = "ConfigFacade";

  ConfigFacade(config_facade::pointer self, const caf::strong_actor_ptr& master)
      : self_{self}, calls_{{.subject = "the settings", .child = ConfigActor::name}} {
    heed_only(self_, master);
  }

  config_facade::behavior_type make_behavior() {
    constexpr auto always = Calls::Repeat::always;
    return {
        [this](config_actor& child) { calls_.connect(std::move(child)); },
        [this](finish_atom, LLMError& error) { calls_.give_up(std::move(error)); },
        [this](get_config_atom atom) { return calls_.pass<LLMClientConfig>(self_, always, atom); },
        [this](save_config_atom atom, LLMClientConfig& config) {
          return calls_.pass<LLMClientConfig>(self_, always, atom, std::move(config));
        },
        [this](update_config_atom atom, std::string& patch) {
          return calls_.pass<LLMClientConfig>(self_, always, atom, std::move(patch));
        },
    };
  }

private:
  config_facade::pointer self_;
  Calls calls_;
};

} // namespace

ollama_models_facade spawn_ollama_models_facade(caf::actor_system& system,
                                                supervisor_actor supervisor) {
  return spawn_state<OllamaModelsFacade>(system, std::move(supervisor));
}

model_manager_facade spawn_model_manager_facade(caf::actor_system& system,
                                                const caf::strong_actor_ptr& master,
                                                LLMClientConfig config, Chance chance) {
  return spawn_state<ModelManagerFacade>(system, master, std::move(config), std::move(chance));
}

config_facade spawn_config_facade(caf::actor_system& system, const caf::strong_actor_ptr& master) {
  return spawn_state<ConfigFacade>(system, master);
}

} // namespace nexus::llm
