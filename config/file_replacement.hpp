// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "config/file_io.hpp"

namespace nexus::llm {

/// Receives one sentence if a save had to give up a guarantee, with the consequence. May be empty.
using SaveWarning = std::function<void(const std::string& sentence)>;

/// Atomically replaces the content of a file, or creates the file (mode 0600): readers find either
/// the old or the new content, also after a crash. Preserves owner, group, mode, extended
/// attributes and access control lists. For a symbolic link, replaces the target of the link.
///
/// If a new file cannot replace the old one (a mount point, several hard links, a read-only
/// directory, an owner that cannot be preserved), writes in place and calls `warn`, because a crash
/// during the write may leave partial content. If writing in place fails, restores the old content.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& path,
                                           std::string_view content, const SaveWarning& warn = {});

/// Resolves the symbolic links at the end of a path. The target of the last link may be missing.
[[nodiscard]] std::filesystem::path follow_links(const std::filesystem::path& path);

/// Acquires an exclusive lock on a directory, against other processes and threads. The returned
/// descriptor holds the lock until it is closed. Waits up to `patience` for another holder, then
/// fails with `operation_would_block`. If the directory cannot be locked, for example because the
/// file system has no locks, calls `warn` and returns an invalid descriptor without an error.
[[nodiscard]] FileDescriptor lock_directory(const std::filesystem::path& directory,
                                            std::chrono::milliseconds patience,
                                            std::error_code& error, const SaveWarning& warn = {});

} // namespace nexus::llm
