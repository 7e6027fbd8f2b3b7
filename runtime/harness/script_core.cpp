// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/script_core.hpp"

#include <algorithm>

#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/component_factories.hpp"
#include "actors/supervision/config_actor.hpp"
#include "actors/supervision/health_actor.hpp"
#include "config/config_update.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "runtime/system_seams.hpp"

namespace nexus::llm::testing {

namespace {

constexpr std::string_view root_name = "RetrySupervisor";
constexpr std::string_view models_name = "models";
constexpr std::string_view config_name = "config";
constexpr std::string_view health_name = "health";

std::string role_component(AIRole role) {
  return std::string{RoleActor::name} + "/" + std::string{to_string(role)};
}

std::string role_components() {
  std::string names;
  for (const auto role : all_roles())
    names += (role == all_roles().back() ? " and " : ", ") + role_component(role);
  return names;
}

bool is_component(const std::string& name) {
  return name == ConfigActor::name || name == OllamaClientActor::name ||
         name == StreamingActor::name || name == ModelManagerActor::name ||
         name == HealthActor::name || std::ranges::any_of(all_roles(), [&name](AIRole role) {
           return name == role_component(role);
         });
}

/// Truncates a long message.
std::string shortened(std::string text) {
  constexpr std::size_t longest = 220;
  if (text.size() <= longest)
    return text;
  auto end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end) + " ...";
}

/// Whether a message is a command of the script to a puppet.
bool is_order(const Event& event) {
  return event.sender == "nobody" && event.content.size() == 1 &&
         is_atom(event.content, 0, tick_atom_v);
}

} // namespace

ScriptCore::ScriptCore(ScriptOptions options)
    : options_{std::move(options)}, ollama_{options_.over == Over::http ? make_simulated_ollama()
                                                                        : make_virtual_ollama()},
      world_{options_.seed, options_.setup} {
  world_.on_event([this](const Event& event) { hear(event); });
  if (options_.over == Over::http)
    world_.on_outside([this] { return ollama_->unrest(); });
  asked_ = &track("Ollama", {});
}

ScriptCore::~ScriptCore() {
  world_.on_event({});
  world_.on_outside({});
  if (!llm_)
    return;
  world_.stop_intercepting();
  // ~LLMSystem does the same, but would block since no other thread runs the actors.
  anon_exit(caf::actor_cast<caf::actor>(llm_->root()), caf::exit_reason::user_shutdown);
  try {
    world_.settle();
  } catch (const ScriptFailure&) { // reported elsewhere
  }
  llm_.reset();
}

void ScriptCore::given_config(const std::string& merge_patch, const Where& where) {
  if (llm_)
    misuse(where, "the settings are given before the first step");
  auto config = apply_update(config_, merge_patch);
  if (!config)
    misuse(where, "the settings are not valid: " + config.error().subject);
  base_url_given_ = base_url_given_ || config->base_url != config_.base_url;
  config_ = std::move(*config);
}

void ScriptCore::replace(const std::string& component, const Where& where) {
  if (llm_)
    misuse(where, "a component is replaced before the first step");
  if (!is_component(component))
    misuse(where, "there is no component `" + component + "`; there are ConfigActor, " +
                      "OllamaClientActor, StreamingActor, ModelManagerActor, HealthActor" +
                      role_components());
  if (std::ranges::find(replaced_, component) != replaced_.end())
    misuse(where, "`" + component + "` is replaced already");
  replaced_.push_back(component);
}

