// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace nexus::llm::cli {

namespace fs = std::filesystem;

namespace {
constexpr mode_t mode_of_log = 0666; // less what the mask forbids
} // namespace

std::error_code LogFile::open() {
  std::error_code ignored;
  if (path_.has_parent_path())
    fs::create_directories(path_.parent_path(), ignored);
  // Without O_NONBLOCK, a pipe without a reader would block.
  file_ = FileDescriptor{::open(path_.c_str(),
                                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                                mode_of_log)};
  return file_.valid() ? std::error_code{} : last_error();
}

std::error_code LogFile::add(std::string_view text) {
  if (!is_in_place())
    if (const auto error = open())
      return error;
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0)
    return last_error();
  if (!S_ISREG(status.st_mode))
    return write_all(file_, text);
  auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > 0 && size + text.size() > max_bytes_) {
    if (const auto error = rotate())
      return error;
    size = 0;
  }
  const auto error = write_all(file_, text);
  if (error)
    static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(size)) + 0);
  return error;
}

bool LogFile::is_in_place() const {
  struct stat here {};
  struct stat there {};
  return file_.valid() && ::fstat(file_.get(), &here) == 0 && ::stat(path_.c_str(), &there) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

fs::path LogFile::old_path(std::size_t number) const {
  if (number == 0)
    return path_;
  return path_.parent_path() /
         (path_.stem().string() + "." + std::to_string(number) + path_.extension().string());
}

std::error_code LogFile::rotate() {
  for (auto number = old_files_; number > 0; --number)
    if (::rename(old_path(number - 1).c_str(), old_path(number).c_str()) != 0 && errno != ENOENT)
      return last_error();
  return open();
}

} // namespace nexus::llm::cli
