// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/script_command.hpp"

#include <filesystem>

#include "actors/ollama_client/curl_transport.hpp"
#include "nexus_llm/testing/script_failure.hpp"
#include "runtime/cli/format.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/new_file.hpp"
#include "runtime/cli/process_limits.hpp"
#include "runtime/cli/request_flags.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/harness/recording.hpp"
#include "runtime/harness/report.hpp"
#include "runtime/harness/scenario.hpp"
#include "runtime/harness/scenario_format.hpp"
#include "runtime/harness/scenario_recorder.hpp"

namespace nexus::llm::cli {

namespace {

using testing::Over;
using testing::Recording;
using testing::Scenario;

constexpr int did_not_pass = 1;

/// The outcome of a scenario.
struct Outcome {
  std::string file;
  std::string name;
  std::string failure; ///< empty on success
  std::chrono::nanoseconds virtual_time{};
};

Outcome play(Output& output, const std::string& file, const Scenario& scenario,
             const ScriptArguments& arguments) {
  Outcome outcome{.file = file, .name = scenario.name()};
  try {
    const auto orders = std::max(arguments.orders, scenario.orders());
    for (std::uint64_t seed = 0; seed <= orders; ++seed)
      outcome.virtual_time = scenario.play(
          arguments.http ? Over::http : Over::memory, seed,
          output.verbose() ? [&output](const std::string& line) { output.message(line); }
                           : std::function<void(const std::string&)>{});
  } catch (const testing::ScriptFailure& failure) {
    outcome.failure = failure.what();
  } catch (const std::exception& error) {
    outcome.failure = file + ": it cannot be played: " + error.what();
  }
  return outcome;
}

void tell(Output& output, const Outcome& outcome) {
  if (output.json()) {
    output.object(PlayedScenario{
        .file = outcome.file,
        .name = outcome.name,
        .passed = outcome.failure.empty(),
        .virtual_time = std::chrono::duration_cast<std::chrono::milliseconds>(outcome.virtual_time),
        .failure = outcome.failure.empty() ? std::nullopt : std::optional{outcome.failure}});
    return;
  }
  const bool good = outcome.failure.empty();
  output.answer_styled(good ? "passed" : "failed", good ? Style::good : Style::bad);
  output.line("  " + outcome.name +
              (good ? " (" + testing::time_text(outcome.virtual_time) + ")" : ""));
  if (!good)
    output.message(outcome.failure);
}

/// Returns the files to play; replaces a directory by all scenarios in it.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (const auto& word : words) {
    std::error_code error;
    if (!std::filesystem::is_directory(word, error)) {
      files.push_back(word);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator{word, error})
      if (entry.path().extension() == ".json")
        found.push_back(entry.path().string());
    if (error || found.empty())
      return failure(ErrorCode::invalid_argument, "there is no scenario in " + word);
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

int play_all(Output& output, const ScriptArguments& arguments) {
  if (const auto possible = check_limits(needs_of_actors()); !possible)
    return output.fail(possible.error());
  const auto files = files_of(arguments.words);
  if (!files)
    return output.fail(files.error());
  // Parse all files first, to report errors in any file before playing the first one.
  std::vector<Scenario> scenarios;
  for (const auto& file : *files) {
    auto scenario = Scenario::load(file);
    if (!scenario)
      return output.fail(scenario.error());
    scenarios.push_back(std::move(*scenario));
  }
  std::size_t failed = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const auto outcome = play(output, (*files)[i], scenarios[i], arguments);
    failed += outcome.failure.empty() ? 0 : 1;
    tell(output, outcome);
  }
  if (failed > 0)
    output.message(std::to_string(failed) + " of " + std::to_string(scenarios.size()) +
                   " scenarios did not pass.");
  const auto written = output.success();
  return failed > 0 ? did_not_pass : written;
}

int record(const CommonOptions& common, Output& output, const ScriptArguments& arguments) {
  if (!common.nodes.empty())
    return output.fail({.code = ErrorCode::invalid_argument,
                        .subject = "what a node says to its Ollama is recorded there, without "
                                   "--connect"});
  const auto options = request_options(common);
  if (!options)
    return output.fail(options.error());
  // Before anything is asked: an answer that cannot be kept would be lost.
  auto file = NewFile::open(arguments.record, arguments.force);
  if (!file)
    return output.fail(file.error());
  Interrupts interrupts;
  const auto recording = std::make_shared<Recording>();
  LLMSystemOptions recorded;
  recorded.ignore_nodes = true;
  SystemSeams seams;
  seams.make_transport = Recording::over(recording, make_curl_transport);
  // Use the same delays as when playing the scenario.
  seams.chance.wait = [] { return 0.0; };
  auto session = Session::start(common, interrupts, output, std::move(recorded), std::move(seams));
  if (!session)
    return output.fail(session.error());
  auto& llm = (*session)->llm();
  const auto config = llm.load_config();
  if (!config)
    return (*session)->fail(output, config.error());
  std::vector<testing::RecordedPrompt> prompts;
  for (const auto& prompt : arguments.words) {
    const auto asked = Recording::Clock::now();
    auto answer = llm.generate_streaming(
        prompt, common.role,
        [&output](const LLMStreamChunk& chunk) {
          return output.json() || output.answer(chunk.response);
        },
        *options);
    output.finish_line();
    if (interrupts.interrupted())
      return output.fail({.code = ErrorCode::cancelled});
    if (!answer)
      output.warning(sentence(answer.error()));
    prompts.push_back({common.role, prompt, *options, asked, std::move(answer)});
  }
  session->reset();
  const auto name = std::filesystem::path{arguments.record}.stem().string();
  const auto text = testing::recorded_scenario(name, *config, prompts, recording->exchanges());
  if (!text)
    return output.fail(text.error());
  if (auto written = file->write(*text); !written)
    return output.fail(written.error());
  output.message("Recorded in " + arguments.record + "; `nexus-llm script " +
                 shell_word(arguments.record) + "` plays it without Ollama.");
  return output.success();
}

} // namespace

int run_script(const CommonOptions& common, const ScriptArguments& arguments) {
  Output output{common};
  if (arguments.schema) {
    output.answer(testing::scenario_schema());
    return output.success();
  }
  if (arguments.words.empty())
    return output.fail({.code = ErrorCode::invalid_argument,
                        .subject = arguments.record.empty() ? "name a scenario file to play"
                                                            : "name a prompt to record"});
  return arguments.record.empty() ? play_all(output, arguments) : record(common, output, arguments);
}

} // namespace nexus::llm::cli
