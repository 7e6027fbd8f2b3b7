// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "actors/ollama_client/answer_collector.hpp"
#include "actors/ollama_client/transfer_inbox.hpp"

namespace nexus::llm {

/// Collects a streamed response: one batch of chunks per round of reading, and the response as soon
/// as `done` was read.
[[nodiscard]] std::unique_ptr<TransferHandler>
make_stream_handler(TransferId id, AnswerCollector collector, std::shared_ptr<TransferInbox> inbox);

/// Collects a body of at most `max_bytes`; stops the transfer of a larger one.
[[nodiscard]] std::unique_ptr<TransferHandler>
make_body_handler(TransferId id, std::size_t max_bytes, std::shared_ptr<TransferInbox> inbox);

/// Collects the progress of the transfer or creation of a model. `failure_code` is the code of a
/// failure with an unknown text.
[[nodiscard]] std::unique_ptr<TransferHandler>
make_pull_handler(TransferId id, ExchangeSubject subject, ErrorCode failure_code,
                  std::shared_ptr<TransferInbox> inbox);

} // namespace nexus::llm
