// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/request_log.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "runtime/cli/log/folded_text.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace request_log_test {

namespace {

constexpr std::uint64_t mebibyte = 1u << 20;

LogEntry entry(const std::string& prompt, const std::string& answer = "Fine.") {
  return {.id = make_log_id(),
          .time = WallTime{std::chrono::seconds{1'700'000'000}},
          .model = "owl",
          .prompt = prompt,
          .answer = answer,
          .duration = std::chrono::milliseconds{7},
          .prompt_tokens = 3,
          .tokens = 2};
}

struct Logging {
  [[nodiscard]] std::vector<std::string> prompts(const LogQuery& query = {}) const {
    std::vector<std::string> all;
    for (const auto& each : log.find(query).entries)
      all.push_back(each.prompt);
    return all;
  }

  llm::test::TemporaryDirectory directory;
  std::filesystem::path place = directory / "state";
  RequestLog log{place, mebibyte};
};

using Prompts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(request_log, Logging)

BOOST_AUTO_TEST_CASE(entries_come_back_whole_and_the_newest_first) {
  BOOST_TEST(prompts().empty());
  auto failed = entry("two\nlines \"quoted\" \xE6\x97\xB6", "");
  failed.error = ErrorCode::gap_timeout;
  failed.role = AIRole::implementation;
  BOOST_TEST(!log.add(entry("one")));
  BOOST_TEST(!log.add(failed));
  const auto found = log.find({});
  BOOST_REQUIRE(found.entries.size() == 2u);
  BOOST_TEST((found.entries[0] == failed));
  BOOST_TEST(found.entries[1].prompt == "one");
  BOOST_TEST(found.damaged == 0u);
}

BOOST_AUTO_TEST_CASE(only_their_owner_can_read_them) {
  const auto before = ::umask(0);
  BOOST_TEST(!log.add(entry("one")));
  ::umask(before);
  struct stat status {};
  BOOST_REQUIRE(::stat(log.file().c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  BOOST_REQUIRE(::stat(place.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0700u);
}

BOOST_AUTO_TEST_CASE(a_query_restricts_what_is_found) {
  auto other = entry("Wie heißt die Straße?", "Hauptstrasse");
  other.role = AIRole::implementation;
  for (const auto& each : {entry("Name a COLOUR", "Blue."), other, entry("more", "of the blue")})
    BOOST_TEST(!log.add(each));
  BOOST_TEST(prompts({.text = "colour"}) == Prompts{"Name a COLOUR"},
             boost::test_tools::per_element());
  BOOST_TEST(prompts({.text = "BLUE"}) == (Prompts{"more", "Name a COLOUR"}),
             boost::test_tools::per_element());
  BOOST_TEST(prompts({.text = "STRASSE"}).size() == 1u);
  BOOST_TEST(prompts({.role = AIRole::implementation}).size() == 1u);
  BOOST_TEST(prompts({.limit = 1}) == Prompts{"more"}, boost::test_tools::per_element());
  BOOST_TEST(prompts({.id = other.id.substr(0, 6)}) == Prompts{other.prompt},
             boost::test_tools::per_element());
  BOOST_TEST(prompts({.text = "nothing"}).empty());
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_entries_are_counted_and_left_out) {
  BOOST_TEST(!log.add(entry("one")));
  {
    std::ofstream file{log.file(), std::ios::app};
    file << "garbage\n{\"id\":\"x\"\n[1]\n{}\n{\"id\":\"1\",\"role\":\"king\"}\n\xFF\n\n{\"id\":"
            "\"cut";
  }
  BOOST_TEST(!log.add(entry("two")));
  const auto found = log.find({});
  BOOST_TEST(found.entries.size() == 2u);
  BOOST_TEST(found.damaged == 7u);
  BOOST_TEST(prompts() == (Prompts{"two", "one"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_entry_of_a_later_version_is_read_as_far_as_it_is_known) {
  std::filesystem::create_directories(place);
  std::ofstream{log.file()} << R"({"id":"1","prompt":"p","mood":{"good":true}})"
                            << "\n";
  BOOST_TEST(prompts() == Prompts{"p"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_size_is_bounded_and_the_oldest_go_first) {
  const std::string text(100'000, 'x');
  for (int i = 0; i < 30; ++i)
    BOOST_TEST(!log.add(entry(std::to_string(i), text)));
  std::uintmax_t size = 0;
  for (const auto& file : std::filesystem::directory_iterator{place})
    size += file.file_size();
  BOOST_TEST(size <= mebibyte);
  const auto kept = prompts();
  BOOST_TEST(kept.size() > 5u);
  BOOST_TEST(kept.size() <= 10u);
  for (std::size_t i = 0; i < kept.size(); ++i)
    BOOST_TEST(kept[i] == std::to_string(29 - i));
}

BOOST_AUTO_TEST_CASE(an_entry_of_more_than_half_of_the_log_is_refused) {
  BOOST_TEST(!log.add(entry("one")));
  BOOST_TEST((log.add(entry("two", std::string(mebibyte, 'x'))) == std::errc::message_size));
  BOOST_TEST(prompts() == Prompts{"one"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(several_at_a_time_lose_nothing) {
  constexpr int writers = 8;
  constexpr int each = 50;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < writers; ++writer)
      threads.emplace_back([this, writer] {
        const RequestLog own{place, 64 * mebibyte};
        for (int i = 0; i < each; ++i)
          if (own.add(entry(std::to_string(writer * each + i), std::string(5000, 'x'))))
            return;
      });
  }
  const auto found = log.find({});
  BOOST_TEST(found.damaged == 0u);
  std::set<std::string> all;
  for (const auto& one : found.entries)
    all.insert(one.prompt);
  BOOST_TEST(all.size() == std::size_t{writers * each});
}

BOOST_AUTO_TEST_CASE(a_log_that_is_no_file_is_an_error) {
  std::filesystem::create_directories(place);
  BOOST_REQUIRE(::mkfifo(log.file().c_str(), 0600) == 0);
  BOOST_TEST((log.add(entry("one")) == std::errc::not_supported));
  BOOST_TEST(prompts().empty());
}

BOOST_AUTO_TEST_CASE(a_cleared_log_is_empty) {
  BOOST_TEST(!log.clear());
  BOOST_TEST(!log.add(entry("one")));
  BOOST_TEST(!log.clear());
  BOOST_TEST(prompts().empty());
  BOOST_TEST(std::filesystem::is_empty(place));
  BOOST_TEST(!log.add(entry("two")));
  BOOST_TEST(prompts() == Prompts{"two"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(texts_are_folded_as_unicode_says) {
  BOOST_TEST(folded("Ärger") == folded("ÄRGER"));
  BOOST_TEST(folded("") == "");
  BOOST_TEST(folded("\xFF") == "\xFF");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace request_log_test

} // namespace nexus::llm::cli::test
