// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/sidecar/line_writer.hpp"
#include "runtime/sidecar/sidecar_interfaces.hpp"

namespace nexus::llm::sidecar {

/// StreamForwarder: one stream of a client. Writes its chunks and progress as notifications,
/// followed by exactly one `llm/end` or `llm/error`. Returns the credit of a chunk once its line is
/// written, so that a slow client costs what any slow subscriber costs. Sends the request itself:
/// when it dies, the request is cancelled. Terminates after the end.
class StreamForwarder {
public:
  using Base = stream_forwarder::base;
  static constexpr const char* name = "StreamForwarder";
  /// Creates the request for a subscriber.
  using Request = std::function<caf::message(const stream_subscriber&)>;

  struct Parts {
    RequestId id;
    std::shared_ptr<LineWriter> writer;
    bool detail = false; ///< whether errors carry technical details
    role_handle role;
    Request request; ///< empty: the stream exists; hold lines back until `open_atom`
    /// How long the end of the stream may arrive after the answer to its request, while the client
    /// reads.
    std::chrono::milliseconds end_limit{10'000};
    /// Set before the client can know of the end, so that its owner gives the id free in time.
    std::shared_ptr<std::atomic<bool>> ended = std::make_shared<std::atomic<bool>>(false);
  };

  StreamForwarder(stream_forwarder::pointer self, Parts parts);

  [[nodiscard]] stream_forwarder::behavior_type make_behavior();

private:
  caf::result<void> on_chunk(LLMStreamChunk& chunk);
  void on_progress(const RequestProgress& progress);
  void on_answer(LLMResponse response);
  void await_end();
  void end(const LLMResponse& response);
  void fail(const LLMError& error);
  void write(std::string line, LineWriter::Callback written = {});
  void quit_if_done();

  stream_forwarder::pointer self_;
  Parts parts_;
  std::deque<std::function<void()>> handled_; ///< credit of lines that are not written yet
  struct Held {
    std::string line;
    LineWriter::Callback written;
  };
  std::vector<Held> held_;
  bool open_;     ///< the client knows the id
  bool answered_; ///< no answer to the request is pending
  std::optional<LLMResponse> answer_;
};

} // namespace nexus::llm::sidecar
