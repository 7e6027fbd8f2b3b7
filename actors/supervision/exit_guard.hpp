#pragma once

#include "messages/portability.hpp"

namespace nexus::llm {

/// Makes an actor ignore exit messages of everybody but `master`, so that a caller cannot end by
/// mistake what others hold handles to.
template <class Self, class Handle> void heed_only(Self* self, const Handle& master) {
  auto address = caf::actor_cast<caf::actor_addr>(master);
  self->set_exit_handler([self, address](caf::exit_msg& message) {
    if (message.source == address)
      self->quit(message.reason);
  });
}

} // namespace nexus::llm
