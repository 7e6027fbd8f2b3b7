#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "config/file_io.hpp"

namespace nexus::llm {

/// Hears, in a sentence, what saving had to do without and what that costs. May be empty.
using SaveWarning = std::function<void(const std::string& sentence)>;

/// Replaces the content of a file, or makes it (mode 0600): whoever looks, also after a crash,
/// finds the old or the new content whole. What belongs to the file stays: owner, group, mode,
/// extended attributes, access control lists. A symbolic link stays a link: what it leads to is
/// replaced.
///
/// Where a new file cannot take the place of the old one (it is mounted by itself, has several
/// names, its directory cannot be written, its owner cannot be kept), it is written in place, and
/// `warn` is told: a crash in that moment may leave a part of it. Where this fails midway, the old
/// content is put back.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& path,
                                           std::string_view content, const SaveWarning& warn = {});

/// What a path leads to when symbolic links are followed; the last of them may lead to nothing.
[[nodiscard]] std::filesystem::path follow_links(const std::filesystem::path& path);

/// Holds an exclusive lock on a directory while it lives, against other processes and threads.
/// Waits for another holder up to `patience` (`operation_would_block` then). Where the file system
/// has no locks, `warn` is told, and the result is invalid without an error.
[[nodiscard]] FileDescriptor lock_directory(const std::filesystem::path& directory,
                                            std::chrono::milliseconds patience,
                                            std::error_code& error, const SaveWarning& warn = {});

} // namespace nexus::llm
