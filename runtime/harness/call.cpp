// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/call.hpp"

#include "runtime/harness/script_core.hpp"

#include <optional>

#include "nexus_llm/portability.hpp"

namespace nexus::llm::testing {

namespace {

/// Returns the pattern of an error, or `nullopt` if `more` is not an object.
std::optional<Pattern> error_pattern(ErrorCode code, const Pattern& more) {
  json::Document document;
  auto& allocator = document.GetAllocator();
  json::Value members{more.value(), allocator};
  if (!members.IsObject())
    return std::nullopt;
  members.AddMember("code", json::make_string(to_string(code), allocator), allocator);
  document.SetObject();
  document.AddMember("error", std::move(members), allocator);
  return Pattern{document};
}

/// Adds the type of the actual answer to a pattern that omits the type.
Pattern with_type(const Pattern& answer, const Track& track) {
  const auto& value = answer.value();
  if (track.unread.empty() || !value.IsObject() || value.ObjectEmpty())
    return answer;
  const auto& actual = *track.unread.front().value;
  if (actual.Size() != 1 || !actual[0].IsObject() || actual[0].MemberCount() != 1)
    return answer;
  const auto type = json::text_of(actual[0].MemberBegin()->name);
  if (type == "error" || json::find(value, type) != nullptr)
    return answer;
  json::Document document;
  auto& allocator = document.GetAllocator();
  document.SetObject();
  document.AddMember(json::make_string(type, allocator), json::Value{value, allocator}, allocator);
  return Pattern{document};
}

} // namespace

Call::Call(ScriptCore& core, std::string name, const caf::actor& receiver, caf::message message,
           const Where& where)
    : core_{&core}, name_{std::move(name)} {
  auto& puppet = core_->puppet(name_, Puppet::Manner::silent, where);
  track_ = &core_->track("the requester " + name_, [name = name_](const Event& event) {
    return event.receiver == name && event.is_response;
  });
  core_->owe_answer(name_, *track_, where);
  puppet.ask(receiver, std::move(message));
  core_->settle();
}

Call::Call(ScriptCore& core, std::string name, AIRole role, RequestId id, caf::message message,
           const Where& where)
    : Call{core, std::move(name), caf::actor_cast<caf::actor>(core.llm().role(role)),
           std::move(message), where} {
  role_ = role;
  id_ = std::move(id);
}

void Call::is_answered(const Pattern& answer, Where where) const {
  core_->settle();
  // `"*"` matches everything, but an error is not an answer.
  if (!track_->unread.empty()) {
    const auto& actual = *track_->unread.front().value;
    if (!actual.Empty() && actual[0].IsObject() && json::find(actual[0], "error") != nullptr)
      core_->fail(where, "the requester " + name_ + " has an error, not an answer", track_,
                  {answer.text()});
  }
  core_->expect(*track_, {with_type(answer, *track_)}, where);
}

void Call::fails(ErrorCode code, const Pattern& error, Where where) const {
  const auto pattern = error_pattern(code, error);
  if (!pattern)
    core_->misuse(where, "what an error is like is said by an object, not by " + error.text());
  core_->expect(*track_, {*pattern}, where);
}

void Call::comes_within(std::chrono::milliseconds limit) const {
  static_cast<void>(core_->pass_until([this] { return !track_->unread.empty(); }, limit));
}

void Call::waits(Where where) const {
  core_->expect_nothing(*track_, where);
  if (!track_->met.empty())
    core_->misuse(where, "the requester " + name_ + " has its answer already");
  if (!core_->world().names().find(name_))
    core_->misuse(where, "the requester " + name_ + " is dead and waits for nothing");
  core_->forgive_answer(name_);
}

void Call::dies(Where where) const {
  core_->forgive_answer(name_);
  anon_exit(core_->puppet(name_, where).actor(), caf::exit_reason::kill);
  core_->settle();
}

} // namespace nexus::llm::testing
