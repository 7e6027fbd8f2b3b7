#include "config/file_io.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace nexus::llm {

namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return last_error();
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
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

std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t limit,
                                     std::error_code& error) {
  error.clear();
  FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file.valid()) {
    error = last_error();
    return std::nullopt;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    error = std::make_error_code(std::errc::is_a_directory);
    return std::nullopt;
  }
  std::string content;
  char buffer[16384];
  for (;;) {
    const auto count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      error = last_error();
      return std::nullopt;
    }
    if (count == 0)
      return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > limit) {
      error = std::make_error_code(std::errc::file_too_large);
      return std::nullopt;
    }
  }
}

std::error_code replace_file(const std::filesystem::path& path, std::string_view content) {
  // A link stays a link: what it points to is replaced.
  std::error_code ignored;
  auto target = std::filesystem::absolute(path, ignored);
  for (int links = 0; links < 40 && std::filesystem::is_symlink(target, ignored); ++links)
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  mode_t mode = 0600;
  if (struct stat status{}; ::stat(target.c_str(), &status) == 0)
    mode = status.st_mode & 07777;
  auto name = (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
  FileDescriptor file{::mkostemp(name.data(), O_CLOEXEC)};
  if (!file.valid())
    return last_error();
  auto error = write_all(file.get(), content);
  if (!error && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
                 ::rename(name.c_str(), target.c_str()) != 0))
    error = last_error();
  if (error) {
    ::unlink(name.c_str());
    return error;
  }
  // Makes the new name itself last; the content is safe already.
  if (FileDescriptor directory{::open(target.parent_path().c_str(), O_RDONLY | O_CLOEXEC)};
      directory.valid())
    ::fsync(directory.get());
  return {};
}

FileDescriptor lock_directory(const std::filesystem::path& directory, std::error_code& error) {
  error.clear();
  FileDescriptor file{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!file.valid()) {
    error = last_error();
    return file;
  }
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) {
      error = last_error();
      return FileDescriptor{};
    }
  return file;
}

} // namespace nexus::llm
