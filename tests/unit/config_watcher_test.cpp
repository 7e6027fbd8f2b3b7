// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <condition_variable>
#include <ctime>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "config/config_file.hpp"
#include "config/config_watcher.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace config_watcher_test {

namespace {

/// Whether the kernel tells all changes of the directory for temporary files.
bool is_told_of_all() {
  struct statfs system {};
  const auto is = [&system](auto type) { return system.f_type == static_cast<long>(type); };
  return ::statfs(fs::temp_directory_path().c_str(), &system) == 0 &&
         (is(EXT4_SUPER_MAGIC) || is(TMPFS_MAGIC) || is(OVERLAYFS_SUPER_MAGIC));
}

WatchOptions usual() {
  using namespace std::chrono;
  // It must be the kernel who tells, if it can.
  return {.settle = 20ms, .poll = is_told_of_all() ? duration_cast<milliseconds>(1h) : 5ms};
}

/// A file that is watched, and what was there when changes were told.
class Watched {
public:
  explicit Watched(const fs::path& file, WatchOptions options = usual())
      : file_{file}, watcher_{file, [this] { note(); }, options} {}

  /// Waits until a change was told after which the file held this text.
  [[nodiscard]] bool sees(const std::string& text) {
    std::unique_lock lock{mutex_};
    return told_.wait_for(lock, 20s, [&] { return seen_ == text; });
  }
  [[nodiscard]] int count() {
    std::lock_guard lock{mutex_};
    return count_;
  }

private:
  void note() {
    const auto text = read_text(file_);
    std::lock_guard lock{mutex_};
    seen_ = text;
    ++count_;
    told_.notify_all();
  }

  fs::path file_;
  std::mutex mutex_;
  std::condition_variable told_;
  std::string seen_ = "nothing";
  int count_ = 0;
  ConfigWatcher watcher_;
};

/// Puts another file in the place of this one, as editors do.
void replace(const fs::path& file, const std::string& text) {
  const auto other = file.parent_path() / "other";
  write_text(other, text);
  fs::rename(other, file);
}

/// How many files and directories this process has inotify watch.
std::size_t watch_count() {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{"/proc/self/fdinfo"}) {
    std::istringstream lines{read_text(entry.path())};
    for (std::string line; std::getline(lines, line);)
      count += line.starts_with("inotify wd:") ? 1 : 0;
  }
  return count;
}

/// Whether this process has inotify watch this very file; `nullopt` if the kernel does not tell.
std::optional<bool> is_watched(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || watch_count() == 0)
    return std::nullopt;
  std::ostringstream inode;
  inode << " ino:" << std::hex << status.st_ino << ' ';
  for (const auto& entry : fs::directory_iterator{"/proc/self/fdinfo"})
    if (contains(read_text(entry.path()), inode.str()))
      return true;
  return false;
}

struct InDirectory {
  TemporaryDirectory directory;
  fs::path file = directory / "config.json";

