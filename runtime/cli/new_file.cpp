// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "config/file_replacement.hpp"

namespace nexus::llm::cli {

namespace {

constexpr mode_t for_all_that_the_mask_permits = 0666;

tl::unexpected<LLMError> cannot_be_written(const std::string& path, const std::error_code& error) {
  return failure(ErrorCode::invalid_argument,
                 path + " cannot be written (" + error.message() + ")");
}

bool is_regular(const FileDescriptor& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
}

} // namespace

NewFile::NewFile(std::string path, FileDescriptor file, bool made)
    : path_{std::move(path)}, file_{std::move(file)}, made_{made} {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_{std::move(other.path_)}, file_{std::move(other.file_)}, made_{std::exchange(other.made_,
                                                                                        false)} {}

NewFile::~NewFile() {
  if (made_)
    ::unlink(path_.c_str());
}

Result<NewFile> NewFile::open(const std::string& path, bool over) {
  FileDescriptor made{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, for_all_that_the_mask_permits)};
  if (made.valid())
    return NewFile{path, std::move(made), true};
  if (errno != EEXIST)
    return cannot_be_written(path, last_error());
  FileDescriptor present{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!present.valid())
    return cannot_be_written(path, last_error());
  if (!over && is_regular(present))
    return failure(ErrorCode::invalid_argument, path + " exists already; --force writes over it");
  return NewFile{path, std::move(present), false};
}

Result<void> NewFile::write(std::string_view content) {
  // On a full disk, a file that was there before keeps its content.
  const auto error =
      !made_ && is_regular(file_) ? replace_file(path_, content) : write_all(file_, content);
  if (error)
    return cannot_be_written(path_, error);
  made_ = false;
  return {};
}

} // namespace nexus::llm::cli
