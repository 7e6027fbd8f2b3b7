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

#include "config/file_io.hpp"

namespace nexus::llm {

/// How a file is watched.
struct WatchOptions {
  /// Changes that come one upon the other are told as one, when nothing has come for this long.
  std::chrono::milliseconds settle{100};
  /// How often the file is looked at where the kernel does not tell of changes.
  std::chrono::milliseconds poll{2000};
  /// Whether to let the kernel tell of changes (inotify); off for tests.
  bool notifications = true;
};

/// Watches a configuration file and tells when its content has changed: written in place, replaced,
/// deleted, made (its directory, too), or a symbolic link on the way to it leads elsewhere. Looks
/// at the file now and then where there is no inotify, or where the file system may be changed by
/// another machine. The same content is no change; nothing is said of what is there at first.
///
/// It has a thread of its own, on which it calls back. Make and destroy it from any other thread;
/// once it is destroyed, nothing is called any more.
class ConfigWatcher {
public:
  /// `on_change` must not throw. Throws `std::system_error` where the process may have no further
  /// thread or descriptor.
  ConfigWatcher(std::filesystem::path file, std::function<void()> on_change,
                WatchOptions options = {});
  ~ConfigWatcher();
  ConfigWatcher(const ConfigWatcher&) = delete;
  ConfigWatcher& operator=(const ConfigWatcher&) = delete;

private:
  using Clock = std::chrono::steady_clock;
  /// What tells two states of a file apart without reading it.
  struct Mark {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0; ///< nanoseconds
    bool operator==(const Mark&) const = default;
  };
  using Content = std::optional<std::size_t>; ///< a hash; nothing where it cannot be read

  void run();
  /// Watches what leads to the file at this moment.
  void renew_watches();
  void watch(const std::filesystem::path& place, std::uint32_t events, const std::string& name);
  /// Whether one of the events that are to be read concerns the file.
  bool read_events();
  [[nodiscard]] Mark mark() const;
  [[nodiscard]] Content content() const;
  void tell_if_changed();
  [[nodiscard]] int wait_ms() const;

  const std::filesystem::path file_;
  const std::function<void()> on_change_;
  const WatchOptions options_;
  FileDescriptor stop_;
  FileDescriptor inotify_;
  std::map<int, std::set<std::string>> watches_; ///< names by watch; an empty name is all events
  std::set<int> wanted_;
  bool polling_ = false;
  Mark mark_;
  Content content_;
  std::optional<Clock::time_point> first_event_;
  std::optional<Clock::time_point> last_event_;
  std::thread thread_;
};

} // namespace nexus::llm
