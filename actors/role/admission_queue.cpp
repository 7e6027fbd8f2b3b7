// SPDX-License-Identifier: BSD-3-Clause
#include "actors/role/admission_queue.hpp"

#include <algorithm>

namespace nexus::llm {

AdmissionQueue::Verdict AdmissionQueue::offer(const RequestId& run, std::uint64_t ticket,
                                              Priority priority, Time now, bool must_keep) {
  if (queue_.empty() && has_place()) {
    in_flight_.insert(run);
    return Verdict::admitted;
  }
  if (queue_.size() >= limits_.queue_length && !must_keep)
    return Verdict::full;
  queue_.emplace(ticket, Entry{run, priority, now});
  tickets_.emplace(run, ticket);
  return Verdict::queued;
}

void AdmissionQueue::release(const RequestId& run) {
  in_flight_.erase(run);
  if (const auto ticket = tickets_.find(run); ticket != tickets_.end()) {
    queue_.erase(ticket->second);
    tickets_.erase(ticket);
  }
}

std::optional<RequestId> AdmissionQueue::next(Time now) {
  if (queue_.empty() || !has_place())
    return std::nullopt;
  auto chosen = std::find_if(queue_.begin(), queue_.end(), [this, now](const auto& waiting) {
    return interactive(waiting.second, now);
  });
  if (chosen == queue_.end())
    chosen = queue_.begin();
  auto run = std::move(chosen->second.run);
  queue_.erase(chosen);
  tickets_.erase(run);
  in_flight_.insert(run);
  return run;
}

void AdmissionQueue::promote(const RequestId& run) {
  if (const auto ticket = tickets_.find(run); ticket != tickets_.end())
    queue_.at(ticket->second).priority = Priority::interactive;
}

std::vector<RequestId> AdmissionQueue::head(std::size_t count, Time now) const {
  std::vector<RequestId> runs;
  for (const bool first_class : {true, false})
    for (auto waiting = queue_.begin(); waiting != queue_.end() && runs.size() < count; ++waiting)
      if (interactive(waiting->second, now) == first_class)
        runs.push_back(waiting->second.run);
  return runs;
}

QueuePosition AdmissionQueue::position(const RequestId& run, Time now) const {
  QueuePosition result;
  result.queue_length = static_cast<std::uint32_t>(queue_.size());
  const auto ticket = tickets_.find(run);
  if (ticket == tickets_.end())
    return result;
  const bool first_class = interactive(queue_.at(ticket->second), now);
  const auto before = std::count_if(queue_.begin(), queue_.end(), [&](const auto& waiting) {
    const bool other = interactive(waiting.second, now);
    return other == first_class ? waiting.first < ticket->second : other;
  });
  result.position = static_cast<std::uint32_t>(before) + 1;
  return result;
}

} // namespace nexus::llm
