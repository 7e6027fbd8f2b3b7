// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/input_history.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "runtime/cli/terminal/history_file.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace input_history_test {

namespace {

using Texts = std::vector<std::string>;

struct Filing {
  llm::test::TemporaryDirectory directory;
  std::filesystem::path path = directory / "state" / "history";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(input_history, Filing)

BOOST_AUTO_TEST_CASE(the_latest_texts_are_kept_once) {
  InputHistory history;
  BOOST_TEST(!history.add(""));
  BOOST_TEST(history.add("one"));
  BOOST_TEST(!history.add("one"));
  for (std::size_t i = 0; i < InputHistory::most; ++i)
    history.add(std::to_string(i));
  BOOST_TEST(history.size() == InputHistory::most);
  BOOST_TEST(history[0] == "0");
}

BOOST_AUTO_TEST_CASE(a_search_goes_backwards) {
  InputHistory history;
  for (const char* text : {"abc", "xyz", "abd"})
    history.add(text);
  BOOST_TEST(history.find("ab", history.size()).value() == 2u);
  BOOST_TEST(history.find("ab", 2).value() == 0u);
  BOOST_TEST(!history.find("ab", 0).has_value());
  BOOST_TEST(!history.find("q", history.size()).has_value());
}

BOOST_AUTO_TEST_CASE(texts_of_any_kind_come_back_from_the_file) {
  const HistoryFile file{path};
  BOOST_TEST(file.load().empty());
  const Texts texts{"one", "two\nlines \"quoted\"", "\xE6\x97\xB6\t\x01", "\\n"};
  for (const auto& text : texts)
    BOOST_TEST(!file.add(text));
  BOOST_TEST((file.load() == texts));
  struct stat status {};
  BOOST_TEST(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
}

BOOST_AUTO_TEST_CASE(the_file_stays_small) {
  const HistoryFile file{path, 10};
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(!file.add(std::to_string(i)));
  const auto texts = file.load();
  BOOST_TEST(texts.size() == 10u);
  BOOST_TEST(texts.back() == "99");
  BOOST_TEST(std::filesystem::file_size(path) < 20 * 5u);
  BOOST_TEST(!file.add(std::string(HistoryFile::longest_text + 1, 'x')));
  BOOST_TEST(file.load().back() == "99");
}

BOOST_AUTO_TEST_CASE(several_that_add_at_once_lose_nothing) {
  constexpr std::size_t writers = 4;
  constexpr std::size_t each = 50;
  // The file becomes too long, and is replaced, while they add to it.
  const HistoryFile file{path, writers * each};
  for (std::size_t i = 0; i < writers * each * 3 / 2; ++i)
    BOOST_TEST(!file.add("before"));
  std::vector<std::thread> threads;
  for (std::size_t writer = 0; writer < writers; ++writer)
    threads.emplace_back([&file, writer] {
      for (std::size_t i = 0; i < each; ++i)
        static_cast<void>(file.add(std::to_string(writer * each + i)));
    });
  for (auto& thread : threads)
    thread.join();
  const auto texts = file.load();
  const std::set<std::string> all{texts.begin(), texts.end()};
  BOOST_TEST(texts.size() == writers * each);
  BOOST_TEST(all.size() == writers * each);
  BOOST_TEST(!all.contains("before"));
  std::ifstream stream{path};
  const std::string content{std::istreambuf_iterator<char>{stream}, {}};
  BOOST_TEST(std::count(content.begin(), content.end(), '\n') < 400);
}

BOOST_AUTO_TEST_CASE(a_line_that_was_not_ended_stays_by_itself) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path} << "\"one\"";
  BOOST_TEST(!HistoryFile{path}.add("two"));
  BOOST_TEST((HistoryFile{path}.load() == Texts{"one", "two"}));
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_text_are_skipped) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path} << "\"one\"\nnonsense\n[1]\n\n\"two\"";
  BOOST_TEST((HistoryFile{path}.load() == Texts{"one", "two"}));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_told_of) {
  std::ofstream{directory / "state"} << "no directory";
  BOOST_TEST(static_cast<bool>(HistoryFile{path}.add("x")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace input_history_test

} // namespace nexus::llm::cli::test
