// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <map>

#include "tests/cli/fixture.hpp"
#include "tests/cli/screen.hpp"

namespace nexus::llm::cli::test {

namespace batch_test {

using namespace std::chrono_literals;
using simulator::Fault;

struct Batch : Fixture {
  /// Writes a batch with this many prompts, `prompt 1` and so on.
  void write_prompts(int count) const {
    std::string text;
    for (int i = 1; i <= count; ++i)
      text += R"({"id": "p)" + std::to_string(i) + R"(", "prompt": "prompt )" + std::to_string(i) +
              "\"}\n";
    write(home / "work" / "in.jsonl", text);
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file{home / "work" / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  /// How often each prompt was asked.
  [[nodiscard]] std::map<std::string, int> asked() const {
    std::map<std::string, int> counts;
    for (const auto& request : simulator->requests())
      if (request.target == "/api/generate")
        ++counts[json_at(request.body, "prompt")];
    return counts;
  }

  /// The numbers of the lines that records are there for, in their order.
  [[nodiscard]] static std::string lines_in(const std::string& records) {
    std::string numbers;
    for (const auto& record : lines_of(records))
      numbers += json_at(record, "line") + " ";
    return numbers;
  }

  [[nodiscard]] std::string sorted_lines(const std::string& name) const {
    auto records = lines_of(read(name));
    std::ranges::sort(records);
    std::string numbers;
    for (const auto& record : records)
      numbers += json_at(record, "line") + " ";
    return numbers;
  }

  const Arguments one_at_a_time{"batch",     "in.jsonl",         "--output",
                                "out.jsonl", "--max-concurrent", "1"};
};

BOOST_FIXTURE_TEST_SUITE(batch, Batch)

BOOST_AUTO_TEST_CASE(each_line_gets_a_record) {
  write(home / "work" / "in.jsonl", "\xEF\xBB\xBF{\"id\": \"a\", \"prompt\": \"one\"}\r\n\n"
                                    "{\"id\": 2, \"model\": \"owl\", \"messages\": [{\"role\": "
                                    "\"user\", \"content\": \"two\"}]}");
  const auto outcome = run({"batch", "in.jsonl", "--system", "Be brief.", "--in-order"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  const auto records = lines_of(outcome.out);
  BOOST_REQUIRE(records.size() == 2u);
  BOOST_TEST(json_at(records[0], "line") == "1");
  BOOST_TEST(json_at(records[0], "id") == R"("a")");
  BOOST_TEST(contains(json_at(records[0], "answer.response"), "simulated"));
  BOOST_TEST(json_at(records[0], "answer.model") == R"("llama3.1:8b")");
  BOOST_TEST(json_at(records[1], "line") == "3");
  BOOST_TEST(json_at(records[1], "id") == "2");
  BOOST_TEST(json_at(records[1], "answer.response") == R"("Who.")");
  BOOST_TEST(json_at(records[1], "answer.thinking") == R"("Hm.")");
  BOOST_TEST(contains(outcome.err, "2 answered, 0 failed of 2."), outcome.err);
  BOOST_TEST(json_at(last_body("/api/generate"), "system") == R"("Be brief.")");
}

BOOST_AUTO_TEST_CASE(nothing_is_asked_of_a_file_with_a_mistake) {
  write(home / "work" / "in.jsonl",
        "{\"prompt\": \"one\"}\n{\"prompt\": \"two\", \"temprature\": 1}\n");
  const auto outcome = run({"batch", "in.jsonl", "-o", "out.jsonl"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "in.jsonl:2: `temprature` is no member"), outcome.err);
  BOOST_TEST(asked().empty());
  BOOST_TEST(!std::filesystem::exists(home / "work" / "out.jsonl"));
  const auto missing = run({"batch", "none.jsonl"});
  BOOST_TEST(missing.code == 2);
  BOOST_TEST(contains(missing.err, "`none.jsonl` cannot be read"), missing.err);
}

BOOST_AUTO_TEST_CASE(lines_of_a_pipe_are_asked_as_they_come) {
  Child child{child_options({"batch", "-"})};
  child.write("{\"prompt\": \"one\"}\n");
  BOOST_TEST(child.read_until("\n"));
  BOOST_TEST(json_at(child.out(), "line") == "1");
  child.write("{\"prompt\": \"two\"}\n7\n");
  child.close_input();
  BOOST_TEST(child.wait() == 2);
  BOOST_TEST(lines_in(child.out()) == "1 2 ");
  BOOST_TEST(contains(child.err(), "stdin:3: the line must be an object"), child.err());
}

BOOST_AUTO_TEST_CASE(after_a_kill_nothing_finished_is_lost_or_asked_twice) {
  write_prompts(6);
  simulator->inject(Fault::stall_after_lines(1).after(3));
  {
    Child child{child_options(one_at_a_time)};
    child.close_input();
    BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
    child.signal(SIGKILL);
    BOOST_TEST(child.wait() == 1000 + SIGKILL);
  }
  BOOST_TEST(lines_in(read("out.jsonl")) == "1 2 3 ");
  const auto before = read("out.jsonl");
  const auto outcome = run(one_at_a_time);
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(contains(outcome.err, "Going on: 3 answered"), outcome.err);
  BOOST_TEST(contains(outcome.err, "6 answered, 0 failed of 6."), outcome.err);
  const auto after = read("out.jsonl");
  BOOST_TEST(after.starts_with(before));
  BOOST_TEST(lines_in(after) == "1 2 3 4 5 6 ");
  for (const auto& [prompt, count] : asked())
    BOOST_TEST(count == (prompt == R"("prompt 4")" ? 2 : 1), prompt);
  // All is done: nothing is asked.
  const auto requests = simulator->requests().size();
  BOOST_TEST(run(one_at_a_time).code == 0);
  BOOST_TEST(read("out.jsonl") == after);
  BOOST_TEST(asked().size() == 6u);
  BOOST_TEST(simulator->requests().size() == requests);
}

BOOST_AUTO_TEST_CASE(a_half_written_record_is_cut_and_asked_again) {
  write_prompts(3);
  BOOST_TEST(run(one_at_a_time).code == 0);
  const auto whole = read("out.jsonl");
  const auto last = whole.rfind("{\"line\":3");
  for (const std::size_t cut : {last + 1, last + 12, whole.size() - 3}) {
    write(home / "work" / "out.jsonl", whole.substr(0, cut));
    const auto outcome = run(one_at_a_time);
    BOOST_TEST(outcome.code == 0, outcome.err);
    BOOST_TEST(contains(outcome.err, "An incomplete record at the end of"), outcome.err);
    BOOST_TEST(lines_in(read("out.jsonl")) == "1 2 3 ");
  }
  BOOST_TEST(asked().at(R"("prompt 3")") == 4);
  BOOST_TEST(asked().at(R"("prompt 2")") == 1);
  // A record that lacks only its line end is whole.
  write(home / "work" / "out.jsonl", whole.substr(0, whole.size() - 1));
  BOOST_TEST(run(one_at_a_time).code == 0);
  BOOST_TEST(read("out.jsonl") == whole);
}

BOOST_AUTO_TEST_CASE(a_file_with_something_else_is_left_alone) {
  write_prompts(1);
  BOOST_TEST(run(one_at_a_time).code == 0);
  const auto record = read("out.jsonl");
  const auto later = "{\"line\":2," + record.substr(record.find(',') + 1);
  for (const auto& [text, why] :
       std::map<std::string, std::string>{{"notes", "something else"},
                                          {"notes\n", "something else"},
                                          {"{\"prompt\": \"mine\"}\n", "at line 1"},
                                          {record + "notes", "at its end"},
                                          {record + "{\"line\":0}\n", "at line 2"},
                                          {record + record, "two records of line 1"},
                                          {record + later, "holds a record of line 2"}}) {
    write(home / "work" / "out.jsonl", text);
    const auto outcome = run(one_at_a_time);
    BOOST_TEST(outcome.code == 2, text);
    BOOST_TEST(contains(outcome.err, why), outcome.err);
    BOOST_TEST(read("out.jsonl") == text);
  }
  const auto same = run({"batch", "in.jsonl", "-o", "in.jsonl"});
  BOOST_TEST(same.code == 2);
}

BOOST_AUTO_TEST_CASE(a_line_that_was_changed_is_told) {
  write_prompts(2);
  BOOST_TEST(run(one_at_a_time).code == 0);
  write(home / "work" / "in.jsonl", "{\"prompt\": \"other\"}\n{\"prompt\": \"more\"}\n");
  const auto outcome = run(one_at_a_time);
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "in.jsonl:1 is not the line that"), outcome.err);
  BOOST_TEST(asked().size() == 2u);
}

BOOST_AUTO_TEST_CASE(lines_that_are_added_are_asked) {
  write_prompts(2);
  BOOST_TEST(run(one_at_a_time).code == 0);
  write_prompts(4);
  BOOST_TEST(run(one_at_a_time).code == 0);
  BOOST_TEST(lines_in(read("out.jsonl")) == "1 2 3 4 ");
  for (const auto& [prompt, count] : asked())
    BOOST_TEST(count == 1, prompt);
}

BOOST_AUTO_TEST_CASE(two_batches_do_not_share_a_file) {
  write_prompts(1);
  simulator->inject(Fault::stall_before_response());
  Child child{child_options(one_at_a_time)};
  child.close_input();
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  const auto second = run(one_at_a_time);
  BOOST_TEST(second.code == 2);
  BOOST_TEST(contains(second.err, "`out.jsonl` is in use by another batch"), second.err);
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(contains(child.err(), "The same command goes on from there."), child.err());
  BOOST_TEST(run(one_at_a_time).code == 0);
}

BOOST_AUTO_TEST_CASE(an_interrupt_cancels_what_is_under_way) {
  write_prompts(9);
  simulator->inject(Fault::stall_before_response().times(0));
  Child child{child_options({"batch", "in.jsonl", "-o", "out.jsonl", "--max-concurrent", "3"})};
  child.close_input();
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 3; }));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 3; }));
  BOOST_TEST(contains(child.err(), "0 answered, 0 failed of 9."), child.err());
  BOOST_TEST(!std::filesystem::exists(home / "work" / "out.jsonl"));
}

