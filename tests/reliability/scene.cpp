// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/scene.hpp"

#include <caf/actor_registry.hpp>
#include <caf/after.hpp>

#include <stdexcept>

#include "actors/internal_interfaces.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/system_config.hpp"
#include "runtime/system_seams.hpp"
#include "tests/reliability/mortal_components.hpp"

namespace nexus::llm::test {

using namespace std::chrono_literals;

void GatedStore::shut() {
  std::lock_guard lock{mutex_};
  shut_ = true;
}

void GatedStore::open() {
  std::lock_guard lock{mutex_};
  shut_ = false;
  changed_.notify_all();
}

bool GatedStore::wait_for_visitor() {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [this] { return waiting_ > 0; });
}

void GatedStore::pass() {
  std::unique_lock lock{mutex_};
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !shut_; });
  --waiting_;
}

namespace {

/// Asks a role for a stream (of a turn, where there are messages), and notes every answer.
caf::behavior requester(caf::event_based_actor* self, const role_handle& role,
                        const std::string& prompt, const std::vector<ChatMessage>& messages,
                        const GenerateOptions& options, const stream_subscriber& subscriber,
                        const std::shared_ptr<Record>& record) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    return component_failure("Requester", thrown);
  });
  auto on_answer = [record](const LLMResponse& answer) {
    record->answer(answer.response == Scene::reply ? "answered" : "wrong: " + answer.response);
  };
  auto on_error = [record](const caf::error& error) {
    record->answer(std::string{to_string(to_llm_error(error).code)});
  };
  if (messages.empty())
    ask(self, role, patience, generate_streaming_atom_v, prompt, options, subscriber)
        .then(on_answer, on_error);
  else
    ask(self, role, patience, chat_streaming_atom_v, messages, options, subscriber)
        .then(on_answer, on_error);
  return {[self](const std::string& order) {
    if (order == to_string(Death::exception))
      throw std::runtime_error{"thrown by a test"};
    self->quit(to_caf_error({.code = ErrorCode::internal_error}));
  }};
}

} // namespace

simulator::SimulatorOptions SceneOptions::default_ollama() {
  simulator::SimulatorOptions options;
  const std::string reply{Scene::reply};
  options.models = {{.name = "llama3.1:8b", .reply = reply},
                    {.name = "qwen2.5-coder:7b", .reply = reply},
                    {.name = "spare:1b", .reply = reply}};
  return options;
}

struct Scene::Actors {
  SystemConfig config;
  caf::actor_system system{config};
};

Scene::Scene(SceneOptions made) : sim{std::move(made.ollama)}, actors_{std::make_unique<Actors>()} {
  LLMClientConfig config;
  config.base_url = sim.base_url();
  config.retry_delay = 5ms;
  config.limits.max_concurrent = 1;
  made.adjust(config);
  store = std::make_shared<GatedStore>(config);
  LLMSystemOptions options;
  /// The system wants a store of its own; the scene keeps the gate in its hand.
  class Borrowed final : public ConfigStore {
  public:
    explicit Borrowed(std::shared_ptr<GatedStore> store) : store_{std::move(store)} {}
    Result<LLMClientConfig> load() override { return store_->load(); }
    Result<LLMClientConfig> save(const LLMClientConfig& config) override {
      return store_->save(config);
    }
    Result<LLMClientConfig> update(std::string_view patch) override {
      return store_->update(patch);
    }

  private:
    std::shared_ptr<GatedStore> store_;
  };
  options.store = std::make_unique<Borrowed>(store);
  SystemSeams seams;
  seams.make_transport = std::move(made.make_transport);
  seams.factories = mortal_components(&broken_, std::move(made.before_event));
  auto started = LLMSystem::start(system(), std::move(options), std::move(seams));
  if (!started)
    throw std::runtime_error{sentence(started.error())};
  llm_ = std::move(*started);
}

Scene::~Scene() { static_cast<void>(take_down()); }

caf::actor_system& Scene::system() { return actors_->system; }

Caller& Scene::stream(const std::string& prompt, GenerateOptions options, std::string id) {
  options.id = {std::move(id)};
  return call(prompt, {}, std::move(options));
}

Caller& Scene::chat(const std::vector<ChatMessage>& messages) {
  return call(messages.back().content, messages, {});
}

