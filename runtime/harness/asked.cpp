// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/asked.hpp"

#include "runtime/harness/script_core.hpp"

#include "runtime/harness/wire.hpp"

namespace nexus::llm::testing {

Asked::Asked(ScriptCore& core, StagedExchange exchange)
    : core_{&core}, state_{std::make_shared<State>(State{std::move(exchange)})} {}

void Asked::check(const Where& where) const {
  if (state_->ended)
    core_->misuse(where, "the answer to " + state_->exchange.method + " " +
                             state_->exchange.target + " has ended already");
}

void Asked::check_stream(const Where& where) const {
  check(where);
  if (!wire::is_inference(state_->exchange.target) || !wire::wants_stream(state_->exchange))
    core_->misuse(where, "the request does not ask for a stream; give a whole answer");
}

void Asked::begins(int status, int retry_after, Where where) const {
  check(where);
  if (status < 200 || status > 599)
    core_->misuse(where, std::to_string(status) + " is no status of an answer");
  if (std::exchange(state_->begun, true))
    core_->misuse(where, "the answer has begun already, with its status");
  core_->ollama().begin(state_->exchange.id, status, retry_after);
}

void Asked::says(const std::vector<std::string>& texts, Where where) const {
  check_stream(where);
  for (const auto& text : texts) {
    ++state_->lines;
    sends(wire::line(state_->exchange, text), where);
  }
}

void Asked::finishes(const std::string& done_reason, Where where) const {
  check_stream(where);
  sends(wire::last_line(state_->exchange, state_->lines, done_reason), where);
  ends(AnswerEnd::complete, where);
}

void Asked::answers(const std::string& text, Where where) const {
  for (const auto& part : wire::reply_lines(state_->exchange, text))
    sends(part, where);
  ends(AnswerEnd::complete, where);
}

void Asked::answers_json(const std::string& body, int status, Where where) const {
  begins(status, -1, where);
  sends(body, where);
  ends(AnswerEnd::complete, where);
}

void Asked::refuses(int status, const std::string& error, int retry_after, Where where) const {
  begins(status, retry_after, where);
  sends(wire::error(error), where);
  ends(AnswerEnd::complete, where);
}

void Asked::sends(std::string_view bytes, Where where) const {
  check(where);
  if (!state_->begun)
    begins(200, -1, where);
  core_->ollama().send(state_->exchange.id, bytes);
  core_->settle();
}

void Asked::ends(AnswerEnd how, Where where) const {
  check(where);
  if (how == AnswerEnd::complete && !state_->begun)
    begins(200, -1, where);
  state_->ended = true;
  core_->ollama().end(state_->exchange.id, how);
  core_->settle();
}

void Asked::is_abandoned(Where where) const {
  core_->settle();
  if (!core_->ollama().abandoned(state_->exchange.id))
    core_->fail(where,
                "nobody has broken off " + state_->exchange.method + " " + state_->exchange.target);
}

} // namespace nexus::llm::testing
