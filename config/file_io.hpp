#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace nexus::llm {

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

/// The bytes of a regular file of at most `limit` bytes.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path,
                                                   std::size_t limit, std::error_code& error);

/// Replaces a file at once: whoever looks, also after a crash, finds the old or the new one whole.
/// Its permissions stay.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& path,
                                           std::string_view content);

/// Holds an exclusive lock on a directory while it lives, against other processes and threads.
/// Taking it may wait for another holder.
[[nodiscard]] FileDescriptor lock_directory(const std::filesystem::path& directory,
                                            std::error_code& error);

} // namespace nexus::llm
