#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace nexus::llm {

/// The settings are no larger than this.
inline constexpr std::size_t largest_config_file = 16u << 20;

/// An open file descriptor that closes itself.
class FileDescriptor {
public:
  explicit FileDescriptor(int number = -1) noexcept : number_{number} {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_{other.release()} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }
  int release() noexcept;

private:
  int number_;
};

/// The failure that `errno` tells of.
[[nodiscard]] std::error_code last_error() noexcept;

/// The bytes of a file of at most `limit` bytes. Of a pipe it reads to the end, and waits for its
/// writer as long as there is one; a pipe or device that gives nothing is an error.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path,
                                                   std::size_t limit, std::error_code& error);

/// Writes all of it where the descriptor stands.
[[nodiscard]] std::error_code write_all(const FileDescriptor& file, std::string_view content);

} // namespace nexus::llm
