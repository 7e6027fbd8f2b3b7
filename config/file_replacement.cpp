// SPDX-License-Identifier: BSD-3-Clause
#include "config/file_replacement.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <vector>

namespace nexus::llm {

namespace {

namespace fs = std::filesystem;

constexpr int most_links_followed = 40;
constexpr int lock_poll_ms = 10;
constexpr std::size_t most_attribute_bytes = 64 * 1024; // limit of Linux
constexpr const char* access_list = "system.posix_acl_access";

bool is_one_of(int number, std::initializer_list<int> numbers) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

void tell(const SaveWarning& warn, const std::string& sentence) {
  if (warn)
    warn(sentence);
}

/// A temporary file. The destructor deletes it, unless it was renamed or kept.
class TemporaryFile {
public:
  /// Creates the file in the directory of `target`. On failure, `last_error` has the reason.
  explicit TemporaryFile(const fs::path& target)
      : name_{(target.parent_path() / ".nexus-llm-XXXXXX").string()},
        file_{::mkostemp(name_.data(), O_CLOEXEC)}, there_{file_.valid()} {}
  ~TemporaryFile() {
    if (there_)
      ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const FileDescriptor& file() const noexcept { return file_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Replaces `target` with this file. Returns false and sets `errno` on failure.
  bool rename_to(const fs::path& target) {
    if (::rename(name_.c_str(), target.c_str()) != 0)
      return false;
    there_ = false;
    return true;
  }
  /// Disables the deletion of the file.
  void keep() noexcept { there_ = false; }

private:
  std::string name_;
  FileDescriptor file_;
  bool there_;
};

/// Flushes a file to disk. Calls `warn` if the file system does not support this.
std::error_code sync(const FileDescriptor& file, const SaveWarning& warn) {
  if (::fsync(file.get()) == 0)
    return {};
  const auto error = last_error();
  if (!is_one_of(error.value(), {EINVAL, ENOSYS, EOPNOTSUPP}))
    return error;
  tell(warn, "this file system does not tell when the settings have reached the disk (" +
                 error.message() + "): after a crash they may be lost");
  return {};
}

void sync_directory_of(const fs::path& target) {
  // The content is on disk already; this makes the directory entry durable.
  if (const FileDescriptor directory{
          ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
      directory.valid())
    ::fsync(directory.get());
}

using Attributes = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const auto end = std::min(list.find('\0'), list.size());
    names.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

/// Returns the extended attributes of a file, including access control lists.
Attributes attributes_of(const fs::path& target) {
  std::string list(most_attribute_bytes, '\0');
  const auto size = ::llistxattr(target.c_str(), list.data(), list.size());
  if (size <= 0)
    return {};
  Attributes attributes;
  for (auto& name : names_in(std::string_view{list}.substr(0, static_cast<std::size_t>(size)))) {
    std::string value(most_attribute_bytes, '\0');
    const auto length = ::lgetxattr(target.c_str(), name.c_str(), value.data(), value.size());
    if (length < 0)
      continue;
    value.resize(static_cast<std::size_t>(length));
    attributes.emplace_back(std::move(name), std::move(value));
  }
  return attributes;
}

/// Returns whether the system sets this attribute of new files and restricts changing it.
bool is_set_by_system(std::string_view name) {
  return name.starts_with("security.") || name.starts_with("trusted.");
}

bool copy_attributes(const fs::path& from, const FileDescriptor& to) {
  const auto attributes = attributes_of(from);
  // The new file may have inherited an access control list from its directory.
  ::fremovexattr(to.get(), access_list);
  return std::all_of(attributes.begin(), attributes.end(), [&to](const auto& entry) {
    const auto& [name, value] = entry;
    return ::fsetxattr(to.get(), name.c_str(), value.data(), value.size(), 0) == 0 ||
           is_set_by_system(name);
  });
}

/// Copies owner, attributes and mode of the old file to a new one. Returns what cannot be copied,
/// or `nullopt`.
std::optional<std::string> copy_belongings(const fs::path& from, const struct stat& old,
                                           const FileDescriptor& to) {
  struct stat now {};
  if (::fstat(to.get(), &now) != 0)
    return "its owner cannot be found out";
  if ((now.st_uid != old.st_uid || now.st_gid != old.st_gid) &&
      ::fchown(to.get(), old.st_uid, old.st_gid) != 0)
    return "another file cannot have its owner";
  if (!copy_attributes(from, to))
    return "another file cannot have its attributes";
  constexpr mode_t permissions = 07777;
  // Some file systems have no permissions per file: skip `fchmod` if the mode is equal already.
  if (::fstat(to.get(), &now) != 0 || ((now.st_mode & permissions) != (old.st_mode & permissions) &&
                                       ::fchmod(to.get(), old.st_mode & permissions) != 0))
    return "another file cannot have its permissions";
  return std::nullopt;
}

std::error_code write_from_start(const FileDescriptor& file, std::string_view content) {
  if (::lseek(file.get(), 0, SEEK_SET) != 0)
    return last_error();
  if (const auto error = write_all(file, content))
    return error;
  if (::ftruncate(file.get(), static_cast<off_t>(content.size())) != 0)
    return last_error();
  return {};
}

/// Reserves disk space for the new content before the old content is overwritten.
std::error_code reserve(const FileDescriptor& file, std::size_t old_size, std::size_t new_size) {
  if (new_size <= old_size ||
      ::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(old_size),
                  static_cast<off_t>(new_size - old_size)) == 0)
    return {};
  const auto error = last_error();
  return is_one_of(error.value(), {ENOSPC, EDQUOT, EFBIG}) ? error : std::error_code{};
}

/// Overwrites `target` and restores the old content on failure. `spare` is a file with the new
/// content, or null.
std::error_code write_in_place(const fs::path& target, std::string_view content,
                               const std::string& reason, TemporaryFile* spare,
                               const SaveWarning& warn) {
  const FileDescriptor file{::open(target.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  if (!file.valid())
    return last_error();
  std::error_code error;
  const auto old = read_file(target, std::string{}.max_size(), error);
  if (!old)
    return error;
  if (error = reserve(file, old->size(), content.size()); error)
    return error;
  error = write_from_start(file, content);
  if (!error)
    error = sync(file, warn);
  if (!error) {
    tell(warn, target.string() + " was written in place, since " + reason +
                   ": a crash in that moment would have left a part of it");
    return {};
  }
  if (write_from_start(file, *old) || ::fsync(file.get()) != 0) {
    if (spare != nullptr)
      spare->keep();
    tell(warn, target.string() + " is damaged, since its old content could not be put back" +
                   (spare != nullptr ? "; the new content is in " + spare->name() : ""));
  }
  return error;
}

} // namespace

fs::path follow_links(const fs::path& path) {
  std::error_code ignored;
  auto target = fs::absolute(path, ignored);
  for (int links = 0; links < most_links_followed && fs::is_symlink(target, ignored); ++links)
    target = target.parent_path() / fs::read_symlink(target, ignored);
  return target;
}

std::error_code replace_file(const fs::path& path, std::string_view content,
                             const SaveWarning& warn) {
  const auto target = follow_links(path);
  struct stat old {};
  const bool exists = ::lstat(target.c_str(), &old) == 0;
  if (!exists && errno != ENOENT)
    return last_error();
  if (exists && !S_ISREG(old.st_mode))
    return std::make_error_code(S_ISDIR(old.st_mode) ? std::errc::is_a_directory
                                                     : std::errc::invalid_seek);
  TemporaryFile temporary{target};
  if (!temporary.file().valid()) {
    const auto error = last_error();
    if (!exists || !is_one_of(error.value(), {EACCES, EPERM, EROFS}))
      return error;
    return write_in_place(target, content, "no other file can be made beside it", nullptr, warn);
  }
  if (const auto error = write_all(temporary.file(), content))
    return error;
  std::optional<std::string> obstacle;
  if (exists) {
    obstacle = copy_belongings(target, old, temporary.file());
    if (!obstacle && old.st_nlink > 1)
      obstacle = "it has several names";
  }
  if (const auto error = sync(temporary.file(), warn))
    return error;
  if (!obstacle) {
    if (temporary.rename_to(target)) {
      sync_directory_of(target);
      return {};
    }
    const auto error = last_error();
    if (!exists || !is_one_of(error.value(), {EBUSY, EXDEV, EPERM, EACCES}))
      return error;
    obstacle =
        error.value() == EBUSY ? "it is mounted by itself" : "another file cannot take its place";
  }
  return write_in_place(target, content, *obstacle, &temporary, warn);
}

FileDescriptor lock_directory(const fs::path& directory, std::chrono::milliseconds patience,
                              std::error_code& error, const SaveWarning& warn) {
  error.clear();
  auto without = [&](const std::error_code& why) {
    tell(warn, "the directory " + directory.string() + " cannot be locked (" + why.message() +
                   "): what another program saves at the same moment may be lost");
    return FileDescriptor{};
  };
  FileDescriptor file{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!file.valid()) {
    // A directory without read permission may still be writable.
    if (errno == EACCES)
      return without(last_error());
    error = last_error();
    return file;
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (is_one_of(errno, {EBADF, ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL}))
      return without(last_error());
    if (errno == EWOULDBLOCK && std::chrono::steady_clock::now() < deadline) {
      ::poll(nullptr, 0, lock_poll_ms);
    } else if (errno != EINTR) {
      error = last_error();
      return FileDescriptor{};
    }
  }
  return file;
}

} // namespace nexus::llm
