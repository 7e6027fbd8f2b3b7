// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "config/file_io.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// A file that a command is to write at its end, and that is made at its beginning, so that a wrong
/// name is told before the work. The destructor deletes a file that was made and never written.
/// Pipes and devices are written to as they are. Movable.
class NewFile {
public:
  /// Makes the file. One that exists is only taken with `over`, and keeps its content until
  /// `write`. Errors: `invalid_argument` with the reason.
  [[nodiscard]] static Result<NewFile> open(const std::string& path, bool over);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// Replaces the content, as a whole or not at all. Errors: `invalid_argument` with the reason.
  [[nodiscard]] Result<void> write(std::string_view content);

private:
  NewFile(std::string path, FileDescriptor file, bool made);

  std::string path_;
  FileDescriptor file_;
  bool made_; ///< by this object, and still without content
};

} // namespace nexus::llm::cli
