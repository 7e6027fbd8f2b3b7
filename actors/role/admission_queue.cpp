// SPDX-License-Identifier: BSD-3-Clause
#include "actors/role/admission_queue.hpp"

#include <tuple>

namespace nexus::llm {

AdmissionQueue::Verdict AdmissionQueue::offer(const RequestId& run, std::uint64_t ticket,
                                              Priority priority, Time now, bool must_keep) {
  if (queue_.empty() && has_place()) {
    in_flight_.insert(run);
    return Verdict::admitted;
  }
  if (queue_.size() >= limits_.queue_length && !must_keep)
    return Verdict::full;
  queue_.insert(Entry{run, priority, ticket, now});
  return Verdict::queued;
}

void AdmissionQueue::release(const RequestId& run) {
  in_flight_.erase(run);
  queue_.get<ByRun>().erase(run);
}

std::optional<RequestId> AdmissionQueue::next(Time now) {
  if (queue_.empty() || !has_place())
    return std::nullopt;
  age(now);
  auto& in_order = queue_.get<ByOrder>();
  auto run = in_order.begin()->run;
  in_order.erase(in_order.begin());
  in_flight_.insert(run);
  return run;
}

void AdmissionQueue::promote(const RequestId& run) {
  auto& runs = queue_.get<ByRun>();
  if (const auto entry = runs.find(run); entry != runs.end())
    runs.modify(entry, [](Entry& each) { each.priority = Priority::interactive; });
}

std::vector<RequestId> AdmissionQueue::head(std::size_t count, Time now) {
  age(now);
  std::vector<RequestId> runs;
  for (const auto& entry : queue_.get<ByOrder>()) {
    if (runs.size() == count)
      break;
    runs.push_back(entry.run);
  }
  return runs;
}

QueuePosition AdmissionQueue::position(const RequestId& run, Time now) {
  age(now);
  QueuePosition result;
  result.queue_length = static_cast<std::uint32_t>(queue_.size());
  if (const auto entry = queue_.get<ByRun>().find(run); entry != queue_.get<ByRun>().end())
    result.position =
        static_cast<std::uint32_t>(queue_.get<ByOrder>().rank(queue_.project<ByOrder>(entry)) + 1);
  return result;
}

void AdmissionQueue::age(Time now) {
  auto& by_age = queue_.get<ByAge>();
  for (auto oldest = by_age.lower_bound(std::make_tuple(Priority::background));
       oldest != by_age.end() && now - oldest->since >= limits_.ageing;
       oldest = by_age.lower_bound(std::make_tuple(Priority::background)))
    by_age.modify(oldest, [](Entry& each) { each.priority = Priority::interactive; });
}

} // namespace nexus::llm
