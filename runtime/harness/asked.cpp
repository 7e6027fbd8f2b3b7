#include "runtime/harness/asked.hpp"

#include "runtime/harness/wire.hpp"

namespace nexus::llm::testing {

Asked::Asked(ScriptCore& core, StagedExchange exchange)
    : core_{&core}, state_{std::make_shared<State>(State{std::move(exchange)})} {}

void Asked::begin(int status, int retry_after) const {
  if (!std::exchange(state_->begun, true))
    core_->ollama().begin(state_->exchange.id, status, retry_after);
}

void Asked::says(const std::vector<std::string>& texts) const {
  for (const auto& text : texts) {
    ++state_->lines;
    sends(wire::line(state_->exchange, text));
  }
}

void Asked::finishes(const std::string& done_reason) const {
  sends(wire::last_line(state_->exchange, state_->lines, done_reason));
  ends(AnswerEnd::complete);
}

void Asked::answers(const std::string& text) const {
  for (const auto& part : wire::reply_lines(state_->exchange, text))
    sends(part);
  ends(AnswerEnd::complete);
}

void Asked::answers_json(const std::string& body, int status) const {
  begin(status, -1);
  sends(body);
  ends(AnswerEnd::complete);
}

void Asked::refuses(int status, const std::string& error, int retry_after) const {
  begin(status, retry_after);
  sends(wire::error(error));
  ends(AnswerEnd::complete);
}

void Asked::sends(std::string_view bytes) const {
  begin(200, -1);
  core_->ollama().send(state_->exchange.id, bytes);
  core_->settle();
}

void Asked::ends(AnswerEnd how) const {
  if (how == AnswerEnd::complete)
    begin(200, -1);
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
