// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "nexus_llm/interfaces.hpp"

namespace nexus::llm::test {

/// Nothing in these tests takes as long, unless it hangs.
inline constexpr std::chrono::seconds patience{20};

/// What the actors of a scene have seen, in words.
class Record {
public:
  void answer(const std::string& what);
  void chunk(const LLMStreamChunk& chunk);
  void end(const StreamError& error);
  void progress(const RequestProgress& progress);

  /// Called once, from the thread of a subscriber, when the first chunk comes.
  void on_first_chunk(std::function<void()> call);

  /// Waits until the record says so. False where it does not in time.
  [[nodiscard]] bool wait_until(const std::function<bool(const Record&)>& condition) const;

  /// Guards what follows, while there is still somebody who writes.
  [[nodiscard]] std::mutex& mutex() const { return mutex_; }

  std::vector<std::string> answers;
  std::vector<Phase> phases;
  std::string text;
  std::size_t chunks = 0;
  std::size_t ends = 0;
  std::string end_code; ///< of a bad end
  std::string end_id;   ///< likewise
  bool in_order = true;

private:
  std::function<void()> on_first_chunk_;
  std::uint64_t next_seq_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

/// How fast a subscriber gives back its credit.
enum class Pace : std::uint8_t { quick, slow, stuck };

/// A subscriber that notes what it hears, and that can be made to die.
[[nodiscard]] stream_subscriber
spawn_recorder(caf::actor_system& system, std::shared_ptr<Record> record, Pace pace = Pace::quick);

} // namespace nexus::llm::test