  InDirectory() { write_text(file, "1"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_watcher, InDirectory)

BOOST_AUTO_TEST_CASE(a_file_that_is_written_or_replaced_is_told) {
  Watched watched{file};
  write_text(file, "in place");
  BOOST_TEST(watched.sees("in place"));
  replace(file, "replaced");
  BOOST_TEST(watched.sees("replaced"));
  // The new file is watched as the old one was.
  write_text(file, "in place again");
  BOOST_TEST(watched.sees("in place again"));
}

BOOST_AUTO_TEST_CASE(what_another_process_saves_is_told) {
  write_text(file, "{}");
  Watched watched{file};
  const auto child = in_child([this] { return update_config(file, R"({"timeout":7})") ? 0 : 1; });
  BOOST_TEST(exit_status(child) == 0);
  BOOST_TEST(watched.sees(read_text(file)));
  BOOST_TEST(watched.count() == 1);
}

BOOST_AUTO_TEST_CASE(without_notifications_the_file_is_looked_at) {
  Watched watched{file, {.settle = 5ms, .poll = 5ms, .notifications = false}};
  write_text(file, "in place");
  BOOST_TEST(watched.sees("in place"));
  replace(file, "replaced");
  BOOST_TEST(watched.sees("replaced"));
  fs::remove(file);
  BOOST_TEST(watched.sees(""));
  write_text(file, "made again");
  BOOST_TEST(watched.sees("made again"));
}

BOOST_AUTO_TEST_CASE(a_file_that_goes_and_comes_again_is_told) {
  Watched watched{file};
  fs::remove(file);
  BOOST_TEST(watched.sees(""));
  write_text(file, "again");
  BOOST_TEST(watched.sees("again"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_made_later_is_watched) {
  const auto deep = directory / "a" / "b" / "config.json";
  Watched watched{deep};
  fs::create_directories(deep.parent_path());
  write_text(deep, "made");
  BOOST_TEST(watched.sees("made"));
  write_text(deep, "changed");
  BOOST_TEST(watched.sees("changed"));
  fs::remove_all(directory / "a");
  BOOST_TEST(watched.sees(""));
  fs::create_directories(deep.parent_path());
  write_text(deep, "made again");
  BOOST_TEST(watched.sees("made again"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_gives_way_to_another_is_told) {
  fs::create_directories(directory / "one");
  fs::create_directories(directory / "two");
  const auto path = directory / "one" / "config.json";
  write_text(path, "first");
  write_text(directory / "two" / "config.json", "second");
  Watched watched{path};
  fs::rename(directory / "one", directory / "gone");
  fs::rename(directory / "two", directory / "one");
  BOOST_TEST(watched.sees("second"));
  write_text(path, "third");
  BOOST_TEST(watched.sees("third"));
}

BOOST_AUTO_TEST_CASE(the_target_of_a_link_is_watched_and_so_is_the_link) {
  const auto link = directory / "links" / "config.json";
  fs::create_directories(link.parent_path());
  fs::create_symlink(file, link);
  Watched watched{link};
  write_text(file, "target changed");
  BOOST_TEST(watched.sees("target changed"));
  replace(file, "target replaced");
  BOOST_TEST(watched.sees("target replaced"));
  const auto other = directory / "other.json";
  write_text(other, "other target");
  fs::remove(link);
  fs::create_symlink("../other.json", link);
  BOOST_TEST(watched.sees("other target"));
  write_text(other, "changed again");
  BOOST_TEST(watched.sees("changed again"));
}

/// As container platforms change files that are mounted: a link to a directory is replaced.
BOOST_AUTO_TEST_CASE(a_link_to_a_directory_on_the_way_is_watched) {
  for (const auto* version : {"v1", "v2"}) {
    fs::create_directories(directory / version);
    write_text(directory / version / "config.json", version);
  }
  fs::create_directory_symlink("v1", directory / "data");
  fs::create_symlink("data/config.json", directory / "linked.json");
  Watched watched{directory / "linked.json"};
  fs::create_directory_symlink("v2", directory / "data_new");
  fs::rename(directory / "data_new", directory / "data");
  BOOST_TEST(watched.sees("v2"));
}

BOOST_AUTO_TEST_CASE(a_change_by_another_name_of_the_file_is_told) {
  fs::create_directories(directory / "elsewhere");
  fs::create_hard_link(file, directory / "elsewhere" / "name");
  Watched watched{file};
  write_text(directory / "elsewhere" / "name", "changed");
  BOOST_TEST(watched.sees("changed"));
}

BOOST_AUTO_TEST_CASE(the_same_content_is_no_change) {
  Watched watched{file, {.settle = 0ms}};
  replace(file, "1");
  fs::last_write_time(file, fs::file_time_type::clock::now());
  write_text(directory / "neighbour.json", "x");
  replace(file, "2");
  BOOST_TEST(watched.sees("2"));
  BOOST_TEST(watched.count() == 1);
  // Nor is it one once the watcher has looked at the file.
  replace(file, "2");
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (is_watched(file) == false && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  BOOST_TEST((is_watched(file) != false));
  replace(file, "3");
  BOOST_TEST(watched.sees("3"));
  BOOST_TEST(watched.count() == 2);
}

BOOST_AUTO_TEST_CASE(a_watcher_that_has_told_a_change_sleeps) {
  Watched watched{file};
  replace(file, "2");
  BOOST_TEST(watched.sees("2"));
  const auto used = [] {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  };
  const auto before = used();
  ::poll(nullptr, 0, 200);
  BOOST_CHECK(used() - before < 20ms);
}

BOOST_AUTO_TEST_CASE(changes_upon_each_other_are_told_as_one) {
  Watched watched{file, {.settle = 200ms}};
  for (int i = 0; i <= 50; ++i)
    replace(file, std::to_string(i));
  BOOST_TEST(watched.sees("50"));
  BOOST_TEST(watched.count() <= 2);
}

BOOST_AUTO_TEST_CASE(where_the_kernel_watches_nothing_more_the_file_is_looked_at) {
  // The limit on watches, and a directory that may not be read.
  for (const int number : {ENOSPC, EACCES})
    check_in_child([&] {
      if (!let_fail({SYS_inotify_add_watch}, number))
        return not_possible_here;
      Watched watched{file, {.settle = 5ms, .poll = 5ms}};
      write_text(file, "changed " + std::to_string(number));
      return watched.sees("changed " + std::to_string(number)) ? 0 : 1;
    });
}

BOOST_AUTO_TEST_CASE(a_link_that_leads_nowhere_but_to_itself_is_watched_until_it_is_a_file) {
  const auto link = directory / "circle.json";
  fs::create_symlink("circle.json", link);
  Watched watched{link};
  replace(link, "a file");
  BOOST_TEST(watched.sees("a file"));
}

BOOST_AUTO_TEST_CASE(what_is_no_part_of_the_way_any_more_is_not_watched) {
  for (const auto* place : {"v1", "v2"}) {
    fs::create_directories(directory / place);
    write_text(directory / place / "config.json", place);
  }
  fs::create_directory_symlink("v1", directory / "data");
  Watched watched{directory / "data" / "config.json"};
  const auto before = watch_count();
  if (before == 0) {
    BOOST_TEST_MESSAGE("skipped: the kernel does not tell how much is watched");
    return;
  }
  for (const auto* place : {"v2", "v1", "v2", "v1", "v2"}) {
    fs::create_directory_symlink(place, directory / "data_new");
    fs::rename(directory / "data_new", directory / "data");
    BOOST_TEST(watched.sees(place));
  }
  BOOST_TEST(watch_count() == before);
}

BOOST_AUTO_TEST_CASE(a_watcher_ends_at_once) {
  for (int i = 0; i < 20; ++i) {
    Watched watched{file};
    replace(file, std::to_string(i));
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_watcher_test
