// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"

namespace nexus::llm {

/// Options of a `ConfigWatcher`.
struct WatchOptions {
  /// Reports a series of changes once, after no change for this long.
  std::chrono::milliseconds settle{100};
  /// Polling interval if the kernel does not report changes.
  std::chrono::milliseconds poll{2000};
  /// Whether to use inotify; off for tests.
  bool notifications = true;
};

/// Watches a configuration file and invokes a callback if its content changes: the file was written
/// in place, replaced, deleted or created (also its directory), or a symbolic link in its path was
/// changed. Polls the file if inotify is not available or if another machine may change the file
/// system. Does not report writes of the same content, nor the initial content.
///
/// Runs its own thread, which invokes the callback. Create and destroy the watcher from any other
/// thread. After the destructor returns, the callback is not invoked anymore.
class ConfigWatcher {
public:
  /// `on_change` must not throw. Throws `std::system_error` if the process cannot create another
  /// thread or file descriptor.
  ConfigWatcher(std::filesystem::path file, std::function<void()> on_change,
                WatchOptions options = {});
  ~ConfigWatcher();
  ConfigWatcher(const ConfigWatcher&) = delete;
  ConfigWatcher& operator=(const ConfigWatcher&) = delete;

private:
  using Clock = std::chrono::steady_clock;
  /// Metadata for detecting a change of a file without reading it.
  struct Mark {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0; ///< nanoseconds
    bool operator==(const Mark&) const = default;
  };
  using Content = std::optional<std::size_t>; ///< a hash; empty if the file cannot be read

  void run();
  /// Updates the watches to the current path of the file, including symbolic links.
  void renew_watches();
  void watch(const std::filesystem::path& place, std::uint32_t events, const std::string& name);
  /// Reads all pending events and returns whether one of them concerns the file.
  bool read_events();
  [[nodiscard]] Mark mark() const;
  [[nodiscard]] Content content() const;
  void tell_if_changed();
  [[nodiscard]] int wait_ms() const;

  const std::filesystem::path file_;
  const std::function<void()> on_change_;
  const WatchOptions options_;
  EventDescriptor stop_;
  FileDescriptor inotify_;
  std::map<int, std::set<std::string>> watches_; ///< names by watch; empty matches all events
  bool polling_ = false;
  Mark mark_;
  Content content_;
  std::optional<Clock::time_point> first_event_;
  std::optional<Clock::time_point> last_event_;
  std::thread thread_;
};

} // namespace nexus::llm
