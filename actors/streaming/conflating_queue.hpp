#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// What one subscriber still has to be told. Without credit, pieces are put together: text is
/// appended to text, so that a slow subscriber loses nothing and costs one pending chunk.
class ConflatingQueue {
public:
  explicit ConflatingQueue(std::uint32_t window) : credit_{window} {}

  /// Adds a piece; one without content and end is dropped.
  void push(const LLMStreamChunk& piece) {
    if (!piece.has_content() && !piece.done)
      return;
    if (pending_)
      pending_->append(piece);
    else
      pending_ = piece;
  }

  /// The next chunk to send, which costs a credit; nothing without a chunk or a credit.
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

  /// Forgets what waits; the next chunk has `seq` 0 again, and says that what came before it is
  /// void, if anything did. Credit that is out stays out.
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
