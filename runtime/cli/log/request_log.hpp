// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "runtime/cli/log/log_entry.hpp"

namespace nexus::llm::cli {

/// Which entries of the log are wanted. What is empty or 0 does not restrict.
struct LogQuery {
  std::size_t limit = 0;
  std::string text = {}; ///< in prompt or answer, in any case of the letters
  std::optional<AIRole> role = {};
  std::string id = {}; ///< or its beginning
};

/// The log of prompts and answers: JSON lines in two files of one directory, for their owner only.
/// Several processes may use it at the same time. Not thread-safe.
///
/// When the newer file has half of the size of the log, it takes the place of the older one.
class RequestLog {
public:
  /// `max_bytes` bounds both files together.
  RequestLog(std::filesystem::path directory, std::uint64_t max_bytes)
      : directory_{std::move(directory)}, max_bytes_{max_bytes} {}

  /// Adds an entry, as a whole or not at all.
  /// Errors: `message_size` for an entry of more than half of the log, and those of the system.
  [[nodiscard]] std::error_code add(const LogEntry& entry) const;

  struct Found {
    std::vector<LogEntry> entries; ///< the newest first
    std::size_t damaged = 0;       ///< lines that are no entries, as far as they were read
    std::error_code error;         ///< why a file cannot be read
  };
  [[nodiscard]] Found find(const LogQuery& query) const;

  /// Deletes everything.
  [[nodiscard]] std::error_code clear() const;

  /// The newer file.
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "log.jsonl"; }

private:
  [[nodiscard]] std::filesystem::path older_file() const { return directory_ / "log.old.jsonl"; }

  std::filesystem::path directory_;
  std::uint64_t max_bytes_;
};

} // namespace nexus::llm::cli
