// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/state_directory.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

namespace fs = std::filesystem;

std::optional<fs::path> state_directory(const Environment& environment) {
  // The XDG Base Directory Specification requires ignoring relative paths.
  if (const auto base = environment("XDG_STATE_HOME"); base && fs::path{*base}.is_absolute())
    return fs::path{*base} / "nexus-llm";
  const auto home = environment("HOME");
  if (!home || !fs::path{*home}.is_absolute())
    return std::nullopt;
  return fs::path{*home} / ".local" / "state" / "nexus-llm";
}

std::error_code make_private_directory(const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0)
    return {};
  if (errno == ENOENT && directory.has_relative_path()) {
    if (const auto error = make_private_directory(directory.parent_path()))
      return error;
    if (::mkdir(directory.c_str(), 0700) == 0)
      return {};
  }
  const auto error = last_error();
  std::error_code ignored;
  return error.value() == EEXIST && fs::is_directory(directory, ignored) ? std::error_code{}
                                                                         : error;
}

} // namespace nexus::llm::cli