BOOST_AUTO_TEST_CASE(failures_are_recorded_and_asked_again_on_demand) {
  write_prompts(3);
  simulator->inject(Fault::respond(400, R"({"error":"bad luck"})").after(1).times(2));
  const auto first = run(one_at_a_time);
  BOOST_TEST(first.code == 1);
  BOOST_TEST(contains(first.err, "1 answered, 2 failed of 3. --retry-failed asks those again."),
             first.err);
  const auto records = lines_of(read("out.jsonl"));
  BOOST_REQUIRE(records.size() == 3u);
  BOOST_TEST(json_at(records[1], "error.code") == R"("bad_request")");
  BOOST_TEST(contains(json_at(records[1], "error.message"), "bad luck"));
  BOOST_TEST(json_at(records[1], "id") == R"("p2")");
  // Without being told so, a later run asks nothing again, and still tells of the failures.
  BOOST_TEST(run(one_at_a_time).code == 1);
  BOOST_TEST(asked().at(R"("prompt 2")") == 1);
  auto again = one_at_a_time;
  again.emplace_back("--retry-failed");
  const auto second = run(again);
  BOOST_TEST(second.code == 0, second.err);
  BOOST_TEST(lines_in(read("out.jsonl")) == "1 2 3 ");
  BOOST_TEST(asked().at(R"("prompt 1")") == 1);
  BOOST_TEST(asked().at(R"("prompt 2")") == 2);
  BOOST_TEST(run({"batch", "in.jsonl", "--retry-failed"}).code == 2);
}

