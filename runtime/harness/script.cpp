// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/script.hpp"

#include <algorithm>

#include "config/model_name.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "runtime/harness/script_core.hpp"

namespace nexus::llm::testing {

Script::Script(ScriptOptions options) : core_{std::make_shared<ScriptCore>(std::move(options))} {}

void Script::given_config(const std::string& json, Where where) {
  core_->given_config(json, where);
}

void Script::given_model(const std::string& name, const std::string& reply, Where where) {
  given_simulated_model({.name = name, .reply = reply}, std::move(where));
}

void Script::given_simulated_model(const simulator::SimulatedModel& model, Where where) {
  if (!is_valid_model_name(model.name))
    core_->misuse(where, "`" + model.name + "` is no name of a model");
  core_->ollama().add_model(model);
}

StandIn Script::replaces(const std::string& component, Where where) {
  core_->replace(component, where);
  return {*core_, component};
}

void Script::ollama_answers_nothing_itself() { core_->ollama().set_obliging(false); }

Listener Script::subscriber(const std::string& name, Hears hears, Where where) {
  return {*core_, name, hears, where};
}

Call Script::request(AIRole role, PromptDetails details, const Where& where,
                     const std::function<caf::message(const GenerateOptions&)>& message) {
  core_->start();
  if (details.name.empty())
    details.name = core_->fresh_name("requester");
  if (details.options.id.value.empty())
    details.options.id.value = details.name;
  return {*core_, details.name, role, details.options.id, message(details.options), where};
}

Call Script::prompt(AIRole role, const std::string& text, PromptDetails details, Where where) {
  const auto* listener = details.listener;
  return request(role, std::move(details), where, [&](const GenerateOptions& options) {
    return listener != nullptr ? caf::make_message(generate_streaming_atom_v, text, options,
                                                   listener->handle(where))
                               : caf::make_message(generate_atom_v, text, options);
  });
}

Call Script::prompt(AIRole role, const std::string& text, const Listener& listener, Where where) {
  return prompt(role, text, PromptDetails{.listener = &listener}, std::move(where));
}

Call Script::chat(AIRole role, const std::vector<ChatMessage>& messages, PromptDetails details,
                  Where where) {
  const auto* listener = details.listener;
  return request(role, std::move(details), where, [&](const GenerateOptions& options) {
    return listener != nullptr ? caf::make_message(chat_streaming_atom_v, messages, options,
                                                   listener->handle(where))
                               : caf::make_message(chat_atom_v, messages, options);
  });
}

Call Script::ask(const std::string& receiver, const Pattern& message, const std::string& name,
                 Where where) {
  const auto actor = core_->actor(receiver, where);
  return {*core_, name.empty() ? core_->fresh_name("requester") : name, actor,
          core_->message_for(receiver, message, where), where};
}

void Script::tell(const std::string& receiver, const Pattern& message, Where where) {
  const auto actor = core_->actor(receiver, where);
  anon_tell(actor, core_->message_for(receiver, message, where));
  core_->settle();
}

void Script::cancel(const Call& call, Where where) {
  ask_actor(llm().role(call.role()), cancel_atom_v, call.id()).is_answered("true", where);
}

void Script::join(const Listener& listener, const Call& call, Where where) {
  ask_actor(llm().role(call.role()), subscribe_atom_v, call.id(), listener.handle(where))
      .is_answered(R"({"Ack": {}})", where);
}

void Script::leave(const Listener& listener, const Call& call, Where where) {
  ask_actor(llm().role(call.role()), unsubscribe_atom_v, call.id(), listener.handle(where))
      .is_answered(R"({"Ack": {}})", where);
}

namespace {

/// The pattern of an HTTP request, in the format of the track of Ollama.
Pattern exchange_pattern(const std::string& what, const Pattern& body) {
  json::Document document;
  auto& allocator = document.GetAllocator();
  document.SetArray();
  document.PushBack(json::make_string(what, allocator), allocator);
  document.PushBack(json::Value{body.value(), allocator}, allocator);
  return Pattern{document};
}

} // namespace

Asked Script::ollama_is_asked_among(const std::string& what, const Pattern& body,
                                    std::chrono::milliseconds within, Where where) {
  core_->start();
  const auto wanted = exchange_pattern(what, body);
  static_cast<void>(
      core_->pass_until([&] { return core_->bring_exchange_forward(wanted); }, within));
  return ollama_is_asked(what, body, {}, std::move(where));
}

Asked Script::ollama_is_asked(const std::string& what, const Pattern& body,
                              std::chrono::milliseconds within, Where where) {
  core_->start();
  auto& asked = core_->asked();
  if (!core_->pass_until([&asked] { return !asked.unread.empty(); }, within))
    core_->settle();
  core_->expect(asked, {exchange_pattern(what, body)}, where);
  auto exchange = core_->next_exchange();
  core_->take_exchange();
  return {*core_, std::move(exchange)};
}

void Script::ollama_is_not_asked(Where where) {
  core_->start();
  core_->expect_nothing(core_->asked(), where);
}

void Script::ollama_stops() {
  core_->ollama().stop();
  core_->settle();
}

void Script::ollama_starts() {
  core_->ollama().start();
  core_->settle();
}

void Script::model_is_installed(const std::string& name, Where where) {
  given_model(name, {}, std::move(where));
}

void Script::model_is_removed(const std::string& name) { core_->ollama().remove_model(name); }

void Script::time_passes(std::chrono::nanoseconds time) {
  core_->start();
  core_->pass(time);
}

void Script::component_dies(const std::string& name, Where where) {
  anon_exit(core_->actor(name, where), caf::exit_reason::user_shutdown);
  core_->settle();
}

bool Script::fails_now(const std::string& name) {
  const auto actor = core_->world().names().find(name);
  if (!actor)
    return false;
  anon_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::user_shutdown);
  return true;
}

