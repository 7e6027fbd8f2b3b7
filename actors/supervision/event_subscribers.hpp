// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <unordered_map>
#include <vector>

#include "nexus_llm/interfaces.hpp"

namespace nexus::llm {

/// The subscribers of supervision events. Its owner watches them. Not thread-safe.
class EventSubscribers {
public:
  void add(const supervision_subscriber& subscriber) {
    subscribers_[caf::actor_cast<caf::actor_addr>(subscriber)] = subscriber;
  }
  void remove(const caf::actor_addr& subscriber) { subscribers_.erase(subscriber); }
  [[nodiscard]] bool contains(const caf::actor_addr& subscriber) const {
    return subscribers_.contains(subscriber);
  }

  [[nodiscard]] std::vector<supervision_subscriber> all() const {
    std::vector<supervision_subscriber> all;
    for (const auto& [address, subscriber] : subscribers_)
      all.push_back(subscriber);
    return all;
  }

  template <class Self> void tell_all(Self* self, const SupervisionEvent& event) const {
    for (const auto& [address, subscriber] : subscribers_)
      tell(self, subscriber, event);
  }

private:
  std::unordered_map<caf::actor_addr, supervision_subscriber> subscribers_;
};

} // namespace nexus::llm
