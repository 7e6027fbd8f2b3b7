// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace nexus::llm {

/// Maximum size of a configuration file in bytes.
inline constexpr std::size_t largest_config_file = 16u << 20;

/// Owns a file descriptor and closes it in the destructor.
class FileDescriptor {
public:
  explicit FileDescriptor(int number = -1) noexcept : number_{number} {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_{other.release()} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }
  /// Returns the descriptor and gives up ownership.
  int release() noexcept;

private:
  int number_;
};

/// Returns the error code for `errno`.
[[nodiscard]] std::error_code last_error() noexcept;

/// Returns the content of a file. Fails if it is larger than `limit` bytes. Reads a pipe to its end
/// and blocks while there is a writer; an empty pipe or device is an error.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path,
                                                   std::size_t limit, std::error_code& error);

/// Writes the entire content at the current offset of the descriptor.
[[nodiscard]] std::error_code write_all(const FileDescriptor& file, std::string_view content);

} // namespace nexus::llm