Caller& Scene::call(const std::string& prompt, const std::vector<ChatMessage>& messages,
                    GenerateOptions options) {
  if (options.id.value.empty())
    options.id = {prompt};
  auto caller = std::make_unique<Caller>();
  caller->prompt = prompt;
  caller->subscriber = spawn_recorder(system(), caller->record);
  caller->requester = system().spawn(requester, llm().role(AIRole::overseer), prompt, messages,
                                     std::move(options), caller->subscriber, caller->record);
  callers_.push_back(std::move(caller));
  return *callers_.back();
}

std::size_t Scene::answers_of(const std::string& prompt) const {
  std::size_t count = 0;
  for (const auto& caller : callers_)
    if (caller->prompt == prompt)
      count += caller->record->answers.size();
  return count;
}

caf::strong_actor_ptr Scene::component(const std::string& name) {
  caf::scoped_actor self{system()};
  caf::strong_actor_ptr found;
  // It may be about to be started again.
  for (bool reached = true; reached && !found;)
    ask(self, caf::actor_cast<supervisor_actor>(llm().root()), patience, component_atom_v, name)
        .receive([&found](const caf::strong_actor_ptr& actor) { found = actor; },
                 [&reached](const caf::error&) { reached = false; });
  return found;
}

Result<LLMResponse> Scene::generate(const std::string& prompt, GenerateOptions options,
                                    AIRole role) {
  caf::scoped_actor self{system()};
  Result<LLMResponse> outcome;
  ask(self, llm().role(role), patience, generate_atom_v, prompt, std::move(options))
      .receive([&outcome](LLMResponse& answer) { outcome = std::move(answer); },
               [&outcome](const caf::error& error) { outcome = failure(to_llm_error(error)); });
  return outcome;
}

std::string Scene::ask_once(AIRole role) {
  const auto outcome = generate("are you there?", {}, role);
  return outcome ? "answered" : std::string{to_string(outcome.error().code)};
}

Health Scene::health() {
  caf::scoped_actor self{system()};
  Health health;
  ask(self, llm().health(), patience, health_atom_v)
      .receive([&health](Health& now) { health = std::move(now); }, [](const caf::error&) {});
  return health;
}

RoleStats Scene::stats(AIRole role) {
  caf::scoped_actor self{system()};
  RoleStats stats;
  ask(self, llm().role(role), patience, stats_atom_v)
      .receive([&stats](const RoleStats& now) { stats = now; }, [](const caf::error&) {});
  return stats;
}

std::string Scene::unrest() {
  caf::scoped_actor self{system()};
  const auto give_up = std::chrono::steady_clock::now() + 5s;
  for (const auto role : all_roles())
    for (bool settled = false; !settled;) {
      RoleStats stats;
      bool alive = true;
      ask(self, llm().role(role), patience, stats_atom_v)
          .receive([&stats](const RoleStats& now) { stats = now; },
                   [&alive](const caf::error&) { alive = false; });
      settled = !alive || (stats.queued == 0 && stats.in_flight == 0 &&
                           stats.accepted ==
                               stats.answered + stats.failed + stats.cancelled + stats.rejected);
      if (!settled && std::chrono::steady_clock::now() > give_up)
        return "the " + std::string{to_string(role)} + " role does not come to rest; ";
    }
  return {};
}

std::string Scene::take_down() {
  if (!llm_)
    return {};
  std::string trouble;
  store->open();
  if (!sim.wait_until([](const auto& now) { return now.running == 0 && now.waiting == 0; }, 5s))
    trouble += "a request is still at Ollama; ";
  trouble += unrest();
  llm_.reset();
  for (const auto& caller : callers_) {
    anon_exit(caller->requester, caf::exit_reason::kill);
    anon_exit(caller->subscriber, caf::exit_reason::kill);
    caller->requester = nullptr;
    caller->subscriber = nullptr;
  }
  auto all_gone =
      std::async(std::launch::async, [this] { system().registry().await_running_count_equal(0); });
  if (all_gone.wait_for(patience) != std::future_status::ready) {
    // Nothing that is left will ever end: neither would this program.
    std::fputs("actors are left behind when the system has ended (one of the test itself?)\n",
               stderr);
    std::_Exit(1);
  }
  return trouble;
}

} // namespace nexus::llm::test
