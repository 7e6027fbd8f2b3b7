// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/record.hpp"

#include <utility>

#include "nexus_llm/portability_actors.hpp"
#include "tests/reliability/mortal.hpp"

namespace nexus::llm::test {

void Record::answer(const std::string& what) {
  std::lock_guard lock{mutex_};
  answers.push_back(what);
  changed_.notify_all();
}

void Record::chunk(const LLMStreamChunk& chunk) {
  std::lock_guard lock{mutex_};
  if (auto call = std::exchange(on_first_chunk_, nullptr))
    call();
  in_order = in_order && chunk.seq == next_seq_++ && ends == 0;
  text += chunk.response;
  ++chunks;
  if (chunk.done)
    ++ends;
  changed_.notify_all();
}

void Record::on_first_chunk(std::function<void()> call) {
  std::lock_guard lock{mutex_};
  on_first_chunk_ = std::move(call);
}

void Record::end(const StreamError& error) {
  std::lock_guard lock{mutex_};
  in_order = in_order && ends == 0;
  ++ends;
  end_code = to_string(error.error.code);
  end_id = error.id.value;
  changed_.notify_all();
}

void Record::progress(const RequestProgress& progress) {
  std::lock_guard lock{mutex_};
  if (progress.phase == Phase::restarted) {
    next_seq_ = 0;
    text.clear();
  }
  phases.push_back(progress.phase);
  changed_.notify_all();
}

bool Record::wait_until(const std::function<bool(const Record&)>& condition) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, patience, [&] { return condition(*this); });
}

namespace {

/// How long a slow subscriber is busy with a chunk.
constexpr std::chrono::milliseconds slow_handling{10};

class RecorderState {
public:
  using Base = stream_subscriber::base;
  static constexpr const char* name = "Recorder";

  RecorderState(stream_subscriber::pointer self, std::shared_ptr<Record> record, Pace pace)
      : self_{self}, record_{std::move(record)}, pace_{pace} {}

  stream_subscriber::behavior_type make_behavior() {
    return {
        [this](const LLMStreamChunk& chunk) -> caf::result<void> {
          record_->chunk(chunk);
          if (pace_ == Pace::slow)
            take_time();
          if (pace_ == Pace::stuck)
            return unanswered_.emplace_back(self_->make_response_promise<void>());
          return {};
        },
        [this](const StreamError& error) { record_->end(error); },
        [this](const RequestProgress& progress) { record_->progress(progress); },
    };
  }

private:
  /// What a handler that has much to do with each chunk does to its thread.
  static void take_time() {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    never.wait_for(lock, slow_handling, [] { return false; });
  }

  stream_subscriber::pointer self_;
  std::shared_ptr<Record> record_;
  Pace pace_;
  std::vector<caf::typed_response_promise<void>> unanswered_;
};

} // namespace

stream_subscriber spawn_recorder(caf::actor_system& system, std::shared_ptr<Record> record,
                                 Pace pace) {
  // A slow one keeps a thread busy, which must not be one of the others'.
  if (pace == Pace::slow)
    return spawn_state<Mortal<RecorderState>, caf::detached>(system, std::move(record), pace);
  return spawn_state<Mortal<RecorderState>>(system, std::move(record), pace);
}

} // namespace nexus::llm::test
