// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/completion.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

BOOST_AUTO_TEST_SUITE(completion)

namespace {

using Texts = std::vector<std::string>;

struct Names {
  int asked = 0;
  ChatNames names{.models =
                      [this] {
                        ++asked;
                        return Texts{"owl:latest", "llama3:8b", "llama3:70b"};
                      },
                  .conversations =
                      [this] {
                        ++asked;
                        return Texts{"birds"};
                      }};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(commands_and_what_follows_them_are_completed, Names) {
  BOOST_TEST((complete_chat("/s", names).candidates == Texts{"/save", "/set", "/show", "/system"}));
  BOOST_TEST((complete_chat("/nothing", names).candidates.empty()));
  BOOST_TEST((complete_chat("/set temp", names).candidates == Texts{"temperature"}));
  BOOST_TEST((complete_chat("hello /s", names).candidates.empty()));
  BOOST_TEST((complete_chat("/clear x", names).candidates.empty()));
  BOOST_TEST((complete_chat("/nothing x", names).candidates.empty()));
  BOOST_TEST((complete_chat("/model x\ny", names).candidates.empty()));
  // Ollama is asked for its models only if they are wanted.
  BOOST_TEST(asked == 0);
  const auto models = complete_chat("/model  ll", names);
  BOOST_TEST(models.from == 8u);
  BOOST_TEST((models.candidates == Texts{"llama3:70b", "llama3:8b"}));
  BOOST_TEST((complete_chat("/load ", names).candidates == Texts{"birds"}));
  BOOST_TEST(asked == 2);
}

BOOST_FIXTURE_TEST_CASE(files_are_completed_for_an_image, Names) {
  const llm::test::TemporaryDirectory directory;
  llm::test::write_text(directory / "a.png", "");
  std::filesystem::create_directory(directory / "ab");
  const auto begin = directory.path().string() + "/a";
  BOOST_TEST(
      (complete_chat("/image " + begin, names).candidates == Texts{begin + ".png", begin + "b/"}));
}

BOOST_AUTO_TEST_CASE(a_common_beginning_ends_between_characters) {
  BOOST_TEST(common_beginning({}) == "");
  BOOST_TEST(common_beginning({"abc"}) == "abc");
  BOOST_TEST(common_beginning({"abc", "abd", "ab"}) == "ab");
  BOOST_TEST(common_beginning({"a\xC3\xA9", "a\xC3\xA8"}) == "a");
  BOOST_TEST(common_beginning({"x", "y"}) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
