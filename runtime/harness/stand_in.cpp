// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/stand_in.hpp"

#include <deque>
#include <map>

#include "runtime/harness/script_core.hpp"

namespace nexus::llm::testing {

Received::Received(ScriptCore& core, std::string component, std::shared_ptr<Puppet> puppet,
                   std::size_t number, caf::message message)
    : core_{&core}, component_{std::move(component)}, puppet_{std::move(puppet)}, number_{number},
      message_{std::move(message)} {}

void Received::check(const Where& where) const {
  const auto current = core_->world().names().find(component_);
  if (!current || current->id() != puppet_->actor()->id())
    core_->misuse(where, "the `" + component_ + "` that got this message is dead");
  if (std::exchange(*answered_, true))
    core_->misuse(where, "this message has its answer already");
}

void Received::answers(const Pattern& result, Where where) const {
  deliver(core_->answer_of(component_, message_, result.value(), where), where);
}

void Received::fails(LLMError error, Where where) const {
  check(where);
  puppet_->fail(number_, to_caf_error(std::move(error)));
  core_->settle();
}

void Received::deliver(caf::message result, const Where& where) const {
  check(where);
  puppet_->answer(number_, std::move(result));
  core_->settle();
}

/// The received messages, with the incarnation that received each and its number there.
struct StandIn::Heard {
  struct Message {
    caf::actor_id incarnation;
    std::size_t number;
    caf::message content;
  };
  std::deque<Message> messages;
  std::map<caf::actor_id, std::size_t> counts;
};

StandIn::StandIn(ScriptCore& core, std::string component)
    : core_{&core}, component_{std::move(component)}, heard_{std::make_shared<Heard>()} {
  track_ = &core_->track(component_, [name = component_, heard = heard_](const Event& event) {
    if (event.receiver != name || event.is_response || is_end_of_actor(event))
      return false;
    heard->messages.push_back(
        {event.receiver_id, heard->counts[event.receiver_id]++, event.content});
    return true;
  });
}

Received StandIn::gets(const Pattern& message, Where where) const {
  core_->start();
  core_->expect(*track_, {message}, where);
  auto heard = std::move(heard_->messages.front());
  heard_->messages.pop_front();
  return {*core_, component_,
          std::make_shared<Puppet>(core_->incarnation(component_, heard.incarnation, where)),
          heard.number, std::move(heard.content)};
}

void StandIn::tells(const std::string& receiver, const Pattern& message, Where where) const {
  const auto actor = core_->actor(receiver, where);
  core_->puppet(component_, where).send(actor, core_->message_for(receiver, message, where));
  core_->settle();
}

void StandIn::dies(Where where) const {
  core_->start();
  core_->puppet(component_, where)
      .end(to_caf_error({.code = ErrorCode::component_failed, .subject = component_}));
  core_->settle();
}

} // namespace nexus::llm::testing
