// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/stream_forwarder.hpp"

#include <chrono>
#include <utility>

#include "nexus_llm/subscriber.hpp"
#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"

namespace nexus::llm::sidecar {

namespace {

template <class Note> std::string line_of(const Note& note) {
  json::Document document;
  return notification_line(Note::method, to_protocol(note, document.GetAllocator()));
}

template <class T> std::optional<T> unless_empty(T&& value) {
  return value.empty() ? std::nullopt : std::optional<T>{std::forward<T>(value)};
}

} // namespace

StreamForwarder::StreamForwarder(stream_forwarder::pointer self, Parts parts)
    : self_{self}, parts_{std::move(parts)}, open_{static_cast<bool>(parts_.request)},
      answered_{!parts_.request} {
  if (!parts_.request)
    return;
  ask_watched_made(self_, parts_.role, parts_.request(as_subscriber(self_)))
      .then([this](LLMResponse& response) { on_answer(std::move(response)); },
            [this](const caf::error& error) {
              answered_ = true;
              fail(to_llm_error(error));
              quit_if_done();
            });
}

stream_forwarder::behavior_type StreamForwarder::make_behavior() {
  return {
      [this](tick_atom) {
        if (handled_.empty())
          return;
        handled_.front()();
        handled_.pop_front();
      },
      [this](open_atom) {
        open_ = true;
        for (auto& held : std::exchange(held_, {}))
          parts_.writer->push(std::move(held.line), std::move(held.written));
        quit_if_done();
      },
      [this](finish_atom) {
        // The rest of the text waits for the credit of a client that does not read.
        if (!handled_.empty())
          return await_end();
        if (answer_)
          end(*answer_);
        quit_if_done();
      },
      [this](cancel_atom) { return forward_to(self_, parts_.role, cancel_atom_v, parts_.id); },
      [this](LLMStreamChunk& chunk) { return on_chunk(chunk); },
      [this](StreamError& error) {
        fail(error.error);
        quit_if_done();
      },
      [this](RequestProgress& progress) { on_progress(progress); },
  };
}

caf::result<void> StreamForwarder::on_chunk(LLMStreamChunk& chunk) {
  if (*parts_.ended)
    return {};
  const auto final = std::move(chunk.final);
  const bool worth_a_line = chunk.has_content() || chunk.restarted || !final;
  if (worth_a_line) {
    handled_.push_back(promise_nothing(self_));
    write(line_of(ChunkNote{.id = parts_.id,
                            .seq = chunk.seq,
                            .model = std::move(chunk.model),
                            .response = std::move(chunk.response),
                            .thinking = unless_empty(std::move(chunk.thinking)),
                            .tool_calls = unless_empty(std::move(chunk.tool_calls)),
                            .logprobs = unless_empty(std::move(chunk.logprobs)),
                            .restarted = chunk.restarted ? std::optional{true} : std::nullopt}),
          [self = stream_forwarder{self_}] { anon_tell(self, tick_atom_v); });
  }
  if (final) {
    end(*final);
    quit_if_done();
  }
  if (worth_a_line)
    return caf::delegated<void>{};
  return {};
}

void StreamForwarder::on_progress(const RequestProgress& progress) {
  if (*parts_.ended)
    return;
  ProgressNote note{.id = parts_.id,
                    .phase = progress.phase,
                    .queue_position = progress.queue_position,
                    .attempt = progress.attempt,
                    .model = progress.model};
  if (progress.reason)
    note.reason = report(*progress.reason, parts_.detail);
  write(line_of(note));
}

void StreamForwarder::on_answer(LLMResponse response) {
  answered_ = true;
  answer_ = std::move(response);
  await_end();
  quit_if_done();
}

void StreamForwarder::await_end() {
  if (!*parts_.ended)
    tell_after(self_, parts_.end_limit, stream_forwarder{self_}, finish_atom_v);
}

void StreamForwarder::end(const LLMResponse& response) {
  if (parts_.ended->exchange(true))
    return;
  write(line_of(EndNote{.id = parts_.id, .response = response}));
}

void StreamForwarder::fail(const LLMError& error) {
  if (parts_.ended->exchange(true))
    return;
  write(line_of(ErrorNote{.id = parts_.id, .error = report(error, parts_.detail)}));
}

void StreamForwarder::write(std::string line, LineWriter::Callback written) {
  if (open_)
    parts_.writer->push(std::move(line), std::move(written));
  else
    held_.push_back({std::move(line), std::move(written)});
}

void StreamForwarder::quit_if_done() {
  // A requester that terminates before its answer would count as one that cancels.
  if (*parts_.ended && answered_ && open_)
    self_->quit();
}

} // namespace nexus::llm::sidecar
