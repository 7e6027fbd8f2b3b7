// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm::cli {

/// The state of a download or an upload for people. Plain data.
struct TransferState {
  PullProgress progress;
  std::optional<double> speed = {}; ///< bytes per second
  std::optional<std::chrono::seconds> left = {};
};

/// Returns the percentage that is done; -1 if the size is not known.
[[nodiscard]] int percent_of(const PullProgress& progress);

/// Returns a line of at most so many cells, if possible, with a bar, percentage, amounts, speed,
/// the time that is left and the text of the server. Where there is no room, it leaves out the text
/// first, then shortens the bar, then leaves out the bar, then the amounts.
[[nodiscard]] std::string transfer_line(const TransferState& state, std::size_t cells);

/// Returns the same for a log: `40 % (2.0 GB of 4.9 GB, 35.0 MB/s, 1m20s left)`.
[[nodiscard]] std::string transfer_sentence(const TransferState& state);

} // namespace nexus::llm::cli
