#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/portability.hpp"

namespace nexus::llm::testing {

/// What the actors of a script are called. Keeps none of them alive. A name that is given again
/// means the newer actor from then on; the older one is still told by it.
class ActorNames {
public:
  void set(const caf::strong_actor_ptr& actor, std::string name) {
    addresses_[name] = caf::actor_cast<caf::actor_addr>(actor);
    names_[actor->id()] = std::move(name);
  }

  /// `nobody` for an anonymous sender; `actor N` for one that was given no name.
  [[nodiscard]] std::string of(const caf::strong_actor_ptr& actor) const {
    if (!actor)
      return "nobody";
    const auto entry = names_.find(actor->id());
    return entry != names_.end() ? entry->second : "actor " + std::to_string(actor->id());
  }

  /// The living actor of this name.
  [[nodiscard]] caf::strong_actor_ptr find(const std::string& name) const {
    const auto entry = addresses_.find(name);
    return entry != addresses_.end() ? caf::actor_cast<caf::strong_actor_ptr>(entry->second)
                                     : nullptr;
  }

  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> names;
    for (const auto& [name, address] : addresses_)
      names.push_back(name);
    return names;
  }

private:
  std::map<caf::actor_id, std::string> names_;
  std::map<std::string, caf::actor_addr> addresses_;
};

} // namespace nexus::llm::testing
