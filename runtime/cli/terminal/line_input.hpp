// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/file_io.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/sidecar/line_framer.hpp"

namespace nexus::llm::cli {

/// The lines of a file or of stdin, one at a time: memory does not grow with the file. The text is
/// UTF-8; a byte order mark at its beginning is dropped. Not thread-safe. Movable.
class LineInput {
public:
  struct Line {
    std::uint64_t number = 0; ///< counts from 1
    std::string text;         ///< without its line end
  };

  /// Opens a file; `-` is stdin. Errors: `invalid_argument`.
  [[nodiscard]] static Result<LineInput> open(const std::string& path);

  /// Returns the next line that is not blank; `nullopt` at the end. Blocks; an interrupt ends the
  /// wait. Errors: `invalid_argument` with the place, for a file that cannot be read, a line that
  /// is not UTF-8 or longer than 64 MiB; `cancelled` after an interrupt.
  [[nodiscard]] Result<std::optional<Line>> next();
  /// Goes back to the first line. Returns false if that is impossible, as for a pipe.
  [[nodiscard]] bool rewind();

  /// Returns the file and the line, such as `a.jsonl:3`.
  [[nodiscard]] std::string place(std::uint64_t line) const;
  [[nodiscard]] const FileDescriptor& file() const noexcept { return file_; }

private:
  LineInput(std::string name, FileDescriptor file);
  [[nodiscard]] Result<bool> read_more();

  std::string name_;
  FileDescriptor file_;
  std::optional<sidecar::LineFramer> framer_; ///< always set; replaced by `rewind`
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

} // namespace nexus::llm::cli