std::shared_ptr<const ComponentFactories> ScriptCore::factories() {
  auto made = std::make_shared<ComponentFactories>();
  // The default factory uses a separate thread for disk access, which scripts do not need.
  made->config = [](caf::actor_system& system, LLMClientConfig config,
                    std::shared_ptr<ConfigStore> store, config_owner owner) -> settings_handle {
    return spawn_state<ConfigActor>(system, std::move(config), std::move(store), std::move(owner));
  };
  // Names each component, and spawns a puppet for each replaced one.
  auto wrap = [this](auto& factory, auto name_of) {
    factory = [this, factory, name_of](caf::actor_system& system, auto&&... parts) {
      const std::string name = name_of(parts...);
      if (std::ranges::find(replaced_, name) == replaced_.end()) {
        auto component = factory(system, std::forward<decltype(parts)>(parts)...);
        world_.names().set(caf::actor_cast<caf::strong_actor_ptr>(component), name);
        return component;
      }
      if (auto& old = puppets_[name])
        retired_.push_back(std::move(old));
      auto& fresh = puppets_[name];
      fresh = std::make_unique<Puppet>(system, Puppet::Manner::silent);
      world_.names().set(caf::actor_cast<caf::strong_actor_ptr>(fresh->actor()), name);
      using Handle = decltype(factory(system, std::forward<decltype(parts)>(parts)...));
      return fresh->as<Handle>();
    };
  };
  auto always = [](const char* name) { return [name](auto&&...) { return std::string{name}; }; };
  wrap(made->config, always(ConfigActor::name));
  wrap(made->client, always(OllamaClientActor::name));
  wrap(made->streaming, always(StreamingActor::name));
  wrap(made->model_manager, [this](const auto&, const ollama_models_actor& client, const auto&) {
    world_.names().set(caf::actor_cast<caf::strong_actor_ptr>(client), "OllamaHandle");
    return std::string{ModelManagerActor::name};
  });
  wrap(made->role, [](AIRole role, const auto&...) { return role_component(role); });
  wrap(made->health, always(HealthActor::name));
  wrap(made->request, [](const RequestParts& parts) {
    return std::string{RequestActor::name} + "/" + parts.id.value;
  });
  return made;
}

void ScriptCore::start() {
  if (llm_)
    return;
  // Never connect to an Ollama of the user.
  if (!base_url_given_ || options_.over == Over::http)
    config_.base_url = ollama_->base_url();
  LLMSystemOptions options{.store = make_memory_store(config_), .config_file = {}};
  SystemSeams seams{.make_transport = ollama_->transport(), .factories = factories()};
  seams.chance.id = [this] { return RequestId{"id-" + std::to_string(++last_id_)}; };
  // No jitter, so that delays are predictable.
  seams.chance.wait = [] { return 0.0; };
  auto llm = LLMSystem::start(world_.system(), std::move(options), std::move(seams));
  if (!llm)
    throw ScriptFailure{"The system does not start: " + sentence(llm.error())};
  llm_ = std::move(*llm);
  auto name = [this](const auto& handle, std::string_view text) {
    world_.names().set(caf::actor_cast<caf::strong_actor_ptr>(handle), std::string{text});
  };
  for (const auto role : all_roles())
    name(llm_->role(role), to_string(role));
  name(llm_->models(), models_name);
  name(llm_->config(), config_name);
  name(llm_->health(), health_name);
  name(llm_->root(), root_name);
  settle();
}

void ScriptCore::settle() {
  world_.settle();
  hear_ollama();
}

void ScriptCore::pass(World::Duration time) {
  static_cast<void>(pass_until([] { return false; }, time));
}

bool ScriptCore::pass_until(const std::function<bool()>& condition, World::Duration limit) {
  return world_.pass_until(
      [this, &condition] {
        hear_ollama();
        return condition();
      },
      limit);
}

void ScriptCore::hear(const Event& event) {
  if (is_order(event))
    return;
  if (options_.trace)
    options_.trace(line_of(event));
  if (is_hand_over(event.content))
    return;
  Track::Item item;
  for (auto& track : tracks_) {
    if (!track.wants || !track.wants(event))
      continue;
    if (!item.value) {
      auto document = std::make_shared<json::Document>();
      to_json(event.content, world_.names(), document->GetAllocator()).Swap(*document);
      item = {event.time, std::move(document), to_text(event.content, world_.names())};
    }
    track.unread.push_back(item);
  }
}

std::string ScriptCore::line_of(const Event& event) const {
  return time_text(event.time) + " " + event.sender + " -> " + event.receiver + ": " +
         to_text(event.content, world_.names());
}

