// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// The stream of a request that has died: its subscribers, the final message for each, and the
/// StreamingActor that should send it. Immutable once sent.
struct OrphanedStream {
  struct Listener {
    stream_subscriber handle;
    StreamError end;
  };

  streaming_actor streaming;
  RequestId run;
  std::vector<Listener> listeners;

  /// Sends the final messages directly, if no StreamingActor will.
  void end_directly() const {
    for (const auto& listener : listeners)
      anon_tell(listener.handle, listener.end);
  }
};

} // namespace nexus::llm
