// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <map>
#include <unordered_map>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "actors/requests/batch_actor.hpp"
#include "actors/requests/run_id.hpp"

namespace nexus::llm {

/// The live requests, by number and by the id that callers use. The id of an answered request may
/// be reused, though the request may still have to end its stream. Not thread-safe.
class LiveRequests {
public:
  struct Entry {
    RequestId id;
    AIRole role = AIRole::overseer;
    request_actor request; ///< null for a batch
    batch_actor batch;     ///< null unless it is a batch
    caf::actor_addr requester;
    std::chrono::steady_clock::time_point accepted = {};
    bool answered = false;
  };

  void add(std::uint64_t number, Entry entry) {
    numbers_[entry.id] = number;
    entries_.emplace(number, std::move(entry));
  }
  /// The request was answered: its id may be reused.
  void release(std::uint64_t number) {
    const auto entry = entries_.find(number);
    if (entry == entries_.end())
      return;
    entry->second.answered = true;
    if (const auto known = numbers_.find(entry->second.id);
        known != numbers_.end() && known->second == number)
      numbers_.erase(known);
  }
  void erase(std::uint64_t number) {
    release(number);
    entries_.erase(number);
  }

  [[nodiscard]] const Entry* at(std::uint64_t number) const {
    const auto entry = entries_.find(number);
    return entry == entries_.end() ? nullptr : &entry->second;
  }
  [[nodiscard]] const Entry* find(const RequestId& id) const {
    const auto number = numbers_.find(id);
    return number == numbers_.end() ? nullptr : &entries_.at(number->second);
  }
  /// The latest request of this id, answered or not.
  [[nodiscard]] const Entry* find_any(const RequestId& id) const {
    if (const auto* live = find(id))
      return live;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
      if (entry->second.id == id)
        return &entry->second;
    return nullptr;
  }
  /// The run ids of the requests of a role.
  [[nodiscard]] std::vector<RequestId> runs(AIRole role) const {
    std::vector<RequestId> runs;
    for (const auto& [number, entry] : entries_)
      if (entry.role == role && entry.request)
        runs.push_back(run_id(number));
    return runs;
  }
  template <class Visit> void each(Visit visit) const {
    for (const auto& [number, entry] : entries_)
      visit(entry);
  }

private:
  std::map<std::uint64_t, Entry> entries_;
  std::unordered_map<RequestId, std::uint64_t> numbers_;
};

} // namespace nexus::llm
