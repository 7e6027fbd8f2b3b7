#pragma once

#include <vector>

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// The stream of a request that has died: whom it owes an end, and the StreamingActor that was to
/// tell it.
struct OrphanedStream {
  struct Listener {
    stream_subscriber handle;
    StreamError end;
  };

  streaming_actor streaming;
  RequestId run;
  std::vector<Listener> listeners;

  /// For those whom no StreamingActor will tell it.
  void end_directly() const {
    for (const auto& listener : listeners)
      anon_tell(listener.handle, listener.end);
  }
};

} // namespace nexus::llm
