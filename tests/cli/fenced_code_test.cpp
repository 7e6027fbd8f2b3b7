// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/fenced_code.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

using Blocks = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(code_of_an_answer)

BOOST_AUTO_TEST_CASE(text_around_the_blocks_is_left_out) {
  BOOST_TEST((fenced_code("Here:\n\n```cpp\nint a;\n\nint b;\n```\nand\n~~~\nx\n~~~\nDone.") ==
              Blocks{"int a;\n\nint b;\n", "x\n"}));
  BOOST_TEST((fenced_code("no code, but `some` and ```inline``` code\n").empty()));
  BOOST_TEST(fenced_code("").empty());
}

BOOST_AUTO_TEST_CASE(a_fence_ends_with_one_of_its_kind_and_length) {
  BOOST_TEST((fenced_code("````md\n```sh\nls\n```\n````\n") == Blocks{"```sh\nls\n```\n"}));
  BOOST_TEST((fenced_code("~~~\n```\n~~~\n") == Blocks{"```\n"}));
  BOOST_TEST((fenced_code("```\n``` no end\n```\n") == Blocks{"``` no end\n"}));
  BOOST_TEST((fenced_code("```\n```\n") == Blocks{""}));
}

BOOST_AUTO_TEST_CASE(a_block_in_a_list_loses_its_indentation) {
  BOOST_TEST((fenced_code("1. Do:\n     ```py\n     if a:\n         b\n   c\n     ```\n") ==
              Blocks{"if a:\n    b\nc\n"}));
}

BOOST_AUTO_TEST_CASE(a_block_that_is_cut_off_is_kept) {
  BOOST_TEST((fenced_code("```\nint a;\nint") == Blocks{"int a;\nint\n"}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(code_only, Fixture)

BOOST_AUTO_TEST_CASE(stdout_gets_the_code_and_nothing_else) {
  simulator->set_reply("llama3.1:8b", "So:\n```sh\necho 1\n```\nOr:\n```sh\necho 2\n```\nBye.");
  const auto all = run({"generate", "--code", "hi"});
  BOOST_TEST(all.code == 0, all.err);
  BOOST_TEST(all.out == "echo 1\n\necho 2\n");
  BOOST_TEST(run({"generate", "--code=first", "hi"}).out == "echo 1\n");
  BOOST_TEST(run({"generate", "--code=last", "hi"}).out == "echo 2\n");
}

BOOST_AUTO_TEST_CASE(an_answer_without_code_is_a_failure_and_not_taken_for_code) {
  simulator->set_reply("llama3.1:8b", "I would rather not.");
  const auto outcome = run({"generate", "--code", "hi"});
  BOOST_TEST(outcome.code == 1);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(contains(outcome.err, "I would rather not."), outcome.err);
  BOOST_TEST(contains(outcome.err, "no fenced code"), outcome.err);
}

BOOST_AUTO_TEST_CASE(wrong_combinations_are_told) {
  BOOST_TEST(run({"generate", "--code=second", "hi"}).code == 2);
  const auto outcome = run({"generate", "--code", "--json", "hi"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "goes without --json"), outcome.err);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