BOOST_AUTO_TEST_CASE(what_concerns_all_lines_stops_the_batch) {
  write_prompts(3);
  const auto unknown = run({"batch", "in.jsonl", "-o", "out.jsonl", "-m", "nope"});
  BOOST_TEST(unknown.code == 5);
  BOOST_TEST(!std::filesystem::exists(home / "work" / "out.jsonl"));
  const auto url = simulator->base_url();
  configure("http://127.0.0.1:1");
  const auto down = run(one_at_a_time);
  BOOST_TEST(down.code == 3);
  BOOST_TEST(contains(down.err, "0 answered, 0 failed of 3. The same command goes on"), down.err);
  configure(url);
  BOOST_TEST(run(one_at_a_time).code == 0);
  // A model that a line names concerns that line alone.
  write(home / "work" / "own.jsonl",
        "{\"prompt\": \"one\", \"model\": \"nope\"}\n{\"prompt\": \"two\"}\n");
  const auto own = run({"batch", "own.jsonl"});
  BOOST_TEST(own.code == 1);
  BOOST_TEST(lines_of(own.out).size() == 2u);
  BOOST_TEST(contains(own.out, "model_not_found"), own.out);
}

BOOST_AUTO_TEST_CASE(so_many_requests_are_under_way_as_wanted) {
  auto options = Fixture::options();
  options.parallel_slots = 8;
  simulator = std::make_unique<simulator::Simulator>(options);
  configure(simulator->base_url());
  write_prompts(9);
  simulator->inject(Fault::stall_after_lines(1).times(5));
  Child child{child_options({"batch", "in.jsonl", "-o", "out.jsonl", "--max-concurrent", "5"})};
  child.close_input();
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 5; }));
  BOOST_TEST(simulator->counters().requests <= 5u + 1); // and one for the list of models
  child.signal(SIGKILL);
  child.wait();
}

