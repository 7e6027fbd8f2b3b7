// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/file_io.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Returns the record of a line of a batch as JSON on one line: `line`, `id` if there is one,
/// `digest`, and `answer` or `error`. `id` is JSON text.
[[nodiscard]] std::string batch_record(std::uint64_t line, const std::string& id,
                                       std::uint64_t digest, const Result<LLMResponse>& answer);

/// The file with the records of a batch, which a later run continues. Each record is written at
/// once, so that the end of the process loses none. Holds 4 bytes of memory per line of the batch.
/// Locked against other processes while it is open. Not thread-safe. Movable.
class BatchOutput {
public:
  /// Opens or makes a file, and reads the records of earlier runs. Cuts a record at the end that is
  /// incomplete. What is no regular file, such as a pipe, is only written to.
  /// Errors: `invalid_argument` with the reason: the file cannot be opened, is in use by another
  /// batch, or holds something else, which stays as it is.
  [[nodiscard]] static Result<BatchOutput> open(const std::string& path);

  /// Whether there is a record of the line.
  [[nodiscard]] bool has(std::uint64_t line) const;
  /// Whether the record of a line that has one is that of another content.
  [[nodiscard]] bool differs(std::uint64_t line, std::uint64_t digest) const;
  [[nodiscard]] std::uint64_t answered() const noexcept { return answered_; }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }
  /// Returns the last line that has a record; 0 if there is none.
  [[nodiscard]] std::uint64_t last_line() const noexcept { return marks_.size(); }
  [[nodiscard]] bool was_cut() const noexcept { return cut_; }
  /// Whether other processes are kept out; not every file system can.
  [[nodiscard]] bool locked() const noexcept { return locked_; }
  [[nodiscard]] const FileDescriptor& file() const noexcept { return file_; }
  /// Returns the name of the file as it was given.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Removes the file if this object has made it and nothing was written.
  void remove_if_new() const;
  /// Appends a record, without a line end. On failure none of it is left in the file.
  [[nodiscard]] std::error_code append(const std::string& record);
  /// Removes the records of failures, so that their lines are asked again. The file is replaced as
  /// a whole or not at all.
  [[nodiscard]] Result<void> drop_failed();
  /// Brings the records into the order of the lines; likewise.
  [[nodiscard]] Result<void> sort();

private:
  /// A record and its place in the file.
  struct Record {
    std::uint64_t line = 0;
    std::uint64_t digest = 0;
    bool failed = false;
    std::uint64_t offset = 0;
    std::size_t size = 0; ///< with its line end
  };

  explicit BatchOutput(const std::string& name);

  [[nodiscard]] Result<void> open_file();
  [[nodiscard]] Result<void> lock();
  [[nodiscard]] Result<void> read_records();
  [[nodiscard]] Result<void> settle_tail(const std::string& tail, std::uint64_t offset);
  /// Calls `visit` for each complete record. Returns what is behind the last line end.
  [[nodiscard]] Result<std::string>
  scan(const std::function<Result<void>(const Record&)>& visit) const;
  [[nodiscard]] static std::optional<Record> parse(std::string_view text);
  [[nodiscard]] Result<void> note(const Record& record);
  /// Replaces the file by one that consists of these records.
  [[nodiscard]] Result<void> rewrite(const std::vector<Record>& records);
  [[nodiscard]] tl::unexpected<LLMError> unusable(const std::string& why) const;

  std::string name_;
  std::filesystem::path path_; ///< without symbolic links: a link stays when the file is replaced
  FileDescriptor file_;
  bool regular_ = true;
  bool made_ = false; ///< by this object
  bool locked_ = false;
  bool cut_ = false;
  std::vector<std::uint32_t> marks_; ///< by line: a part of the digest, not 0; 0: no record
  std::uint64_t answered_ = 0;
  std::uint64_t failed_ = 0;
};

} // namespace nexus::llm::cli