Channel Script::observe(const std::string& sender, const std::string& receiver, const Pattern& only,
                        Where where) {
  core_->start();
  core_->check_name(sender, where);
  core_->check_name(receiver, where);
  return {*core_, sender, receiver, only};
}

Interception Script::interception(const std::string& sender, const std::string& receiver,
                                  const Pattern& message, std::uint32_t times, const Where& where) {
  core_->start();
  core_->check_name(sender, where);
  core_->check_name(receiver, where);
  if (times == 0)
    core_->misuse(where, "what happens to no message does not happen");
  return {.sender = sender,
          .receiver = receiver,
          .message = message,
          .replacement = {},
          .times = times,
          .where = where};
}

void Script::drop(const std::string& sender, const std::string& receiver, const Pattern& message,
                  std::uint32_t times, Where where) {
  auto rule = interception(sender, receiver, message, times, where);
  rule.action = Interception::Action::drop;
  core_->intercept(std::move(rule));
}

void Script::delay(const std::string& sender, const std::string& receiver, const Pattern& message,
                   std::chrono::milliseconds by, std::uint32_t times, Where where) {
  auto rule = interception(sender, receiver, message, times, where);
  rule.action = Interception::Action::delay;
  rule.by = by;
  core_->intercept(std::move(rule));
}

void Script::replace(const std::string& sender, const std::string& receiver, const Pattern& message,
                     const Pattern& with, std::uint32_t times, Where where) {
  auto rule = interception(sender, receiver, message, times, where);
  rule.action = Interception::Action::replace;
  rule.replacement = core_->message_for(receiver, with, where);
  core_->intercept(std::move(rule));
}

Call Script::ask_made(const caf::actor& receiver, caf::message message) {
  core_->start();
  return {*core_, core_->fresh_name("requester"), receiver, std::move(message),
          Where{"a request by ask_actor", 0}};
}

void Script::name_made(const caf::strong_actor_ptr& actor, const std::string& name,
                       const Where& where) {
  core_->name_actor(actor, name, where);
}

std::chrono::nanoseconds Script::now() const { return core_->world().now(); }

void Script::settle() { core_->settle(); }

caf::actor_system& Script::system() { return core_->world().system(); }

void Script::ends(Where where) {
  core_->start();
  core_->end(where);
}

LLMSystem& Script::llm() {
  core_->start();
  return core_->llm();
}

void play(ScriptOptions options, const std::function<void(Script&)>& body, Where where) {
  Script script{std::move(options)};
  body(script);
  script.ends(std::move(where));
}

void play_in_orders(const ScriptOptions& options, std::uint64_t orders,
                    const std::function<void(Script&)>& body, Where where) {
  for (std::uint64_t seed = 0; seed <= std::min(orders, max_orders); ++seed) {
    auto each = options;
    each.seed = seed;
    play(std::move(each), body, where);
  }
}

} // namespace nexus::llm::testing
