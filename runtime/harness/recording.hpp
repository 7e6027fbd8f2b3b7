// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/ollama_client/ollama_client_actor.hpp"

namespace nexus::llm::testing {

/// Records the HTTP traffic of a live session. Thread-safe.
class Recording {
public:
  using Clock = std::chrono::steady_clock;

  /// Bytes of a response that arrived together.
  struct Piece {
    Clock::time_point time;
    std::string bytes;
  };
  struct Exchange {
    std::string method;
    std::string target;
    std::string body;
    Clock::time_point begun;
    int status = 0;
    std::vector<Piece> pieces;
    bool over = false; ///< finished with `outcome`; otherwise aborted or still active
    HttpOutcome outcome;
    Clock::time_point ended;
  };

  /// Wraps a transport and records its exchanges in `recording`.
  [[nodiscard]] static TransportFactory over(std::shared_ptr<Recording> recording,
                                             TransportFactory inner);

  /// Returns the exchanges recorded so far.
  [[nodiscard]] std::vector<Exchange> exchanges() const;

  std::size_t begin(Exchange exchange);
  void add(std::size_t exchange, int status, std::string_view bytes);
  void finish(std::size_t exchange, const HttpOutcome& outcome);

private:
  mutable std::mutex mutex_;
  std::vector<Exchange> exchanges_;
};

} // namespace nexus::llm::testing
