// SPDX-License-Identifier: BSD-3-Clause
#include "config/file_io.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "config/text.hpp"

namespace nexus::llm {

namespace {

/// Returns the descriptor that a path such as /dev/stdin or /dev/fd/63 refers to.
std::optional<int> named_descriptor(std::string_view path) {
  if (path == "/dev/stdin")
    return STDIN_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder))
      continue;
    if (const auto number = number_in<int>(path.substr(folder.size())))
      return number;
  }
  return std::nullopt;
}

FileDescriptor open_to_read(const std::filesystem::path& path) {
  // Without O_NONBLOCK, opening a named pipe without a writer would block.
  FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.valid() || (errno != ENXIO && errno != EACCES))
    return file;
  // A socket or a pipe of another user cannot be opened again: duplicate the descriptor.
  if (const auto number = named_descriptor(path.native()))
    file = FileDescriptor{::fcntl(*number, F_DUPFD_CLOEXEC, 0)};
  return file;
}

} // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (valid())
      ::close(number_);
    number_ = other.release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (valid())
    ::close(number_);
}

int FileDescriptor::release() noexcept { return std::exchange(number_, -1); }

std::error_code last_error() noexcept { return {errno, std::generic_category()}; }

std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit,
                                     std::error_code& error) {
  error.clear();
  const auto file = open_to_read(path);
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) {
    error = last_error();
    return std::nullopt;
  }
  std::string content;
  std::array<char, 16384> buffer{};
  for (;;) {
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0)
      break;
    if (count > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(count));
      if (content.size() > limit) {
        error = std::make_error_code(std::errc::file_too_large);
        return std::nullopt;
      }
    } else if (errno == EAGAIN) {
      pollfd readable{file.get(), POLLIN, 0};
      ::poll(&readable, 1, -1);
    } else if (errno != EINTR) {
      error = last_error();
      return std::nullopt;
    }
  }
  if (content.empty() && !S_ISREG(status.st_mode)) {
    error = std::make_error_code(std::errc::no_message_available);
    return std::nullopt;
  }
  return content;
}

std::error_code write_all(const FileDescriptor& file, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(file.get(), content.data(), content.size());
    if (written >= 0)
      content.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      return last_error();
  }
  return {};
}

} // namespace nexus::llm
