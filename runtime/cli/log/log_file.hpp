// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

/// A file that lines are appended to. When it is full, it becomes `NAME.1.EXTENSION`, and older
/// ones count up. If others move or remove it, or its directory, the next line begins a new one.
/// Not thread-safe.
class LogFile {
public:
  /// `max_bytes` bounds the file and each of the `old_files` that are kept.
  LogFile(std::filesystem::path path, std::uint64_t max_bytes, std::size_t old_files)
      : path_{std::move(path)}, max_bytes_{max_bytes}, old_files_{old_files} {}

  /// Makes the file, with its directory, if there is none.
  [[nodiscard]] std::error_code open();
  /// Appends text, as a whole or not at all.
  [[nodiscard]] std::error_code add(std::string_view text);

private:
  /// Whether the path still names the open file.
  [[nodiscard]] bool is_in_place() const;
  [[nodiscard]] std::filesystem::path old_path(std::size_t number) const;
  [[nodiscard]] std::error_code rotate();

  std::filesystem::path path_;
  std::uint64_t max_bytes_;
  std::size_t old_files_;
  FileDescriptor file_;
};

} // namespace nexus::llm::cli
