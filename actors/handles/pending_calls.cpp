// SPDX-License-Identifier: BSD-3-Clause
#include "actors/handles/pending_calls.hpp"

#include <utility>

namespace nexus::llm {

std::optional<PendingCalls::Key> PendingCalls::add(Call call) {
  if (given_up_ || calls_.size() >= rules_.max_calls) {
    call.fail(
        given_up_.value_or(LLMError{.code = ErrorCode::too_many_requests, .subject = subject_}));
    return std::nullopt;
  }
  const auto key = ++last_key_;
  calls_.emplace(key, Entry{std::move(call)});
  queue_of(calls_.at(key)).insert(key);
  pump();
  return key;
}

void PendingCalls::connect() {
  connected_ = true;
  given_up_.reset();
  lost(0, {.code = ErrorCode::component_failed, .subject = subject_});
}

void PendingCalls::lost(Server server, const LLMError& error) {
  std::vector<Key> lost;
  for (const auto& [key, entry] : calls_)
    if (entry.stage == Stage::asked && entry.server == server)
      lost.push_back(key);
  for (const auto key : lost)
    on_lost(key, error);
  pump();
}

void PendingCalls::give_up(const LLMError& error) {
  given_up_ = error;
  while (!calls_.empty())
    end(calls_.begin()->first, error);
}

bool PendingCalls::answered(Key key, Epoch epoch) {
  if (at(key, epoch, Stage::asked) == nullptr)
    return false;
  const auto node = calls_.extract(key);
  leave(node.mapped(), Stage::ended);
  return true;
}

std::optional<std::chrono::milliseconds> PendingCalls::failed(
    Key key, Epoch epoch, const LLMError& error,
    const std::function<std::optional<std::chrono::milliseconds>(std::uint32_t)>& wait) {
  auto* entry = at(key, epoch, Stage::asked);
  if (entry == nullptr)
    return std::nullopt;
  // The loss of a component or node costs no retry, and has its own limit.
  const bool too_often =
      info(error.code).retry == Retry::moved && ++entry->losses > rules_.max_losses;
  const bool unsent =
      error.code == ErrorCode::connection_refused || error.code == ErrorCode::circuit_open;
  const auto pause = !too_often && (entry->call.may_be_repeated || unsent) ? wait(++entry->failures)
                                                                           : std::nullopt;
  if (!pause) {
    end(key, error);
    return std::nullopt;
  }
  leave(*entry, Stage::pausing);
  return pause;
}

void PendingCalls::again(Key key, Epoch epoch) {
  if (auto* entry = at(key, epoch, Stage::pausing); entry != nullptr)
    park(key, *entry);
}

void PendingCalls::refused(Key key, Epoch epoch, const LLMError& error) {
  if (at(key, epoch, Stage::asked) != nullptr)
    judge(key, error);
}

void PendingCalls::judged(Key key, Epoch epoch, bool may_be_repeated) {
  auto* entry = at(key, epoch, Stage::judging);
  if (entry == nullptr)
    return;
  if (may_be_repeated) {
    park(key, *entry);
  } else {
    const auto reason = entry->reason;
    end(key, reason);
  }
}

bool PendingCalls::end(Key key, const LLMError& error) {
  auto node = calls_.extract(key);
  if (node.empty())
    return false;
  auto& entry = node.mapped();
  const bool asked = entry.stage == Stage::asked;
  queue_of(entry).erase(key);
  entry.call.fail(error);
  leave(entry, Stage::ended);
  return asked;
}

std::optional<PendingCalls::Key> PendingCalls::find(const RequestId& id) const {
  for (const auto& [key, entry] : calls_)
    if (entry.call.id == id)
      return key;
  return std::nullopt;
}

std::optional<RequestId> PendingCalls::id_of(Key key) const {
  const auto entry = calls_.find(key);
  return entry == calls_.end() ? std::nullopt : std::optional{entry->second.call.id};
}

bool PendingCalls::is_asked(Key key, Epoch epoch) const {
  const auto entry = calls_.find(key);
  return entry != calls_.end() && entry->second.epoch == epoch &&
         entry->second.stage == Stage::asked;
}

bool PendingCalls::waits(Key key) const {
  const auto entry = calls_.find(key);
  return entry != calls_.end() && entry->second.stage != Stage::asked;
}

std::size_t PendingCalls::asked_of(Server server) const {
  const auto asked = asked_of_.find(server);
  return asked == asked_of_.end() ? 0 : asked->second;
}

PendingCalls::Entry* PendingCalls::at(Key key, Epoch epoch, Stage stage) {
  const auto entry = calls_.find(key);
  const bool found =
      entry != calls_.end() && entry->second.epoch == epoch && entry->second.stage == stage;
  return found ? &entry->second : nullptr;
}

PendingCalls::Choice PendingCalls::choose(const Call& call) const {
  if (call.choose)
    return call.choose();
  return connected_ ? std::optional<Server>{0} : std::nullopt;
}

void PendingCalls::pump() {
  if (given_up_)
    return;
  pump(parked_long_, [] { return true; });
  pump(parked_, [this] { return asked_ < rules_.window; });
}

void PendingCalls::pump(std::set<Key>& parked, const std::function<bool()>& has_room) {
  for (auto next = parked.begin(); next != parked.end() && has_room();) {
    const auto key = *next;
    auto& entry = calls_.at(key);
    const auto choice = choose(entry.call);
    if (!choice) {
      end(key, choice.error());
    } else if (*choice) {
      parked.erase(key);
      entry.stage = Stage::asked;
      entry.server = **choice;
      asked_ += entry.call.is_long ? 0 : 1;
      ++asked_of_[entry.server];
      entry.call.send(entry.server, key, ++entry.epoch);
    }
    next = parked.upper_bound(key);
  }
}

std::set<PendingCalls::Key>& PendingCalls::queue_of(const Entry& entry) {
  return entry.call.is_long ? parked_long_ : parked_;
}

void PendingCalls::park(Key key, Entry& entry) {
  queue_of(entry).insert(key);
  leave(entry, Stage::parked);
}

void PendingCalls::leave(Entry& entry, Stage next) {
  const bool was_full = asked_ >= rules_.window;
  if (std::exchange(entry.stage, next) == Stage::asked) {
    asked_ -= entry.call.is_long ? 0 : 1;
    --asked_of_[entry.server];
  }
  if (was_full || next == Stage::parked)
    pump();
}

void PendingCalls::on_lost(Key key, const LLMError& error) {
  auto& entry = calls_.at(key);
  if (entry.call.may_be_repeated && ++entry.losses <= rules_.max_losses)
    judge(key, error);
  else
    end(key, error);
}

void PendingCalls::judge(Key key, const LLMError& error) {
  auto& entry = calls_.at(key);
  if (!entry.call.judge)
    return park(key, entry);
  const auto epoch = ++entry.epoch;
  entry.reason = error;
  const auto judge = entry.call.judge;
  leave(entry, Stage::judging);
  judge(key, epoch, error);
}

} // namespace nexus::llm
