// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <bit>
#include <cstring>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace embed_test {

using simulator::Fault;

struct Embedding : Fixture {
  Embedding() {
    simulator->add_model({.name = "emb", .capabilities = {"embedding"}, .embedding_length = 4});
  }

  [[nodiscard]] std::string inputs() const { return json_at(last_body("/api/embed"), "input"); }
};

std::vector<float> numbers_in(const std::string& list) {
  std::vector<float> numbers;
  if (const auto parsed = json::parse(list); parsed && parsed->IsArray())
    for (const auto& number : parsed->GetArray())
      numbers.push_back(number.GetFloat());
  return numbers;
}

BOOST_FIXTURE_TEST_SUITE(embed, Embedding)

BOOST_AUTO_TEST_CASE(each_argument_is_a_text_and_each_vector_a_line) {
  const auto outcome = run({"embed", "-m", "emb", "a red apple", "a green pear"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(outcome.err == "");
  const auto lines = lines_of(outcome.out);
  BOOST_REQUIRE(lines.size() == 2u);
  BOOST_TEST(numbers_in(lines[0]).size() == 4u);
  BOOST_TEST(lines[0] != lines[1]);
  BOOST_TEST(inputs() == R"(["a red apple","a green pear"])");
}

BOOST_AUTO_TEST_CASE(files_and_stdin_are_texts_or_hold_one_on_each_line) {
  write(home / "work" / "a.txt", "one\ntwo\n");
  BOOST_TEST(run({"embed", "-m", "emb", "x", "-f", "a.txt"}, "ignored").code == 0);
  BOOST_TEST(inputs() == R"(["x","one\ntwo"])");
  BOOST_TEST(run({"embed", "-m", "emb"}, "three\n\nfour\n").code == 0);
  BOOST_TEST(inputs() == R"(["three\n\nfour"])");
  BOOST_TEST(run({"embed", "-m", "emb", "x", "-"}, "piped").code == 0);
  BOOST_TEST(inputs() == R"(["x","piped"])");
  const auto lines =
      run({"embed", "-m", "emb", "--lines", "--json", "-f", "a.txt", "-f", "-"}, "three\r\n\nfour");
  BOOST_TEST(lines.code == 0, lines.err);
  BOOST_TEST(inputs() == R"(["one","two","three","four"])");
  const auto last = lines_of(lines.out).back();
  BOOST_TEST(json_at(last, "index") == "3");
  BOOST_TEST(json_at(last, "file") == R"("stdin")");
  BOOST_TEST(json_at(last, "line") == "3");
  BOOST_TEST(json_at(last, "model") == R"("emb")");
  BOOST_TEST(numbers_in(json_at(last, "embedding")).size() == 4u);
}

BOOST_AUTO_TEST_CASE(json_lines_have_ids) {
  const auto outcome =
      run({"embed", "-m", "emb", "--jsonl", "--json"},
          "\"one\"\n{\"id\": \"b\", \"text\": \"two\"}\n{\"text\":\"3\",\"id\":3}");
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(inputs() == R"(["one","two","3"])");
  const auto lines = lines_of(outcome.out);
  BOOST_REQUIRE(lines.size() == 3u);
  BOOST_TEST(json_at(lines[0], "id") == "");
  BOOST_TEST(json_at(lines[1], "id") == R"("b")");
  BOOST_TEST(json_at(lines[2], "id") == "3");
  const auto wrong = run({"embed", "-m", "emb", "--jsonl"}, "\"one\"\n{\"txt\": \"two\"}\n");
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(contains(wrong.err, "stdin:2: there is no member `txt`"), wrong.err);
  // What came before the mistake is not lost.
  BOOST_TEST(lines_of(wrong.out).size() == 1u);
}

BOOST_AUTO_TEST_CASE(binary_vectors_are_the_same_numbers) {
  const auto text = run({"embed", "-m", "emb", "one", "two"});
  const auto binary = run({"embed", "-m", "emb", "--binary", "one", "two"});
  BOOST_TEST(binary.code == 0, binary.err);
  BOOST_REQUIRE(binary.out.size() == 2u * 4 * sizeof(float));
  std::vector<float> expected;
  for (const auto& line : lines_of(text.out))
    for (const auto number : numbers_in(line))
      expected.push_back(number);
  std::vector<float> numbers;
  for (std::size_t at = 0; at < binary.out.size(); at += 4) {
    std::uint32_t bits = 0;
    for (std::size_t i = 4; i-- > 0;)
      bits = bits << 8U | static_cast<unsigned char>(binary.out[at + i]);
    numbers.push_back(std::bit_cast<float>(bits));
  }
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_no_bytes) {
  Child child{child_options({"embed", "-m", "emb", "--binary", "one"}, true)};
  BOOST_TEST(child.wait() == 2);
  BOOST_TEST(contains(child.out(), "does not write to a terminal"), child.out());
  BOOST_TEST(last_body("/api/embed") == "");
  BOOST_TEST(run({"embed", "-m", "emb", "--binary", "--json", "one"}).code == 2);
}

BOOST_AUTO_TEST_CASE(options_reach_ollama) {
  const auto outcome = run({"embed", "-m", "emb", "--dimensions", "2", "--no-truncate", "--num-ctx",
                            "512", "--keep-alive", "5m", "--option", "num_thread=2", "one"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(numbers_in(outcome.out).size() == 2u);
  const auto body = last_body("/api/embed");
  BOOST_TEST(json_at(body, "dimensions") == "2");
  BOOST_TEST(json_at(body, "truncate") == "false");
  BOOST_TEST(json_at(body, "keep_alive") == R"("5m")");
  BOOST_TEST(json_at(body, "options.num_ctx") == "512");
  BOOST_TEST(json_at(body, "options.num_thread") == "2");
}

BOOST_AUTO_TEST_CASE(many_texts_take_several_requests) {
  std::string input;
  for (int i = 0; i < 150; ++i)
    input += "text " + std::to_string(i) + "\n";
  const auto outcome = run({"embed", "-m", "emb", "--lines"}, input);
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(lines_of(outcome.out).size() == 150u);
  std::size_t requests = 0;
  for (const auto& request : simulator->requests())
    requests += request.target == "/api/embed" ? 1 : 0;
  BOOST_TEST(requests == 3u);
  configure(simulator->base_url(), R"(, "limits": {"maxBatch": 60, "maxPromptBytes": 100})");
  BOOST_TEST(lines_of(run({"embed", "-m", "emb", "--lines"}, input).out).size() == 150u);
}

BOOST_AUTO_TEST_CASE(mistakes_are_told) {
  const auto expect = [](const Outcome& outcome, const std::string& sentence) {
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(outcome.out == "");
    BOOST_TEST(contains(outcome.err, sentence), outcome.err);
  };
  write(home / "work" / "empty.txt", "\n");
  expect(run({"embed", ""}), "a text is empty");
  expect(run({"embed", "-f", "empty.txt"}), "`empty.txt` is empty");
  expect(run({"embed", "-f", "none.txt"}), "`none.txt` cannot be read");
  expect(run({"embed", "--lines", "-f", "."}), "cannot be read");
  expect(run({"embed", "--lines"}, "\n\xFF\n"), "stdin:2");
  expect(run({"embed", "--lines", "--jsonl", "x"}), "--lines");
  Child child{child_options({"embed"}, true)};
  BOOST_TEST(child.wait() == 2);
  BOOST_TEST(contains(child.out(), "no text is given"), child.out());
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_reading_and_the_request) {
  simulator->inject(Fault::stall_before_response());
  Child asking{child_options({"embed", "-m", "emb", "one"})};
  asking.close_input();
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  asking.signal(SIGINT);
  BOOST_TEST(asking.wait() == 130);
  for (const Arguments& arguments :
       {Arguments{"embed", "-m", "emb", "--lines"}, Arguments{"embed", "-m", "emb", "-"}}) {
    Child reading{child_options(arguments)};
    reading.write("one\n");
    BOOST_TEST(reading.wait_until_read());
    reading.signal(SIGINT);
    BOOST_TEST(reading.wait() == 130, arguments.back());
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace embed_test

} // namespace nexus::llm::cli::test
