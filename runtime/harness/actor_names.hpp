// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nexus_llm/portability.hpp"

namespace nexus::llm::testing {

/// The names of the actors of a script. Does not keep actors alive. If a name is assigned twice,
/// `find` returns the newer actor, while `of` returns the name for both.
class ActorNames {
public:
  void set(const caf::strong_actor_ptr& actor, std::string name) {
    const auto address = caf::actor_cast<caf::actor_addr>(actor);
    current_[name] = address;
    named_[actor->id()] = {std::move(name), address};
  }

  /// Returns the name of an actor; `nobody` for an anonymous sender, `actor N` for an unnamed
  /// actor.
  [[nodiscard]] std::string of(const caf::strong_actor_ptr& actor) const {
    if (!actor)
      return "nobody";
    const auto entry = named_.find(actor->id());
    return entry != named_.end() ? entry->second.name : "actor " + std::to_string(actor->id());
  }

  /// Returns the live actor with this name.
  [[nodiscard]] caf::strong_actor_ptr find(const std::string& name) const {
    const auto entry = current_.find(name);
    return entry != current_.end() ? caf::actor_cast<caf::strong_actor_ptr>(entry->second)
                                   : nullptr;
  }

  /// Returns the names of all live actors.
  [[nodiscard]] std::vector<std::string> all() const {
    std::vector<std::string> names;
    for (const auto& [name, address] : current_)
      if (find(name))
        names.push_back(name);
    return names;
  }

  /// Returns all live actors that ever had a name.
  [[nodiscard]] std::vector<caf::strong_actor_ptr> everybody() const {
    std::vector<caf::strong_actor_ptr> actors;
    for (const auto& [id, entry] : named_)
      if (auto actor = caf::actor_cast<caf::strong_actor_ptr>(entry.address))
        actors.push_back(std::move(actor));
    return actors;
  }

private:
  struct Named {
    std::string name;
    caf::actor_addr address;
  };

  std::map<caf::actor_id, Named> named_;
  std::map<std::string, caf::actor_addr> current_;
};

} // namespace nexus::llm::testing
