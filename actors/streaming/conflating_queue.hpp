// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// The pending output of one subscriber. While the subscriber has no credit, chunks are merged:
/// text is appended to text, so that a slow subscriber loses nothing and costs one pending chunk.
/// Not thread-safe.
class ConflatingQueue {
public:
  explicit ConflatingQueue(std::uint32_t window) : credit_{window} {}

  /// Adds a chunk. A chunk that has no content and does not end the stream is dropped.
  void push(const LLMStreamChunk& piece) {
    if (!piece.has_content() && !piece.done)
      return;
    if (pending_)
      pending_->append(piece);
    else
      pending_ = piece;
  }

  /// Returns the next chunk to send and spends one credit. Returns nothing without a chunk or
  /// without credit.
  [[nodiscard]] std::optional<LLMStreamChunk> pop() {
    if (!pending_ || credit_ == 0)
      return std::nullopt;
    --credit_;
    auto chunk = std::exchange(pending_, std::nullopt);
    chunk->seq = next_seq_++;
    chunk->restarted = std::exchange(restarted_, false);
    return chunk;
  }

  /// The subscriber has handled a chunk.
  void give_back() { ++credit_; }

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
  std::uint32_t credit_;
  std::uint64_t next_seq_ = 0;
  bool restarted_ = false;
  std::optional<LLMStreamChunk> pending_;
};

} // namespace nexus::llm
