// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

#include "messages/job_queue.hpp"

namespace nexus::llm {

namespace job_queue_test {

namespace {

struct Job {
  bool is_short = true;
  std::size_t number = 0;
};

using Queue = JobQueue<Job*>;

/// A worker that runs short jobs, the calling thread, and another one that waits for a job.
struct TwoWorkers {
  TwoWorkers() {
    queue.push(&begun);
    BOOST_TEST(queue.pop() == &begun);
    other = std::async(std::launch::async, [this] { return queue.pop(); });
    while (queue.asleep() == 0)
      std::this_thread::yield();
  }
  ~TwoWorkers() {
    if (other.valid())
      queue.push(&begun);
  }

  Job begun;
  Job job;
  Queue queue{[](Job* taken) { return taken->is_short; }};
  std::future<Job*> other;
};

} // namespace

BOOST_AUTO_TEST_SUITE(job_queue)

BOOST_FIXTURE_TEST_CASE(a_job_wakes_a_worker, TwoWorkers) {
  queue.push(&job);
  BOOST_TEST(queue.asleep() == 0u);
  BOOST_TEST(other.get() == &job);
}

BOOST_FIXTURE_TEST_CASE(a_job_that_is_added_during_a_short_one_waits_for_its_worker, TwoWorkers) {
  Queue::begin_short();
  queue.push(&job);
  BOOST_TEST(queue.asleep() == 1u);
  Queue::end_short();
  BOOST_TEST(queue.pop() == &job);
}

BOOST_FIXTURE_TEST_CASE(many_jobs_wake_a_worker_even_during_a_short_one, TwoWorkers) {
  std::array<Job, 5> jobs;
  Queue::begin_short();
  for (auto& each : jobs) {
    BOOST_TEST(queue.asleep() == 1u);
    queue.push(&each);
  }
  BOOST_TEST(queue.asleep() == 0u);
  BOOST_TEST(other.get() == &jobs[0]);
  Queue::end_short();
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_leaves_many_jobs_wakes_another, TwoWorkers) {
  std::array<Job, 4> jobs;
  Queue::begin_short();
  for (auto& each : jobs)
    queue.push(&each);
  Queue::end_short();
  queue.push(&job);
  BOOST_TEST(queue.asleep() == 0u);
  const auto* const mine = queue.pop();
  const auto* const theirs = other.get();
  BOOST_TEST((mine == &jobs[0] ? theirs == &jobs[1] : mine == &jobs[1] && theirs == &jobs[0]));
}

BOOST_FIXTURE_TEST_CASE(a_short_job_that_takes_long_is_not_waited_for, TwoWorkers) {
  using Clock = std::chrono::steady_clock;
  Queue::begin_short();
  const auto end = Clock::now() + 2 * Queue::short_time;
  while (Clock::now() < end)
    std::this_thread::yield();
  queue.push(&job);
  BOOST_TEST(queue.asleep() == 0u);
  BOOST_TEST(other.get() == &job);
  Queue::end_short();
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_takes_a_long_job_wakes_another_for_what_is_left, TwoWorkers) {
  Job longer{.is_short = false};
  Queue::begin_short();
  queue.push(&longer);
  queue.push(&job);
  BOOST_TEST(queue.asleep() == 1u);
  Queue::end_short();
  BOOST_TEST(queue.pop() == &longer);
  BOOST_TEST(other.get() == &job);
}

BOOST_FIXTURE_TEST_CASE(a_worker_that_takes_a_short_job_wakes_nobody_for_what_is_left, TwoWorkers) {
  Job another;
  Queue::begin_short();
  queue.push(&another);
  queue.push(&job);
  Queue::end_short();
  BOOST_TEST(queue.pop() == &another);
  BOOST_TEST(queue.asleep() == 1u);
  BOOST_TEST(queue.pop() == &job);
}

BOOST_AUTO_TEST_CASE(each_job_is_taken_once_whoever_adds_it) {
  constexpr std::size_t producers = 3;
  constexpr std::size_t workers = 3;
  constexpr std::size_t jobs_each = 20'000;
  // A third of the jobs is long, and each job of a producer adds one more.
  std::vector<Job> jobs(2 * producers * jobs_each);
  for (std::size_t i = 0; i < jobs.size(); ++i)
    jobs[i] = {.is_short = i % 3 != 0, .number = i};
  std::vector<std::atomic<int>> taken(jobs.size());
  std::atomic<std::size_t> left = jobs.size();
  Queue queue{[](Job* job) { return job->is_short; }};
  std::vector<Job> ends(workers, {.number = jobs.size()});
  auto work = [&] {
    for (;;) {
      auto* const job = queue.pop();
      if (job->number == jobs.size())
        return;
      if (job->is_short)
        Queue::begin_short();
      ++taken[job->number];
      if (job->number < producers * jobs_each)
        queue.push(&jobs[producers * jobs_each + job->number]);
      if (job->is_short)
        Queue::end_short();
      if (--left == 0)
        for (auto& end : ends)
          queue.push(&end);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < workers; ++i)
      threads.emplace_back(work);
    for (std::size_t i = 0; i < producers; ++i)
      threads.emplace_back([&jobs, &queue, i] {
        for (std::size_t j = 0; j < jobs_each; ++j)
          queue.push(&jobs[i * jobs_each + j]);
      });
  }
  std::size_t wrong = 0;
  for (const auto& times : taken)
    wrong += times == 1 ? 0 : 1;
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace job_queue_test

} // namespace nexus::llm