void ScriptCore::hear_ollama() {
  for (auto& exchange : ollama_->take_new()) {
    auto document = std::make_shared<json::Document>();
    auto& allocator = document->GetAllocator();
    document->SetArray();
    document->PushBack(json::make_string(exchange.method + " " + exchange.target, allocator),
                       allocator);
    if (auto body = json::parse(exchange.body))
      document->PushBack(json::Value{*body, allocator}, allocator);
    else
      document->PushBack(json::make_string(exchange.body, allocator), allocator);
    asked_->unread.push_back(
        {world_.now(), document, exchange.method + " " + exchange.target + " " + exchange.body});
    exchanges_.push_back(std::move(exchange));
  }
}

bool ScriptCore::bring_exchange_forward(const Pattern& wanted) {
  auto& unread = asked_->unread;
  const auto found = std::ranges::find_if(
      unread, [&wanted](const auto& item) { return !wanted.mismatch_of_message(*item.value); });
  if (found == unread.end())
    return false;
  const auto index = found - unread.begin();
  std::rotate(unread.begin(), found, found + 1);
  std::rotate(exchanges_.begin(), exchanges_.begin() + index, exchanges_.begin() + index + 1);
  return true;
}

std::string ScriptCore::fresh_name(const std::string& stem) {
  return stem + " " + std::to_string(++name_counts_[stem]);
}

Puppet& ScriptCore::puppet(const std::string& name, Puppet::Manner manner, const Where& where) {
  start();
  if (puppets_.contains(name) || world_.names().find(name))
    misuse(where, "there is a `" + name + "` already");
  auto& made = puppets_[name];
  made = std::make_unique<Puppet>(world_.system(), manner);
  world_.names().set(caf::actor_cast<caf::strong_actor_ptr>(made->actor()), name);
  return *made;
}

Puppet& ScriptCore::puppet(const std::string& name, const Where& where) {
  const auto entry = puppets_.find(name);
  if (entry == puppets_.end() || !entry->second)
    misuse(where, "nobody of the script is called `" + name + "`");
  return *entry->second;
}

Puppet ScriptCore::incarnation(const std::string& component, caf::actor_id id,
                               const Where& where) const {
  if (const auto entry = puppets_.find(component);
      entry != puppets_.end() && entry->second->actor()->id() == id)
    return *entry->second;
  for (const auto& puppet : retired_)
    if (puppet->actor()->id() == id)
      return *puppet;
  misuse(where, "nobody stands for `" + component + "`");
}

void ScriptCore::check_name(const std::string& name, const Where& where) {
  // The actor of a request exists only after its message has arrived.
  const bool is_request = name.starts_with(std::string{RequestActor::name} + "/");
  if (!name.empty() && !is_component(name) && !is_request && !puppets_.contains(name))
    static_cast<void>(actor(name, where));
}

void ScriptCore::name_actor(const caf::strong_actor_ptr& actor, const std::string& name,
                            const Where& where) {
  start();
  if (world_.names().find(name))
    misuse(where, "there is a `" + name + "` already");
  world_.names().set(actor, name);
}

void ScriptCore::owe_answer(const std::string& requester, const Track& track, const Where& where) {
  owed_.insert_or_assign(requester, Owed{&track, where});
}

caf::actor ScriptCore::actor(const std::string& name, const Where& where) {
  start();
  if (const auto found = world_.names().find(name))
    return caf::actor_cast<caf::actor>(found);
  std::string all;
  for (const auto& each : world_.names().all())
    all += (all.empty() ? "" : ", ") + each;
  misuse(where, "there is no actor `" + name + "`; there are " + all);
}

const MessageReader* ScriptCore::reader(const std::string& name) const {
  static const std::map<std::string, MessageReader, std::less<>> readers = [] {
    std::map<std::string, MessageReader, std::less<>> all;
    for (const auto role : all_roles()) {
      all.emplace(to_string(role), MessageReader::of<role_handle>());
      all.emplace(role_component(role), MessageReader::of<role_actor>());
    }
    all.emplace(models_name, MessageReader::of<models_handle>());
    all.emplace(ModelManagerActor::name, MessageReader::of<model_manager_actor>());
    all.emplace(config_name, MessageReader::of<settings_handle>());
    all.emplace(health_name, MessageReader::of<health_handle>());
    all.emplace(ConfigActor::name, MessageReader::of<settings_handle>());
    all.emplace(OllamaClientActor::name, MessageReader::of<ollama_client_internal>());
    all.emplace("OllamaHandle", MessageReader::of<ollama_models_actor>());
    all.emplace(StreamingActor::name, MessageReader::of<streaming_internal>());
    all.emplace(root_name, MessageReader::of<supervisor_internal>());
    all.emplace("", MessageReader::of<stream_subscriber>());
    return all;
  }();
  const auto entry = readers.find(name);
  if (entry != readers.end())
    return &entry->second;
  // Listeners and requesters; the interface of other actors is unknown.
  return puppets_.contains(name) ? &readers.find("")->second : nullptr;
}

