// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

BOOST_FIXTURE_TEST_SUITE(generate, Fixture)

BOOST_AUTO_TEST_CASE(answer_is_all_that_stdout_gets) {
  simulator->set_reply("llama3.1:8b", "Four score and seven.");
  const auto outcome = run({"generate", "How", "many?"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "Four score and seven.\n");
  BOOST_TEST(outcome.err == "");
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("How many?")");
}

BOOST_AUTO_TEST_CASE(complete_answer_is_the_same) {
  simulator->set_reply("llama3.1:8b", "Four score and seven.\n");
  const auto outcome = run({"generate", "--no-stream", "How many?"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "Four score and seven.\n");
  BOOST_TEST(json_at(last_body("/api/generate"), "stream") == "true");
}

BOOST_AUTO_TEST_CASE(words_files_and_pipe_are_joined_by_blank_lines) {
  write(home / "work" / "a.txt", "from a\n");
  write(home / "work" / "b.txt", "from b");
  const auto outcome =
      run({"generate", "Sum", "up:", "-f", "a.txt", "-f", "b.txt", "-"}, "piped\n");
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") ==
             R"("Sum up:\n\nfrom a\n\nfrom b\n\npiped")");
}

BOOST_AUTO_TEST_CASE(pipe_alone_is_the_prompt) {
  BOOST_TEST(run({"generate"}, "piped\n").code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("piped")");
}

BOOST_AUTO_TEST_CASE(names_of_commands_are_words_of_a_prompt) {
  BOOST_TEST(run({"generate", "chat", "models", "list"}).code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("chat models list")");
}

BOOST_AUTO_TEST_CASE(options_reach_ollama_before_and_behind_the_command) {
  write(home / "work" / "schema.json", R"({"type": "object"})");
  const auto outcome =
      run({"-r",  "implementation", "--temperature", "0.5",      "generate",  "--seed",
           "7",   "--stop",         "END",           "--stop",   "FIN",       "--max-tokens",
           "9",   "--num-ctx",      "2048",          "--system", "Be brief.", "--keep-alive",
           "90s", "--format",       "@schema.json",  "hi"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.err == "");
  const auto body = last_body("/api/generate");
  BOOST_TEST(json_at(body, "model") == R"("qwen2.5-coder:7b")");
  BOOST_TEST(json_at(body, "prompt") == R"("hi")");
  BOOST_TEST(json_at(body, "system") == R"("Be brief.")");
  BOOST_TEST(json_at(body, "keep_alive") == R"("90s")");
  BOOST_TEST(json_at(body, "format") == R"({"type":"object"})");
  BOOST_TEST(json_at(body, "options.temperature") == "0.5");
  BOOST_TEST(json_at(body, "options.seed") == "7");
  BOOST_TEST(json_at(body, "options.stop") == R"(["END","FIN"])");
  BOOST_TEST(json_at(body, "options.num_predict") == "9");
  BOOST_TEST(json_at(body, "options.num_ctx") == "2048");
}

BOOST_AUTO_TEST_CASE(negative_numbers_are_taken_as_ollama_takes_them) {
  BOOST_TEST(run({"generate", "--keep-alive", "-1", "--seed", "-1", "hi"}).code == 0);
  auto body = last_body("/api/generate");
  BOOST_TEST(json_at(body, "keep_alive") == "-1");
  BOOST_TEST(json_at(body, "options.seed") == "-1");
  BOOST_TEST(run({"--keep-alive=-1m", "generate", "hi"}).code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "keep_alive") == R"("-1m")");
}

BOOST_AUTO_TEST_CASE(a_wrong_number_is_told_with_what_is_wanted) {
  for (const auto& [option, value] : {std::pair{"--temperature", "-1"},
                                      {"--temperature", "hot"},
                                      {"--max-tokens", "0"},
                                      {"--max-tokens", "-3"},
                                      {"--num-ctx", "-1"},
                                      {"--seed", "1.5"},
                                      {"--timeout", "-1"},
                                      {"--max-tokens", "99999999999"}}) {
    const auto outcome = run({"generate", option, value, "hi"});
    BOOST_TEST(outcome.code == 2, option);
    BOOST_TEST(contains(outcome.err, std::string{option} + " must be a "), outcome.err);
    BOOST_TEST(contains(outcome.err, "not `" + std::string{value} + "`"), outcome.err);
  }
}

BOOST_AUTO_TEST_CASE(the_file_that_is_in_another_encoding_is_named) {
  write(home / "work" / "good.md", "good");
  write(home / "work" / "latin.md", "caf\xE9");
  write(home / "work" / "wide.md", std::string{"\xFF\xFEt\0e\0", 6});
  write(home / "work" / "nul.md", std::string{"a\0b", 3});
  for (const auto& [file, fault] : {std::pair{"latin.md", "ISO-8859-1"},
                                    {"wide.md", "UTF-16"},
                                    {"nul.md", "holds a NUL byte"}}) {
    const auto outcome = run({"generate", "-f", "good.md", "-f", file, "Sum up."});
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(contains(outcome.err, "`" + std::string{file} + "` "), outcome.err);
    BOOST_TEST(contains(outcome.err, fault), outcome.err);
  }
  BOOST_TEST(contains(run({"generate", "-"}, "caf\xE9").err, "`stdin` seems to be in ISO-8859-1"));
  BOOST_TEST(contains(run({"generate", "caf\xE9"}).err, "it seems to be in ISO-8859-1"));
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_no_part_of_a_prompt_and_line_ends_are) {
  write(home / "work" / "bom.md", "\xEF\xBB\xBFone\r\ntwo\r\n");
  BOOST_TEST(run({"generate", "-f", "bom.md", "-"}, "\xEF\xBB\xBFthree").code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("one\r\ntwo\n\nthree")");
}

BOOST_AUTO_TEST_CASE(the_first_attempt_that_failed_is_told_once) {
  simulator->stop();
  write(config_path(), R"({"llm": {"baseUrl": ")" + simulator->base_url() +
                           R"(", "maxRetries": 3, "retryDelay": 1}})");
  const auto outcome = run({"generate", "hi"});
  BOOST_TEST(outcome.code == 3);
  const auto lines = lines_of(outcome.err);
  BOOST_REQUIRE(lines.size() == 2u);
  BOOST_TEST(lines[0].starts_with("trying again: Ollama is not running"));
  BOOST_TEST(lines[1].starts_with("error: "));
}

BOOST_AUTO_TEST_CASE(thinking_ends_its_line_before_anything_else_is_told) {
  configure(simulator->base_url(),
            R"(, "models": {"overseer": "gone"}, "fallbackModels": {"overseer": ["owl"]})");
  const auto outcome = run({"generate", "--think", "hi"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(contains(outcome.err, "Hm.\nwarning: the fallback model owl"), outcome.err);
  BOOST_TEST(run({"generate", "-m", "owl", "--think", "hi"}).err == "Hm.\n");
}

BOOST_AUTO_TEST_CASE(json_of_a_complete_answer_is_one_object) {
  simulator->set_reply("llama3.1:8b", "Yes.");
  const auto outcome = run({"generate", "--json", "--no-stream", "hi"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(lines_of(outcome.out).size() == 1u);
  BOOST_TEST(json_at(outcome.out, "response") == R"("Yes.")");
  BOOST_TEST(json_at(outcome.out, "done") == "true");
  BOOST_TEST(json_at(outcome.out, "doneReason") == R"("stop")");
}

BOOST_AUTO_TEST_CASE(json_of_a_stream_is_an_object_per_chunk) {
  simulator->set_reply("llama3.1:8b", "one two three");
  const auto outcome = run({"generate", "--json", "hi"});
  BOOST_TEST(outcome.code == 0);
  const auto lines = lines_of(outcome.out);
  BOOST_REQUIRE(!lines.empty());
  std::string text;
  for (const auto& line : lines) {
    const bool last = &line == &lines.back();
    BOOST_TEST(json_at(line, "done") == (last ? "true" : "false"));
    const auto piece = json_at(line, "response");
    text += piece.substr(1, piece.size() - 2);
  }
  BOOST_TEST(text == "one two three");
  BOOST_TEST(json_at(lines.back(), "final.response") == R"("one two three")");
}

BOOST_AUTO_TEST_CASE(thinking_goes_to_stderr) {
  const auto outcome = run({"generate", "-m", "owl", "--think", "hoot"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "Who.\n");
  BOOST_TEST(contains(outcome.err, "Hm."));
  BOOST_TEST(json_at(last_body("/api/generate"), "think") == "true");
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("hoot")");
}

BOOST_AUTO_TEST_CASE(verbose_shows_statistics_on_stderr) {
  simulator->set_reply("llama3.1:8b", "Yes.");
  const auto outcome = run({"generate", "--verbose", "hi"});
  BOOST_TEST(outcome.out == "Yes.\n");
  for (const char* label :
       {"total duration:", "load duration:", "prompt eval count:", "prompt eval duration:",
        "prompt eval rate:", "eval count:", "eval duration:", "eval rate:", "model:", "attempts:",
        "queue time:", "first chunk time:"})
    BOOST_TEST(contains(outcome.err, label), label);
}

BOOST_AUTO_TEST_CASE(answer_cut_by_length_is_warned_of) {
  const auto outcome = run({"generate", "--max-tokens", "2", "hi"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(contains(outcome.err, "warning: the answer was cut"));
}

BOOST_AUTO_TEST_CASE(fallback_is_warned_of) {
  configure(simulator->base_url(),
            R"(, "models": {"overseer": "gone"}, "fallbackModels": {"overseer": ["owl"]})");
  const auto outcome = run({"generate", "hi"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "Who.\n");
  BOOST_TEST(contains(outcome.err, "warning: the fallback model owl"));
}

BOOST_AUTO_TEST_CASE(what_is_piped_in_joins_the_prompt_behind_its_words_and_files) {
  write(home / "work" / "a.txt", "file\n");
  BOOST_TEST(run({"generate", "Review:"}, "+ a line\n").code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("Review:\n\n+ a line")");
  BOOST_TEST(run({"generate", "Review:", "-f", "a.txt"}, "piped\n").code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("Review:\n\nfile\n\npiped")");
  BOOST_TEST(run({"generate", "before", "-", "after"}, "piped\n").code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("before\n\npiped\n\nafter")");
  BOOST_TEST(run({"generate", "alone"}, "").code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("alone")");
}

BOOST_AUTO_TEST_CASE(what_is_piped_in_and_no_text_is_refused_rather_than_left_out) {
  const auto outcome = run({"generate", "Review:"}, "caf\xE9\n");
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "`stdin` seems to be in ISO-8859-1"), outcome.err);
  BOOST_TEST(last_body("/api/generate") == "");
}

BOOST_AUTO_TEST_CASE(a_file_on_stdin_joins_the_prompt_once) {
  write(home / "work" / "in.txt", "from a file\n");
  for (const Arguments& arguments :
       {Arguments{"generate", "Sum up:"}, Arguments{"generate", "Sum up:", "-f", "/dev/stdin"}}) {
    auto options = child_options(arguments);
    options.wrapper = {"/bin/sh", "-c", "exec \"$@\" < in.txt", "sh"};
    Child child{options};
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("Sum up:\n\nfrom a file")");
  }
}

BOOST_AUTO_TEST_CASE(a_stdin_that_is_read_for_another_purpose_is_no_prompt) {
  write(home / "work" / "schema.json", R"({"type":"object"})");
  auto options = child_options({"generate", "--format", "@/dev/stdin", "Who?"});
  options.wrapper = {"/bin/sh", "-c", "exec \"$@\" < schema.json", "sh"};
  Child child{options};
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("Who?")");
  BOOST_TEST(json_at(last_body("/api/generate"), "format.type") == R"("object")");
}

BOOST_AUTO_TEST_CASE(a_stdin_that_holds_no_input_is_left_alone) {
  // Closed, a device, a pipe that is open for writing only.
  for (const char* redirection : {"<&-", "</dev/null", "</dev/zero", "<&1"}) {
    auto options = child_options({"generate", "alone"});
    options.wrapper = {"/bin/sh", "-c", std::string{"exec \"$@\" "} + redirection, "sh"};
    Child child{options};
    BOOST_TEST(child.wait() == 0, redirection << child.err());
    BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("alone")");
  }
}

BOOST_AUTO_TEST_CASE(a_pipe_that_stays_silent_is_told_of_and_read_to_its_end) {
  Child child{child_options({"generate", "Review:"})};
  BOOST_TEST(child.read_error_until("Reading the rest of the prompt from stdin"));
  child.write("late");
  child.close_input();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "prompt") == R"("Review:\n\nlate")");
}

BOOST_AUTO_TEST_CASE(reader_that_leaves_ends_the_program_quietly) {
  simulator->set_delays({}, {}, std::chrono::milliseconds{2});
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "word ";
  simulator->set_reply("llama3.1:8b", text);
  Child child{child_options({"generate", "hi"})};
  child.close_input();
  BOOST_TEST(child.read_until("word"));
  child.close_output();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(child.err() == "");
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
}

BOOST_AUTO_TEST_CASE(full_disk_is_told) {
  auto options = child_options({"generate", "hi"});
  options.output_file = "/dev/full";
  Child child{options};
  child.close_input();
  BOOST_TEST(child.wait() == 10);
  BOOST_TEST(contains(child.err(), "error: The answer could not be written"));
}

BOOST_AUTO_TEST_CASE(any_option_of_ollama_may_be_given) {
  const auto outcome = run({"generate", "--option", "top_k=20", "--option", "stop=[\"x\"]",
                            "--no-truncate", "--no-shift", "--logprobs", "2", "--json", "hi"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  const auto body = last_body("/api/generate");
  BOOST_TEST(json_at(body, "options.top_k") == "20");
  BOOST_TEST(json_at(body, "options.stop") == R"(["x"])");
  BOOST_TEST(json_at(body, "truncate") == "false");
  BOOST_TEST(json_at(body, "shift") == "false");
  BOOST_TEST(json_at(body, "top_logprobs") == "2");
  BOOST_TEST(contains(outcome.out, "topLogprobs"));
  for (const auto* wrong : {"top_k", "=5", "top_k=many"})
    BOOST_TEST(run({"generate", "--option", wrong, "hi"}).code == 2, wrong);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
