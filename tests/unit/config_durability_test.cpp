// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fcntl.h>
#include <functional>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_file.hpp"
#include "config/file_replacement.hpp"
#include "config/json.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
namespace fs = std::filesystem;

namespace config_durability_test {

namespace {

/// Runs `work` as somebody whom file permissions bind.
int as_ordinary_user(const std::function<int()>& work) {
  constexpr uid_t nobody = 65534;
  return exit_status(in_child([&work] {
    if (::geteuid() == 0 && ::setuid(nobody) != 0)
      return 99;
    return work();
  }));
}

/// A number that one process counts up in the file.
std::string patch(const std::string& key, int number) {
  return "{\"" + key + "\":" + std::to_string(number) + "}";
}

std::uint32_t read_retries(const LLMClientConfig& config) { return config.max_retries; }
std::uint32_t read_batch(const LLMClientConfig& config) { return config.limits.max_batch; }

/// A process that counts one setting up to 50. It sees its own last change again each time,
/// whatever another process wrote in between.
pid_t start_counting(const fs::path& file, std::string (*make_patch)(int),
                     std::uint32_t (*read)(const LLMClientConfig&)) {
  return in_child([&file, make_patch, read] {
    for (int i = 1; i <= 50; ++i) {
      const auto number = static_cast<std::uint32_t>(i);
      if (i > 1)
        if (const auto before = load_config(file); !before || read(*before) != number - 1)
          return 1;
      if (const auto after = update_config(file, make_patch(i)); !after || read(*after) != number)
        return 2;
    }
    return 0;
  });
}

struct InDirectory {
  TemporaryDirectory directory;
  fs::path file = directory / "config.json";
};

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_durability, InDirectory)

BOOST_AUTO_TEST_CASE(two_processes_that_save_at_the_same_time_lose_nothing) {
  const auto retries = start_counting(
      file, [](int i) { return patch("maxRetries", i); }, read_retries);
  const auto batch = start_counting(
      file, [](int i) { return "{\"limits\":" + patch("maxBatch", i) + "}"; }, read_batch);
  BOOST_TEST(exit_status(retries) == 0);
  BOOST_TEST(exit_status(batch) == 0);
  const auto config = load_config(file);
  BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
  BOOST_TEST(config->max_retries == 50u);
  BOOST_TEST(config->limits.max_batch == 50u);
}

BOOST_AUTO_TEST_CASE(a_process_killed_while_it_saves_leaves_a_whole_file) {
  write_text(file, "{\"own\": \"" + std::string(20'000, 'x') + "\"}");
  std::mt19937 random{20260825};
  for (int round = 0; round < 25; ++round) {
    int progress[2];
    BOOST_REQUIRE(::pipe(progress) == 0);
    const auto child = in_child([&] {
      for (int i = 0;; ++i)
        if (!update_config(file, patch("maxRetries", i % 100)) || ::write(progress[1], "x", 1) != 1)
          return 1;
    });
    ::close(progress[1]);
    char byte = 0;
    for (auto saves = random() % 4 + 1; saves > 0; --saves)
      BOOST_REQUIRE(::read(progress[0], &byte, 1) == 1);
    // Kill at any point of the next save.
    for (volatile auto spin = random() % 400'000; spin > 0;)
      spin = spin - 1;
    ::kill(child, SIGKILL);
    BOOST_TEST(exit_status(child) == -SIGKILL);
    ::close(progress[0]);
    const auto config = load_config(file);
    BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
    BOOST_TEST(contains(read_text(file), std::string(20'000, 'x')));
  }
}

BOOST_AUTO_TEST_CASE(a_lock_of_a_killed_process_does_not_stay) {
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const auto child = in_child([&] {
    std::error_code error;
    const auto lock = lock_directory(directory.path(), std::chrono::seconds{1}, error);
    if (error || ::write(ready[1], "x", 1) != 1)
      return 1;
    for (;;)
      ::pause();
  });
  char byte = 0;
  BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::kill(child, SIGKILL);
  BOOST_TEST(exit_status(child) == -SIGKILL);
  ::close(ready[0]);
  ::close(ready[1]);
  BOOST_TEST(update_config(file, patch("maxRetries", 1)).has_value());
}

BOOST_AUTO_TEST_CASE(the_permissions_of_the_file_stay) {
  for (const mode_t mode : {0600u, 0644u, 0660u}) {
    write_text(file, "{}");
    BOOST_REQUIRE(::chmod(file.c_str(), mode) == 0);
    BOOST_REQUIRE(update_config(file, patch("maxRetries", static_cast<int>(mode % 90))));
    BOOST_TEST(mode_of(file) == mode);
    fs::remove(file);
  }
}

BOOST_AUTO_TEST_CASE(a_link_stays_a_link_and_its_target_changes) {
  const auto target = directory / "target" / "real.json";
  fs::create_directories(target.parent_path());
  write_text(target, "{}");
  fs::create_symlink("target/real.json", file);
  BOOST_REQUIRE(update_config(file, patch("maxRetries", 7)));
  BOOST_TEST(fs::is_symlink(file));
  BOOST_TEST(load_config(target)->max_retries == 7u);
}

BOOST_AUTO_TEST_CASE(a_link_to_a_file_that_is_not_there_yet_stays_a_link) {
  const auto target = directory / "later.json";
  fs::create_symlink("later.json", file);
  BOOST_REQUIRE(update_config(file, patch("maxRetries", 7)));
  BOOST_TEST(fs::is_symlink(file));
  BOOST_TEST(fs::exists(target));
}

BOOST_AUTO_TEST_CASE(no_temporary_file_is_left_behind) {
  BOOST_REQUIRE(update_config(file, patch("maxRetries", 1)));
  BOOST_TEST(!update_config(file, patch("maxRetries", 1000)));
  BOOST_TEST(std::distance(fs::directory_iterator{directory.path()}, {}) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_cannot_be_read_and_does_not_hang) {
  const auto fifo = directory / "fifo.json";
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  for (const auto& path : {directory.path(), fifo, fs::path{"/dev/null"}}) {
    BOOST_TEST(code_of(load_config(path)) == ErrorCode::config_unreadable, path);
    BOOST_TEST(!file_sets(path, "timeout"), path);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_not_written) {
  const auto fifo = directory / "fifo.json";
  BOOST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  for (const auto& [path, kind] :
       {std::pair{fifo, "a pipe"}, std::pair{directory.path(), "a directory"},
        std::pair{fs::path{"/dev/null"}, "a device"}}) {
    for (const auto& result :
         {update_config(path, "{}").map([](auto&&) {}), save_config(path, {})}) {
      BOOST_TEST(code_of(result) == ErrorCode::config_write_failed, path);
      BOOST_TEST(contains(sentence_of(result), kind), sentence_of(result));
      BOOST_TEST(contains(sentence_of(result), path.string()), sentence_of(result));
    }
  }
}

BOOST_AUTO_TEST_CASE(settings_from_a_pipe_are_read_as_often_as_they_are_needed) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const auto writer = in_child([&ends] {
    constexpr std::string_view halves[] = {R"({"llm": {"time)", R"(out": 55}})"};
    for (const auto half : halves)
      if (::write(ends[1], half.data(), half.size()) != static_cast<ssize_t>(half.size()))
        return 1;
    return 0;
  });
  ::close(ends[1]);
  const fs::path path = "/dev/fd/" + std::to_string(ends[0]);
  for (int time = 0; time < 3; ++time) {
    const auto config = load_config(path);
    BOOST_REQUIRE_MESSAGE(config, sentence_of(config));
    BOOST_CHECK(config->timeout == std::chrono::seconds{55});
    BOOST_TEST(file_sets(path, "timeout"));
  }
  BOOST_TEST(exit_status(writer) == 0);
  ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(a_lock_that_is_not_given_back_ends_in_an_error) {
  std::error_code error;
  const auto held = lock_directory(directory.path(), std::chrono::seconds{1}, error);
  BOOST_REQUIRE(held.valid());
  const auto other = lock_directory(directory.path(), std::chrono::milliseconds{1}, error);
  BOOST_TEST(!other.valid());
  BOOST_CHECK(error == std::errc::operation_would_block);
}

BOOST_AUTO_TEST_CASE(a_huge_file_is_refused) {
  write_text(file, "");
  fs::resize_file(file, (16u << 20) + 1);
  BOOST_TEST(code_of(load_config(file)) == ErrorCode::config_unreadable);
  // Of NUL bytes, one less is read.
  fs::resize_file(file, 16u << 20);
  BOOST_TEST(code_of(load_config(file)) == ErrorCode::config_malformed);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_a_failed_write) {
  write_text(directory / "plain", "x");
  const auto result = update_config(directory / "plain" / "config.json", patch("maxRetries", 1));
  BOOST_TEST(code_of(result) == ErrorCode::config_write_failed);
}

BOOST_AUTO_TEST_CASE(a_directory_without_permission_to_write_is_a_failed_write) {
  write_text(file, "{}");
  fs::permissions(file, fs::perms{0644});
  fs::permissions(directory.path(), fs::perms{0555});
  const auto code = as_ordinary_user(
      [this] { return static_cast<int>(code_of(update_config(file, patch("maxRetries", 1)))); });
  BOOST_TEST(static_cast<ErrorCode>(code) == ErrorCode::config_write_failed);
  BOOST_TEST(read_text(file) == "{}");
}

BOOST_AUTO_TEST_CASE(a_file_without_permission_to_read_cannot_be_read) {
  write_text(file, "{}");
  fs::permissions(directory.path(), fs::perms{0755});
  fs::permissions(file, fs::perms::none);
  const auto code =
      as_ordinary_user([this] { return static_cast<int>(code_of(load_config(file))); });
  BOOST_TEST(static_cast<ErrorCode>(code) == ErrorCode::config_unreadable);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_durability_test