caf::message ScriptCore::message_for(const std::string& name, const Pattern& elements,
                                     const Where& where) {
  const auto* known = reader(name);
  if (known == nullptr)
    misuse(where, "what `" + name + "` takes is not known in JSON; use ask_actor");
  auto message = known->message(elements.value(), world_.names());
  if (!message)
    misuse(where, "`" + name + "` is not told " + elements.text() + ": " + message.error().subject);
  return std::move(*message);
}

caf::message ScriptCore::answer_of(const std::string& component, const caf::message& request,
                                   const json::Value& result, const Where& where) {
  auto message = reader(component)->answer(request, result, world_.names());
  if (!message)
    misuse(where, "that is no answer of `" + component + "`: " + message.error().subject);
  return std::move(*message);
}

Track& ScriptCore::track(std::string name, std::function<bool(const Event&)> wants) {
  auto& made = tracks_.emplace_back();
  made.name = std::move(name);
  made.wants = std::move(wants);
  return made;
}

void ScriptCore::expect(Track& track, const std::vector<Pattern>& patterns, const Where& where) {
  settle();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    auto rest = [&patterns, i] {
      std::vector<std::string> texts;
      for (auto each = i; each < patterns.size(); ++each)
        texts.push_back(patterns[each].text());
      return texts;
    };
    const auto which = patterns.size() == 1 ? "what it expects" : "number " + std::to_string(i + 1);
    if (track.unread.empty())
      fail(where, track.name + " did not get " + which, &track, rest());
    const auto& item = track.unread.front();
    if (const auto problem = patterns[i].mismatch_of_message(*item.value))
      fail(where, track.name + " got something else than " + which + ": " + *problem, &track,
           rest());
    track.met.push_back({patterns[i].text(), where, item});
    track.unread.pop_front();
  }
}

void ScriptCore::expect_nothing(Track& track, const Where& where) {
  settle();
  if (!track.unread.empty())
    fail(where, track.name + " got more than the script expects", &track);
}

void ScriptCore::intercept(Interception interception) {
  start();
  interceptions_.push_back(world_.intercept(std::move(interception)));
}

void ScriptCore::end(const Where& where) {
  settle();
  for (auto& track : tracks_)
    expect_nothing(track, where);
  for (const auto& [name, owed] : owed_)
    if (owed.track->met.empty())
      fail(owed.where,
           "the requester " + name + " still waits for its answer; say so if it should");
  for (const auto& each : interceptions_)
    if (each->happened > 0 && each->happened < each->times)
      fail(each->where, "the message " + each->message.text() + " was met " +
                            std::to_string(each->happened) + " times, not " +
                            std::to_string(each->times));
    else if (each->happened == 0)
      fail(each->where, "no message " + each->message.text() + " went from " +
                            (each->sender.empty() ? "anybody" : each->sender) + " to " +
                            (each->receiver.empty() ? "anybody" : each->receiver));
}

void ScriptCore::fail(const Where& where, std::string what, const Track* track,
                      std::vector<std::string> expected) const {
  auto text = report({.where = where,
                      .what = "`" + options_.name + "`: " + what,
                      .at = world_.now(),
                      .track = track,
                      .expected = std::move(expected)});
  if (options_.seed != 0)
    text += "\nThis is the order of seed " + std::to_string(options_.seed) + ".\n";
  text += "\nThe latest messages:\n";
  for (const auto& event : world_.latest())
    text += "  " + shortened(line_of(event)) + "\n";
  throw ScriptFailure{text};
}

void ScriptCore::misuse(const Where& where, const std::string& what) const {
  throw ScriptFailure{where.text() + ": this step cannot be played: " + what + "."};
}

} // namespace nexus::llm::testing
