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
  parked_.insert(key);
  pump();
  return key;
}

void PendingCalls::connect() {
  connected_ = true;
  given_up_.reset();
  std::vector<Key> lost;
  for (const auto& [key, entry] : calls_)
    if (entry.stage == Stage::asked)
      lost.push_back(key);
  for (const auto key : lost)
    on_lost(key);
  pump();
}

void PendingCalls::give_up(const LLMError& error) {
  connected_ = false;
  given_up_ = error;
  while (!calls_.empty())
    end(calls_.begin()->first, error);
}

bool PendingCalls::answered(Key key, Epoch epoch) {
  if (at(key, epoch, Stage::asked) == nullptr)
    return false;
  const auto node = calls_.extract(key);
  leave(node.mapped());
  pump();
  return true;
}

std::optional<std::chrono::milliseconds> PendingCalls::failed(
    Key key, Epoch epoch, const LLMError& error,
    const std::function<std::optional<std::chrono::milliseconds>(std::uint32_t)>& wait) {
  auto* entry = at(key, epoch, Stage::asked);
  if (entry == nullptr)
    return std::nullopt;
  // What is done elsewhere costs no retry, and so has a bound of its own.
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
  leave(*entry);
  entry->stage = Stage::pausing;
  pump();
  return pause;
}

void PendingCalls::again(Key key, Epoch epoch) {
  if (auto* entry = at(key, epoch, Stage::pausing); entry != nullptr) {
    park(key, *entry);
    pump();
  }
}

bool PendingCalls::end(Key key, const LLMError& error) {
  auto node = calls_.extract(key);
  if (node.empty())
    return false;
  leave(node.mapped());
  parked_.erase(key);
  node.mapped().call.fail(error);
  pump();
  return node.mapped().stage == Stage::asked;
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

PendingCalls::Entry* PendingCalls::at(Key key, Epoch epoch, Stage stage) {
  const auto entry = calls_.find(key);
  const bool found =
      entry != calls_.end() && entry->second.epoch == epoch && entry->second.stage == stage;
  return found ? &entry->second : nullptr;
}

void PendingCalls::pump() {
  if (!connected_)
    return;
  for (auto next = parked_.begin(); next != parked_.end();) {
    auto& entry = calls_.at(*next);
    if (!entry.call.is_long && asked_ >= rules_.window) {
      ++next;
      continue;
    }
    const auto key = *next;
    next = parked_.erase(next);
    entry.stage = Stage::asked;
    asked_ += entry.call.is_long ? 0 : 1;
    entry.call.send(key, ++entry.epoch);
  }
}

void PendingCalls::park(Key key, Entry& entry) {
  leave(entry);
  entry.stage = Stage::parked;
  parked_.insert(key);
}

void PendingCalls::leave(const Entry& entry) {
  if (entry.stage == Stage::asked && !entry.call.is_long)
    --asked_;
}

void PendingCalls::on_lost(Key key) {
  auto& entry = calls_.at(key);
  if (entry.call.may_be_repeated && ++entry.losses <= rules_.max_losses)
    park(key, entry);
  else
    end(key, {.code = ErrorCode::component_failed, .subject = subject_});
}

} // namespace nexus::llm