BOOST_AUTO_TEST_CASE(answers_come_as_they_are_there_or_in_order) {
  auto options = Fixture::options();
  options.parallel_slots = 8;
  simulator = std::make_unique<simulator::Simulator>(options);
  configure(simulator->base_url());
  write_prompts(6);
  const auto slow_first = [this] {
    simulator->clear_faults();
    simulator->inject(Fault::stall_after_lines(1, 1500ms).on("/api/generate"));
  };
  const auto run_batch = [this](Arguments more) {
    Arguments arguments{"batch", "in.jsonl", "--max-concurrent", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  };
  slow_first();
  const auto unordered = lines_in(run_batch({}).out);
  BOOST_TEST(unordered != "1 2 3 4 5 6 ");
  slow_first();
  BOOST_TEST(lines_in(run_batch({"--in-order"}).out) == "1 2 3 4 5 6 ");
  slow_first();
  BOOST_TEST(run_batch({"-o", "out.jsonl"}).code == 0);
  BOOST_TEST(lines_in(read("out.jsonl")) != "1 2 3 4 5 6 ");
  BOOST_TEST(sorted_lines("out.jsonl") == "1 2 3 4 5 6 ");
  BOOST_TEST(run_batch({"-o", "out.jsonl", "--in-order"}).code == 0);
  BOOST_TEST(lines_in(read("out.jsonl")) == "1 2 3 4 5 6 ");
}

BOOST_AUTO_TEST_CASE(an_interrupt_loses_no_answer_that_waits_for_an_earlier_one) {
  auto options = Fixture::options();
  options.parallel_slots = 8;
  simulator = std::make_unique<simulator::Simulator>(options);
  configure(simulator->base_url());
  write_prompts(3);
  simulator->inject(Fault::stall_after_lines(1).on("/api/generate"));
  Child child{child_options({"batch", "in.jsonl", "--max-concurrent", "2", "--in-order"})};
  child.close_input();
  BOOST_TEST(child.read_error_until("2/3"));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(lines_of(child.out()).size() == 2u);
  BOOST_TEST(contains(child.err(), "2 answered, 0 failed of 3."), child.err());
}

BOOST_AUTO_TEST_CASE(a_reader_that_leaves_ends_the_batch) {
  write_prompts(50);
  Child child{child_options({"batch", "in.jsonl"})};
  child.close_input();
  BOOST_TEST(child.read_until("\n"));
  child.close_output();
  BOOST_TEST(child.wait() == 0, child.err());
  BOOST_TEST(asked().size() < 50u);
}

BOOST_AUTO_TEST_CASE(an_output_that_is_full_is_an_error) {
  write_prompts(3);
  const auto outcome = run({"batch", "in.jsonl", "-o", "/dev/full"});
  BOOST_TEST(outcome.code == 10);
  BOOST_TEST(contains(outcome.err, "could not be written to /dev/full"), outcome.err);
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_shows_how_far_it_is) {
  write_prompts(4);
  simulator->inject(Fault::stall_after_lines(1).after(2));
  auto options =
      child_options({"batch", "in.jsonl", "-o", "out.jsonl", "--max-concurrent", "1"}, true);
  Child child{options};
  const winsize narrow{.ws_row = 24, .ws_col = 30, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(child.terminal(), TIOCSWINSZ, &narrow);
  BOOST_TEST(child.read_until("2/4"));
  // The time that is left is told anew each second.
  BOOST_TEST(child.read_until("2/4"));
  Screen screen{30, 24};
  screen.feed(child.out());
  BOOST_TEST(contains(screen.row(screen.cursor_row()), "2/4"), screen.text());
  BOOST_TEST(screen.row(screen.cursor_row()).size() < 30u);
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace batch_test

} // namespace nexus::llm::cli::test
