// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "config/config_file.hpp"
#include "config/file_replacement.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
namespace fs = std::filesystem;

namespace file_replacement_test {

namespace {

constexpr const char* change = R"({"maxRetries": 1})";
constexpr const char* settings = R"({"llm": {"timeout": 5}})";

struct stat status_of(const fs::path& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status;
}

struct InDirectory {
  TemporaryDirectory directory;
  fs::path file = directory / "config.json";
  std::vector<std::string> warnings;
  SaveWarning warn = [this](const std::string& sentence) { warnings.push_back(sentence); };

  InDirectory() { write_text(file, settings); }

  /// Saves a change, which must go well.
  void save() {
    const auto saved = update_config(file, change, warn);
    BOOST_REQUIRE_MESSAGE(saved, sentence_of(saved));
    BOOST_TEST(load_config(file)->max_retries == 1u);
    BOOST_TEST(file_count() == 1);
  }
  [[nodiscard]] std::ptrdiff_t file_count() const {
    return std::distance(fs::directory_iterator{directory.path()}, {});
  }
};

bool is_root() {
  if (::geteuid() == 0)
    return true;
  BOOST_TEST_MESSAGE("skipped: it needs root");
  return false;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(file_replacement, InDirectory)

BOOST_AUTO_TEST_CASE(a_plain_file_is_replaced_by_another_one_without_warnings) {
  const auto before = status_of(file);
  save();
  BOOST_TEST(status_of(file).st_ino != before.st_ino);
  BOOST_TEST(warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_new_file_is_for_its_owner_alone) {
  fs::remove(file);
  save();
  BOOST_TEST((status_of(file).st_mode & 07777) == 0600u);
}

BOOST_AUTO_TEST_CASE(owner_and_group_stay) {
  if (!is_root())
    return;
  BOOST_REQUIRE(::chown(file.c_str(), 1234, 4321) == 0);
  BOOST_REQUIRE(::chmod(file.c_str(), 0640) == 0);
  save();
  const auto after = status_of(file);
  BOOST_TEST(after.st_uid == 1234u);
  BOOST_TEST(after.st_gid == 4321u);
  BOOST_TEST((after.st_mode & 07777) == 0640u);
  BOOST_TEST(warnings.empty());
  // Also a group alone.
  BOOST_REQUIRE(::chown(file.c_str(), ::geteuid(), 1234) == 0);
  BOOST_REQUIRE(update_config(file, R"({"maxRetries": 2})", warn));
  BOOST_TEST(status_of(file).st_gid == 1234u);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user_that_may_be_written_keeps_its_owner) {
  if (!is_root())
    return;
  BOOST_REQUIRE(::chmod(file.c_str(), 0666) == 0);
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  check_in_child([this] {
    if (::setuid(1234) != 0)
      return not_possible_here;
    if (!update_config(file, change, warn))
      return 1;
    return status_of(file).st_uid == 0 && warnings.size() == 1 ? 0 : 2;
  });
  BOOST_TEST(load_config(file)->max_retries == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user_that_may_only_be_read_is_not_taken_over) {
  if (!is_root())
    return;
  BOOST_REQUIRE(::chmod(file.c_str(), 0644) == 0);
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  check_in_child([this] {
    if (::setuid(1234) != 0)
      return not_possible_here;
    const auto saved = update_config(file, change, warn);
    if (code_of(saved) != ErrorCode::config_write_failed)
      return 1;
    return contains(sentence_of(saved), "Permission denied") ? 0 : 2;
  });
  BOOST_TEST(read_text(file) == settings);
  BOOST_TEST(file_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_file_in_a_directory_that_cannot_be_written_is_written_in_place) {
  if (!is_root())
    return;
  BOOST_REQUIRE(::chmod(file.c_str(), 0666) == 0);
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  check_in_child([this] {
    if (::setuid(1234) != 0)
      return not_possible_here;
    if (!update_config(file, change, warn) || warnings.size() != 1)
      return 1;
    return contains(warnings[0], "since no other file can be made beside it") ? 0 : 2;
  });
  BOOST_TEST(load_config(file)->max_retries == 1u);
}

BOOST_AUTO_TEST_CASE(a_disk_that_fails_in_place_is_told_as_damage_to_the_file) {
  if (!is_root())
    return;
  BOOST_REQUIRE(::chmod(file.c_str(), 0666) == 0);
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  check_in_child([this] {
    if (::setuid(1234) != 0 || !let_fail({SYS_fsync}, EIO))
      return not_possible_here;
    if (code_of(update_config(file, change, warn)) != ErrorCode::config_write_failed)
      return 1;
    return warnings.size() == 1 && contains(warnings[0], "is damaged") ? 0 : 2;
  });
  BOOST_TEST(read_text(file) == settings);
}

BOOST_AUTO_TEST_CASE(extended_attributes_stay) {
  if (::setxattr(file.c_str(), "user.origin", "nexus", 5, 0) != 0 ||
      ::setxattr(file.c_str(), "user.second", "2", 1, 0) != 0 ||
      ::setxattr(file.c_str(), "user.empty", "", 0, 0) != 0) {
    BOOST_TEST_MESSAGE("skipped: this file system has no attributes");
    return;
  }
  save();
  char value[16] = {};
  BOOST_TEST(::getxattr(file.c_str(), "user.origin", value, sizeof value) == 5);
  BOOST_TEST(std::string{value} == "nexus");
  BOOST_TEST(::getxattr(file.c_str(), "user.second", value, sizeof value) == 1);
  BOOST_TEST(::getxattr(file.c_str(), "user.empty", value, sizeof value) == 0);
  BOOST_TEST(warnings.empty());
}

BOOST_AUTO_TEST_CASE(access_control_lists_stay_and_none_is_inherited) {
  // Version 2; the owner and user 1234 may read and write, the group and others nothing.
  const unsigned char list[] = {2,    0, 0, 0,                          //
                                1,    0, 6, 0, 0xFF, 0xFF, 0xFF, 0xFF,  // owner
                                2,    0, 6, 0, 0xD2, 0x04, 0,    0,     // user 1234
                                4,    0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,  // group
                                0x10, 0, 6, 0, 0xFF, 0xFF, 0xFF, 0xFF,  // mask
                                0x20, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}; // others
  const auto* name = "system.posix_acl_access";
  if (::setxattr(file.c_str(), name, list, sizeof list, 0) != 0) {
    BOOST_TEST_MESSAGE("skipped: this file system has no access control lists");
    return;
  }
  const auto mode = status_of(file).st_mode;
  save();
  unsigned char after[sizeof list] = {};
  BOOST_TEST(::getxattr(file.c_str(), name, after, sizeof after) ==
             static_cast<ssize_t>(sizeof list));
  BOOST_TEST(std::equal(std::begin(list), std::end(list), std::begin(after)));
  BOOST_TEST(status_of(file).st_mode == mode);

  BOOST_REQUIRE(
      ::setxattr(directory.path().c_str(), "system.posix_acl_default", list, sizeof list, 0) == 0);
  BOOST_REQUIRE(::removexattr(file.c_str(), name) == 0);
  BOOST_REQUIRE(::chmod(file.c_str(), 0640) == 0);
  BOOST_REQUIRE(update_config(file, R"({"maxRetries": 2})", warn));
  BOOST_TEST(::getxattr(file.c_str(), name, after, sizeof after) < 0);
  BOOST_TEST((status_of(file).st_mode & 07777) == 0640u);
  BOOST_TEST(warnings.empty());
}

BOOST_AUTO_TEST_CASE(every_name_of_a_file_keeps_naming_it) {
  const auto other = directory / "other.json";
  fs::create_hard_link(file, other);
  BOOST_REQUIRE(update_config(file, change, warn));
  BOOST_TEST(read_text(other) == read_text(file));
  BOOST_TEST(status_of(other).st_ino == status_of(file).st_ino);
  BOOST_REQUIRE(warnings.size() == 1u);
  BOOST_TEST(contains(warnings[0], "was written in place, since it has several names"));
  BOOST_TEST(file_count() == 2);
}

BOOST_AUTO_TEST_CASE(a_shorter_text_leaves_nothing_of_the_longer_one_in_place) {
  write_text(file, R"({"llm": {"maxRetries": 0, "timeout": 123456, "gapTimeout": 123456}})");
  fs::create_hard_link(file, directory / "other.json");
  BOOST_REQUIRE(update_config(file, R"({"timeout": null, "gapTimeout": 1})", warn));
  BOOST_TEST(read_text(file) == R"({"llm": {"maxRetries": 0, "gapTimeout": 1}})");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_mounted_by_itself_is_written_where_it_is) {
  const auto real = directory / "real.json";
  write_text(real, settings);
  check_in_child([&] {
    if (!own_mounts() || ::mount(real.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0)
      return not_possible_here;
    if (!update_config(file, change, warn) || warnings.size() != 1)
      return 1;
    if (load_config(real)->max_retries != 1u)
      return 2;
    if (file_count() != 2)
      return 3;
    return contains(warnings[0], "since it is mounted by itself") ? 0 : 4;
  });
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_and_leaves_the_old_file) {
  const auto disk = directory / "disk";
  fs::create_directory(disk);
  check_in_child([&] {
    if (!own_mounts() || ::mount("none", disk.c_str(), "tmpfs", 0, "size=16k") != 0)
      return not_possible_here;
    const auto path = disk / "config.json";
    const auto text = R"({"x": ")" + std::string(9000, 'x') + R"("})";
    for (const bool linked : {false, true}) {
      write_text(path, text);
      if (linked) {
        // In place there is no room either, once another file has taken the rest.
        fs::create_hard_link(path, disk / "other.json");
        write_text(disk / "filler", std::string(4096, 'x'));
      }
      const auto long_patch =
          R"({"roles": {"overseer": {"system": ")" + std::string(9000, 'y') + R"("}}})";
      const auto saved = update_config(path, long_patch, warn);
      if (code_of(saved) != ErrorCode::config_write_failed)
        return 1;
      if (!contains(sentence_of(saved), "No space left on device"))
        return 2;
      if (read_text(path) != text)
        return 3;
      if (std::distance(fs::directory_iterator{disk}, {}) != (linked ? 3 : 1))
        return 4;
    }
    return 0;
  });
}

BOOST_AUTO_TEST_CASE(content_that_cannot_be_written_whole_in_place_gives_way_to_the_old) {
  if (!is_root())
    return;
  const auto text = R"({"x": ")" + std::string(9000, 'x') + R"("})";
  write_text(file, text);
  // No other file can be made beside it.
  BOOST_REQUIRE(::chmod(file.c_str(), 0666) == 0);
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  check_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    if (::setuid(1234) != 0)
      return not_possible_here;
    // No reserve is possible, and the new text is cut off: the limit lies in the middle of it.
    const rlimit limit{9500, 9500};
    if (!let_fail({SYS_fallocate}, EOPNOTSUPP) || ::setrlimit(RLIMIT_FSIZE, &limit) != 0)
      return not_possible_here;
    const auto error = replace_file(file, std::string(9800, 'y'), warn);
    if (error != std::errc::file_too_large)
      return 1;
    return read_text(file) == text ? 0 : 2;
  });
  BOOST_TEST(read_text(file) == text);
  BOOST_TEST(file_count() == 1);
}

BOOST_AUTO_TEST_CASE(attributes_that_another_file_cannot_have_keep_the_file_where_it_is) {
  // Those that the system sets itself do not count.
  for (const auto& [name, in_place] :
       {std::pair{"user.origin", true}, std::pair{"trusted.origin", false},
        std::pair{"security.origin", false}}) {
    write_text(file, settings);
    if (::setxattr(file.c_str(), name, "nexus", 5, 0) != 0) {
      BOOST_TEST_MESSAGE("skipped: this file system has no attributes");
      continue;
    }
    const auto before = status_of(file).st_ino;
    check_in_child([&, in_place = in_place] {
      if (!let_fail({SYS_fsetxattr}, EPERM))
        return not_possible_here;
      if (!update_config(file, change, warn))
        return 1;
      if (!in_place)
        return warnings.empty() ? 0 : 2;
      return warnings.size() == 1 && contains(warnings[0], "cannot have its attributes") ? 0 : 3;
    });
    BOOST_TEST((status_of(file).st_ino == before) == in_place, name);
    BOOST_TEST(load_config(file)->max_retries == 1u);
    ::removexattr(file.c_str(), name);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_can_only_be_written_is_not_locked) {
  if (!is_root())
    return;
  BOOST_REQUIRE(::chmod(file.c_str(), 0666) == 0);
  BOOST_REQUIRE(::chmod(directory.path().c_str(), 0733) == 0);
  check_in_child([this] {
    if (::setuid(1234) != 0)
      return not_possible_here;
    if (!update_config(file, change, warn))
      return 1;
    return !warnings.empty() && contains(warnings[0], "cannot be locked (Permission denied)") ? 0
                                                                                              : 2;
  });
  BOOST_TEST(load_config(file)->max_retries == 1u);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_an_error) {
  std::error_code error;
  BOOST_TEST(
      !lock_directory(directory / "none", std::chrono::milliseconds{0}, error, warn).valid());
  BOOST_TEST((error == std::errc::no_such_file_or_directory));
  BOOST_TEST(warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_lock_that_another_has_is_waited_for_as_long_as_wanted) {
  auto error = std::make_error_code(std::errc::io_error);
  const auto first = lock_directory(directory.path(), std::chrono::milliseconds{0}, error, warn);
  BOOST_TEST(first.valid());
  BOOST_TEST(!error);
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(!lock_directory(directory.path(), std::chrono::milliseconds{60}, error, warn).valid());
  BOOST_TEST((error == std::errc::operation_would_block));
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds{60}));
}

BOOST_AUTO_TEST_CASE(a_file_system_that_is_read_only_is_told) {
  const auto disk = directory / "disk";
  fs::create_directory(disk);
  check_in_child([&] {
    if (!own_mounts() || ::mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0)
      return not_possible_here;
    const auto path = disk / "config.json";
    write_text(path, settings);
    if (::mount("none", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      return not_possible_here;
    const auto saved = update_config(path, change, warn);
    if (code_of(saved) != ErrorCode::config_write_failed)
      return 1;
    return contains(sentence_of(saved), "Read-only file system") && read_text(path) == settings ? 0
                                                                                                : 2;
  });
}

BOOST_AUTO_TEST_CASE(without_locks_settings_are_saved_with_a_warning) {
  for (const int number : {EBADF, ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL})
    check_in_child([&] {
      if (!let_fail({SYS_flock}, number))
        return not_possible_here;
      const auto patch = R"({"maxRetries": )" + std::to_string(number % 90) + "}";
      if (!update_config(file, patch, warn))
        return 1;
      return warnings.size() == 1 && contains(warnings[0], "cannot be locked") ? 0 : 2;
    });
}

BOOST_AUTO_TEST_CASE(without_permissions_of_single_files_settings_are_saved) {
  BOOST_REQUIRE(::chmod(file.c_str(), 0640) == 0);
  check_in_child([&] {
    if (!let_fail({SYS_fchmod}, EPERM))
      return not_possible_here;
    return update_config(file, change, warn) && warnings.size() == 1 ? 0 : 1;
  });
  BOOST_TEST(load_config(file)->max_retries == 1u);
  BOOST_TEST((status_of(file).st_mode & 07777) == 0640u);
  BOOST_TEST(file_count() == 1);
}

BOOST_AUTO_TEST_CASE(where_nothing_tells_when_content_is_on_the_disk_settings_are_saved) {
  for (const int number : {EINVAL, ENOSYS, EOPNOTSUPP})
    check_in_child([&] {
      if (!let_fail({SYS_fsync}, number))
        return not_possible_here;
      const auto patch = R"({"maxRetries": )" + std::to_string(number % 90) + "}";
      return update_config(file, patch, warn) && warnings.size() == 1 ? 0 : 1;
    });
}

BOOST_AUTO_TEST_CASE(a_disk_that_fails_is_told_and_leaves_the_old_file) {
  check_in_child([&] {
    if (!let_fail({SYS_fsync}, EIO))
      return not_possible_here;
    const auto saved = update_config(file, change, warn);
    return code_of(saved) == ErrorCode::config_write_failed &&
                   contains(sentence_of(saved), "Input/output error")
               ? 0
               : 1;
  });
  BOOST_TEST(read_text(file) == settings);
  BOOST_TEST(file_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_no_other_may_replace_is_written_where_it_is_if_that_helps) {
  for (const int number : {EXDEV, EPERM, EACCES, EIO, ENOSPC}) {
    write_text(file, settings);
    const bool in_place = number != EIO && number != ENOSPC;
    check_in_child([&] {
      if (!let_fail({SYS_rename, SYS_renameat, SYS_renameat2}, number))
        return not_possible_here;
      const auto saved = update_config(file, change, warn);
      if (saved.has_value() != in_place)
        return 1;
      if (!in_place)
        return warnings.empty() ? 0 : 2;
      return warnings.size() == 1 && contains(warnings[0], "another file cannot take its place")
                 ? 0
                 : 3;
    });
    BOOST_TEST((read_text(file) == settings) == !in_place);
    BOOST_TEST(file_count() == 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace file_replacement_test
