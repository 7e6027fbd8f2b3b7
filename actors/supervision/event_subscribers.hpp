#pragma once

#include <unordered_set>

#include "messages/interfaces.hpp"

namespace nexus::llm {

/// Those who listen to the events of supervision. Lives in the state of an actor.
class EventSubscribers {
public:
  explicit EventSubscribers(Watcher& watcher) : watcher_{watcher} {}

  void add(const supervision_subscriber& subscriber) {
    if (subscribers_.insert(subscriber).second)
      watcher_.watch(subscriber,
                     [this, subscriber](const caf::error&) { subscribers_.erase(subscriber); });
  }

  void remove(const supervision_subscriber& subscriber) {
    if (subscribers_.erase(subscriber) > 0)
      watcher_.forget(subscriber);
  }

  template <class Self> void tell_all(Self* self, const SupervisionEvent& event) const {
    for (const auto& subscriber : subscribers_)
      tell(self, subscriber, event);
  }

private:
  Watcher& watcher_;
  std::unordered_set<supervision_subscriber> subscribers_;
};

} // namespace nexus::llm
