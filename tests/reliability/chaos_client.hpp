// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/scoped_actor.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <utility>

#include "nexus_llm/llm_system.hpp"
#include "tests/reliability/chaos.hpp"
#include "tests/reliability/record.hpp"

namespace nexus::llm::test {

/// Where clients note how long their requests took. Any thread.
class LatencyLog {
public:
  void add(std::chrono::microseconds time) {
    std::lock_guard lock{mutex_};
    times_.push_back(time);
  }
  [[nodiscard]] Latencies take() {
    std::lock_guard lock{mutex_};
    return std::exchange(times_, {});
  }

private:
  std::mutex mutex_;
  Latencies times_;
};

/// One of the clients of a run of mixed load: makes one request after the other, of a kind that is
/// drawn by lot, and notes what becomes of each. One thread.
class ChaosClient {
public:
  /// `number` makes its requests differ from those of other clients of the run.
  ChaosClient(const ChaosOptions& options, unsigned number, caf::actor_system& system,
              const LLMSystem& llm, LatencyLog& latencies);

  /// Makes one request and waits for all that belongs to it.
  void one_request();

  [[nodiscard]] const ChaosReport& report() const noexcept { return report_; }

private:
  /// Makes a request of the kind that the lot out of 100 stands for.
  void make(std::uint64_t lot);
  void complete();
  void stream();
  void stream_whose_requester_dies();
  void batch();
  void embed();
  void look_at_models();
  void change_settings();

  /// Sends a request and hands its answer, or the name of its error, to the report.
  template <class T, class Handle, class... Ts>
  bool settle(const std::function<void(T&)>& on_answer, const Handle& receiver, Ts&&... content);
  void failed(const LLMError& error);
  void wait_a_little();
  /// What a subscriber heard in the end.
  void judge(const Record& record, const std::string* answer);
  [[nodiscard]] bool wait_for_end(const Record& record);

  [[nodiscard]] std::string prompt();
  [[nodiscard]] std::vector<ChatMessage> conversation();
  [[nodiscard]] GenerateOptions request_options();
  [[nodiscard]] const role_handle& any_role();
  [[nodiscard]] std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  std::mt19937_64 random_;
  std::string name_;
  caf::actor_system& system_;
  const LLMSystem& llm_;
  LatencyLog& latencies_;
  ChaosReport report_;
};

} // namespace nexus::llm::test
