// SPDX-License-Identifier: BSD-3-Clause
#include "actors/streaming/stream_session.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nexus::llm {

StreamSession::Deliveries StreamSession::subscribe(Key key, RequestId id) {
  auto [entry, fresh] =
      subscribers_.try_emplace(key, Subscriber{std::move(id), ConflatingQueue{window_}, false});
  Deliveries out;
  if (!fresh)
    return out;
  auto& subscriber = entry->second;
  subscriber.queue.push(so_far_);
  if (final_)
    subscriber.queue.push(end_for(subscriber));
  flush(key, subscriber, out);
  return out;
}

StreamSession::Deliveries StreamSession::dismiss(Key key, const LLMError& error) {
  Deliveries out;
  const auto entry = subscribers_.find(key);
  if (entry == subscribers_.end())
    return out;
  if (!entry->second.end_sent)
    out.push_back({key, StreamError{entry->second.id, with_partial(error)}});
  subscribers_.erase(entry);
  return out;
}

LLMError StreamSession::with_partial(LLMError error) const {
  if (error.partial.empty())
    error.partial = so_far_.response;
  return error;
}

StreamSession::Deliveries StreamSession::on_chunks(std::uint32_t attempt,
                                                   std::vector<LLMStreamChunk> pieces) {
  Deliveries out;
  if (attempt != attempt_ || ended())
    return out;
  for (auto& piece : pieces) {
    if (piece.has_content() && !begun_) {
      begun_ = true;
      out = progress({.phase = Phase::first_token, .attempt = attempt_, .model = piece.model});
    }
    // The request decides when the stream ends, not a chunk.
    piece.done = false;
    so_far_.model = piece.model;
    so_far_.append(piece);
    if (subscribers_.empty())
      continue;
    const auto last = std::prev(subscribers_.end());
    for (auto entry = subscribers_.begin(); entry != last; ++entry)
      pass_on(*entry, piece, out);
    pass_on(*last, std::move(piece), out);
  }
  return out;
}

StreamSession::Deliveries StreamSession::on_handled(Key key, std::uint32_t chunks) {
  Deliveries out;
  if (const auto entry = subscribers_.find(key); entry != subscribers_.end()) {
    entry->second.queue.give_back(chunks);
    flush(key, entry->second, out);
  }
  return out;
}

StreamSession::Deliveries StreamSession::progress(const RequestProgress& progress) const {
  Deliveries out;
  const bool before_answer = progress.phase == Phase::queued || progress.phase == Phase::sent ||
                             progress.phase == Phase::loading;
  if (before_answer && (begun_ || ended()))
    return out;
  for (const auto& [key, subscriber] : subscribers_) {
    auto copy = progress;
    copy.id = subscriber.id;
    out.push_back({key, std::move(copy)});
  }
  return out;
}

StreamSession::Deliveries StreamSession::restart(std::uint32_t attempt, bool void_seen,
                                                 const LLMError& reason) {
  attempt_ = attempt;
  so_far_ = {};
  const bool begun = std::exchange(begun_, false);
  for (auto& [key, subscriber] : subscribers_)
    subscriber.queue.restart();
  RequestProgress told;
  told.phase = void_seen || begun ? Phase::restarted : Phase::retrying;
  told.attempt = attempt;
  told.reason = reason;
  return progress(told);
}

StreamSession::Deliveries StreamSession::finish(const LLMResponse& response) {
  if (ended())
    return {};
  auto out = progress({.phase = Phase::done, .attempt = attempt_, .model = response.model});
  final_ = response;
  so_far_.model = response.model;
  // The response is authoritative: a session that was reopened has not seen any of it yet.
  LLMStreamChunk missing;
  missing.model = response.model;
  if (response.response.size() > so_far_.response.size())
    missing.response = response.response.substr(so_far_.response.size());
  if (response.thinking.size() > so_far_.thinking.size())
    missing.thinking = response.thinking.substr(so_far_.thinking.size());
  if (response.tool_calls.size() > so_far_.tool_calls.size())
    missing.tool_calls.assign(response.tool_calls.begin() +
                                  static_cast<std::ptrdiff_t>(so_far_.tool_calls.size()),
                              response.tool_calls.end());
  if (response.logprobs.size() > so_far_.logprobs.size())
    missing.logprobs.assign(response.logprobs.begin() +
                                static_cast<std::ptrdiff_t>(so_far_.logprobs.size()),
                            response.logprobs.end());
  so_far_.append(missing);
  for (auto& [key, subscriber] : subscribers_) {
    subscriber.queue.push(missing);
    subscriber.queue.push(end_for(subscriber));
    flush(key, subscriber, out);
  }
  return out;
}

StreamSession::Deliveries StreamSession::fail(const LLMError& error) {
  Deliveries out;
  if (ended())
    return out;
  error_ = with_partial(error);
  for (auto& [key, subscriber] : subscribers_)
    flush(key, subscriber, out);
  return out;
}

StreamSession::Deliveries StreamSession::close(const LLMError& error) {
  Deliveries out;
  const auto told = error_.value_or(with_partial(error));
  for (auto& [key, subscriber] : subscribers_)
    if (!std::exchange(subscriber.end_sent, true))
      out.push_back({key, StreamError{subscriber.id, told}});
  return out;
}

bool StreamSession::drained() const {
  return ended() && std::all_of(subscribers_.begin(), subscribers_.end(),
                                [](const auto& entry) { return entry.second.end_sent; });
}

void StreamSession::pass_on(Subscribers::value_type& entry, LLMStreamChunk piece,
                            Deliveries& out) const {
  entry.second.queue.push(std::move(piece));
  flush(entry.first, entry.second, out);
}

void StreamSession::flush(Key key, Subscriber& subscriber, Deliveries& out) const {
  if (auto next = subscriber.queue.pop()) {
    next->chunk.id = subscriber.id;
    subscriber.end_sent = subscriber.end_sent || next->chunk.done;
    out.push_back({key, std::move(next->chunk), next->acknowledges});
  }
  if (error_ && subscriber.queue.idle() && !subscriber.end_sent) {
    subscriber.end_sent = true;
    out.push_back({key, StreamError{subscriber.id, *error_}});
  }
}

LLMResponse StreamSession::final_for(const Subscriber& subscriber) const {
  auto response = *final_;
  response.id = subscriber.id;
  response.provenance.shared = response.provenance.shared || subscriber.id != final_->id;
  return response;
}

LLMStreamChunk StreamSession::end_for(const Subscriber& subscriber) const {
  LLMStreamChunk end;
  end.model = final_->model;
  end.done = true;
  end.final = final_for(subscriber);
  return end;
}

} // namespace nexus::llm
