// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// The pending output of one subscriber. While the subscriber has no credit, chunks are merged:
/// text is appended to text, so that a slow subscriber loses nothing and costs one pending chunk.
///
/// Not every chunk asks for a response: a response shows that the chunks before have been handled,
/// too. One in a quarter of the window is enough to keep a subscriber busy, and saves messages.
///
/// Not thread-safe.
class ConflatingQueue {
public:
  /// A chunk to send.
  struct Outgoing {
    LLMStreamChunk chunk;
    /// How many chunks have been handled, this one included, once the subscriber responds to it.
    /// 0: it need not respond.
    std::uint32_t acknowledges = 0;
  };

  explicit ConflatingQueue(std::uint32_t window)
      : credit_{window}, stride_{std::clamp(window / 4, 1u, longest_stride)} {}

  /// Adds a chunk. A chunk that has no content and does not end the stream is dropped.
  void push(LLMStreamChunk piece) {
    if (!piece.has_content() && !piece.done)
      return;
    if (pending_)
      pending_->append(piece);
    else
      pending_ = std::move(piece);
  }

  /// Returns the next chunk to send and spends one credit. Returns nothing without a chunk or
  /// without credit.
  [[nodiscard]] std::optional<Outgoing> pop() {
    if (!pending_ || credit_ == 0)
      return std::nullopt;
    --credit_;
    std::optional<Outgoing> out{Outgoing{std::move(*pending_)}};
    pending_.reset();
    auto& chunk = out->chunk;
    chunk.seq = next_seq_++;
    chunk.restarted = std::exchange(restarted_, false);
    // The first one shows whether the subscriber works at all, the last one when it has finished.
    if (++unacknowledged_ >= stride_ || chunk.seq == 0 || chunk.done)
      out->acknowledges = std::exchange(unacknowledged_, 0);
    return out;
  }

  /// The subscriber has handled so many chunks.
  void give_back(std::uint32_t chunks) { credit_ += chunks; }

  /// Discards the pending chunk. The next chunk has `seq` 0 again and, if chunks were sent before,
  /// is marked as `restarted`: those are invalid. Credit of chunks that were sent and not handled
  /// is not returned.
  void restart() {
    pending_.reset();
    restarted_ = restarted_ || next_seq_ > 0;
    next_seq_ = 0;
  }

  [[nodiscard]] bool idle() const noexcept { return !pending_.has_value(); }

private:
  static constexpr std::uint32_t longest_stride = 16;

  std::uint32_t credit_;
  std::uint32_t stride_;
  std::uint32_t unacknowledged_ = 0; ///< chunks since the last one that asked for a response
  std::uint64_t next_seq_ = 0;
  bool restarted_ = false;
  std::optional<LLMStreamChunk> pending_;
};

} // namespace nexus::llm
