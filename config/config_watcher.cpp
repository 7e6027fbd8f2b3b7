// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_watcher.hpp"

#include <linux/magic.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <system_error>
#include <vector>

namespace nexus::llm {

namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;
/// Reports continuous changes at least this often, in multiples of the settle time.
constexpr int longest_settle = 10;

/// Excludes writes to files in the directory, which may be frequent: the file has its own watch.
constexpr std::uint32_t directory_events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                           IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
/// The file may be changed through another name (a hard link).
constexpr std::uint32_t file_events = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

/// One lookup in the resolution of a path.
struct Step {
  fs::path directory;
  std::string name;
};

/// Returns all lookups for a path, including those of symbolic links, up to the first missing
/// entry.
std::vector<Step> way_to(const fs::path& file) {
  std::error_code ignored;
  const auto start = fs::absolute(file, ignored);
  std::list<fs::path> rest(start.begin(), start.end());
  std::vector<Step> steps;
  fs::path at{"/"};
  int links = 0;
  while (!rest.empty()) {
    const auto name = rest.front();
    rest.pop_front();
    if (name.is_absolute()) {
      at = "/";
      continue;
    }
    steps.push_back({at, name.string()});
    const auto next = at / name;
    if (fs::is_symlink(next, ignored)) {
      if (++links > most_links)
        break;
      const auto target = fs::read_symlink(next, ignored);
      rest.insert(rest.begin(), target.begin(), target.end());
      continue;
    }
    if (!rest.empty() && !fs::is_directory(next, ignored))
      break;
    at = next;
  }
  return steps;
}

/// Returns whether all changes of a file system pass through the kernel of this machine.
bool is_local_file_system(const fs::path& directory) {
  struct statfs system {};
  if (::statfs(directory.c_str(), &system) != 0)
    return false;
  constexpr std::array<long, 8> local{
      EXT4_SUPER_MAGIC,      XFS_SUPER_MAGIC,  BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
      OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, RAMFS_MAGIC,       0x2FC12FC1 /* ZFS */};
  return std::find(local.begin(), local.end(), static_cast<long>(system.f_type)) != local.end();
}

} // namespace

ConfigWatcher::ConfigWatcher(fs::path file, std::function<void()> on_change, WatchOptions options)
    : file_{std::move(file)}, on_change_{std::move(on_change)}, options_{options},
      inotify_{options.notifications ? ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1} {
  renew_watches();
  mark_ = mark();
  content_ = content();
  thread_ = std::thread{[this] { run(); }};
}

ConfigWatcher::~ConfigWatcher() {
  stop_.raise();
  thread_.join();
}

void ConfigWatcher::run() {
  for (;;) {
    std::array<pollfd, 2> events{pollfd{stop_.descriptor(), POLLIN, 0},
                                 pollfd{inotify_.get(), POLLIN, 0}};
    const auto ready = ::poll(events.data(), inotify_.valid() ? 2 : 1, wait_ms());
    if ((events[0].revents & POLLIN) != 0)
      return;
    const auto now = Clock::now();
    const bool told = ready > 0 && (events[1].revents & POLLIN) != 0 && read_events();
    if (told || (polling_ && mark() != mark_)) {
      mark_ = mark();
      first_event_ = first_event_.value_or(now);
      last_event_ = now;
    }
    if (last_event_ && (now >= *last_event_ + options_.settle ||
                        now >= *first_event_ + longest_settle * options_.settle)) {
      first_event_.reset();
      last_event_.reset();
      tell_if_changed();
    }
  }
}

/// Returns how long to wait for the next event; -1 (forever) if inotify reports changes.
int ConfigWatcher::wait_ms() const {
  using std::chrono::milliseconds;
  if (last_event_) {
    const auto end =
        std::min(*last_event_ + options_.settle, *first_event_ + longest_settle * options_.settle);
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    return static_cast<int>(std::max(left, milliseconds{0}).count());
  }
  return polling_ ? static_cast<int>(options_.poll.count()) : -1;
}

void ConfigWatcher::renew_watches() {
  const auto steps = way_to(file_);
  polling_ = steps.empty() || !is_local_file_system(steps.back().directory);
  for (auto& [id, names] : watches_)
    names.clear();
  for (const auto& step : steps)
    watch(step.directory, directory_events, step.name);
  if (!steps.empty())
    watch(steps.back().directory / steps.back().name, file_events, "");
  std::erase_if(watches_, [this](const auto& entry) {
    const auto& [id, names] = entry;
    if (names.empty())
      ::inotify_rm_watch(inotify_.get(), id);
    return names.empty();
  });
}

void ConfigWatcher::watch(const fs::path& place, std::uint32_t events, const std::string& name) {
  const int id = ::inotify_add_watch(inotify_.get(), place.c_str(), events);
  if (id >= 0)
    watches_[id].insert(name);
  else if (errno != ENOENT && errno != ENOTDIR)
    // There is no inotify, the limit on watches is reached, or the directory is not readable.
    polling_ = true;
}

bool ConfigWatcher::read_events() {
  bool concerned = false;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  for (;;) {
    const auto size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      return concerned;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string name =
          event.len > 0 ? std::string{buffer.data() + at + sizeof event} : std::string{};
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        concerned = true;
        continue;
      }
      const auto entry = watches_.find(event.wd);
      if (entry == watches_.end())
        continue;
      concerned = concerned || name.empty() || entry->second.contains(name);
    }
  }
}

ConfigWatcher::Mark ConfigWatcher::mark() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0)
    return {};
  constexpr std::int64_t second = 1'000'000'000;
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .changed = status.st_ctim.tv_sec * second + status.st_ctim.tv_nsec};
}

ConfigWatcher::Content ConfigWatcher::content() const {
  std::error_code error;
  if (!fs::is_regular_file(file_, error))
    return std::nullopt;
  const auto bytes = read_file(file_, largest_config_file, error);
  return bytes ? Content{std::hash<std::string>{}(*bytes)} : std::nullopt;
}

void ConfigWatcher::tell_if_changed() {
  // The new watches report all changes after this point.
  renew_watches();
  mark_ = mark();
  const auto now = content();
  if (now == content_)
    return;
  content_ = now;
  on_change_();
}

} // namespace nexus::llm
