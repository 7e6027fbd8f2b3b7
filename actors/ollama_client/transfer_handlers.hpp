#pragma once

#include <memory>

#include "actors/ollama_client/answer_collector.hpp"
#include "actors/ollama_client/transfer_inbox.hpp"

namespace nexus::llm {

/// Collects a streamed answer: a batch of chunks per read, the end as soon as `done` was read.
[[nodiscard]] std::unique_ptr<TransferHandler>
make_stream_handler(TransferId id, AnswerCollector collector, std::shared_ptr<TransferInbox> inbox);

/// Collects a whole body of at most `max_bytes`; a larger one is stopped.
[[nodiscard]] std::unique_ptr<TransferHandler>
make_body_handler(TransferId id, std::size_t max_bytes, std::shared_ptr<TransferInbox> inbox);

/// Collects the progress of the transfer or the making of a model. `failure_code` is that of a
/// failure whose words are not known.
[[nodiscard]] std::unique_ptr<TransferHandler>
make_pull_handler(TransferId id, ExchangeSubject subject, ErrorCode failure_code,
                  std::shared_ptr<TransferInbox> inbox);

} // namespace nexus::llm
