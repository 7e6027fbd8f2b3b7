// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/batch/batch_command.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "runtime/cli/batch/batch_run.hpp"
#include "runtime/cli/process_limits.hpp"
#include "runtime/cli/request_flags.hpp"

namespace nexus::llm::cli {

namespace {

/// Exit code if a line has failed.
constexpr int some_failed = 1;

bool is_same_file(const FileDescriptor& left, const FileDescriptor& right) {
  struct stat first {};
  struct stat second {};
  return ::fstat(left.get(), &first) == 0 && ::fstat(right.get(), &second) == 0 &&
         S_ISREG(first.st_mode) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// Reads all lines and checks them, also against the records of earlier runs, so that nothing is
/// asked of a file with a mistake. Returns the number of lines; `nullopt` if the input can be read
/// only once.
Result<std::optional<std::uint64_t>> check_input(LineInput& input, const GenerateOptions& options,
                                                 const BatchOutput* records) {
  if (!input.rewind())
    return std::optional<std::uint64_t>{};
  std::uint64_t count = 0;
  std::uint64_t last = 0;
  for (;;) {
    const auto line = input.next();
    if (!line)
      return failure(line.error());
    if (!*line)
      break;
    ++count;
    last = (*line)->number;
    if (records != nullptr && records->has(last)) {
      // An earlier run has checked it.
      if (!records->differs(last, digest_of((*line)->text)))
        continue;
      return failure(ErrorCode::invalid_argument,
                     input.place(last) + " is not the line that `" + records->name() +
                         "` holds a record of; name another file with --output");
    }
    const auto parsed = parse_batch_line((*line)->text, options);
    if (!parsed)
      return failure(ErrorCode::invalid_argument,
                     input.place(last) + ": " + parsed.error().subject);
  }
  if (records != nullptr && records->last_line() > last)
    return failure(ErrorCode::invalid_argument,
                   "`" + records->name() + "` holds a record of line " +
                       std::to_string(records->last_line()) + ", and the batch ends before it");
  static_cast<void>(input.rewind());
  return std::optional{count};
}

std::string count_text(std::uint64_t answered, std::uint64_t failed) {
  return std::to_string(answered) + " answered, " + std::to_string(failed) + " failed";
}

/// The steps of the command; each failure is reported where it occurs.
class Batch {
public:
  Batch(const CommonOptions& common, const BatchArguments& arguments, Interrupts& interrupts,
        Output& output)
      : common_{common}, arguments_{arguments}, interrupts_{interrupts}, output_{output} {
    common_.max_concurrent = arguments.max_concurrent;
  }

  int run() {
    auto options = request_options(common_);
    if (!options)
      return output_.fail(options.error());
    // Whoever waits at a terminal goes first.
    options->priority = Priority::background;
    auto input = LineInput::open(arguments_.file);
    if (!input)
      return output_.fail(input.error());
    std::optional<BatchOutput> records;
    if (!arguments_.output.empty()) {
      auto opened = BatchOutput::open(arguments_.output);
      if (!opened)
        return output_.fail(opened.error());
      records.emplace(std::move(*opened));
    }
    const int code = run_with(*input, records ? &*records : nullptr, std::move(*options));
    if (records)
      records->remove_if_new();
    return code;
  }

private:
  int run_with(LineInput& input, BatchOutput* records, GenerateOptions options) {
    if (records != nullptr && is_same_file(input.file(), records->file()))
      return output_.fail({.code = ErrorCode::invalid_argument,
                           .subject = "--output names the file with the requests"});
    output_.status("checking the requests ...");
    const auto total = check_input(input, options, records);
    output_.clear_status();
    if (!total)
      return fail(total.error());
    if (records != nullptr)
      if (auto prepared = prepare(*records); !prepared)
        return output_.fail(prepared.error());
    auto session = Session::start(common_, interrupts_, output_);
    if (!session)
      return output_.fail(session.error());
    BatchPlan plan{.role = common_.role,
                   .options = std::move(options),
                   .in_order = arguments_.in_order,
                   .total = *total};
    if (const auto config = (*session)->llm().load_config())
      plan.max_concurrent = std::min(config->limits.max_concurrent, most_threads);
    if (arguments_.max_concurrent)
      plan.max_concurrent = *arguments_.max_concurrent;
    if (const auto possible = check_limits({.threads = plan.max_concurrent, .descriptors = 0});
        !possible)
      return output_.fail(possible.error());
    BatchRun batch{std::move(plan), input, records, **session, output_};
    batch.run();
    return report(batch, records, **session);
  }

  Result<void> prepare(BatchOutput& records) {
    if (records.was_cut())
      output_.message("An incomplete record at the end of " + records.name() + " is removed.");
    if (!records.locked())
      output_.warning(records.name() + " cannot be locked; let no other batch write to it");
    if (arguments_.retry_failed)
      if (auto dropped = records.drop_failed(); !dropped)
        return dropped;
    if (const auto known = records.answered() + records.failed(); known > 0)
      output_.message("Going on: " + count_text(records.answered(), records.failed()) +
                      " in earlier runs.");
    return {};
  }

  int fail(const LLMError& error) {
    return output_.fail(interrupts_.interrupted() ? LLMError{.code = ErrorCode::cancelled} : error);
  }

  int report(BatchRun& batch, BatchOutput* records, const Session& session) {
    const auto progress = batch.progress();
    if (const auto error = batch.write_error()) {
      output_.message("error: The answers could not be written to " + records->name() + ": " +
                      error.message() + ".");
      return exit_code(ErrorCategory::internal);
    }
    const bool stopped = batch.stopped_by() || interrupts_.interrupted();
    int code = progress.failed > 0 ? some_failed : 0;
    if (stopped)
      code = session.fail(output_,
                          batch.stopped_by().value_or(LLMError{.code = ErrorCode::cancelled}));
    else if (records != nullptr && arguments_.in_order)
      if (auto sorted = records->sort(); !sorted)
        return output_.fail(sorted.error());
    auto summary = count_text(progress.answered, progress.failed);
    if (progress.total)
      summary += " of " + std::to_string(*progress.total);
    summary += ".";
    if (stopped && records != nullptr)
      summary += " The same command goes on from there.";
    else if (progress.failed > 0 && records != nullptr)
      summary += " --retry-failed asks those again.";
    output_.message(summary);
    const auto written = output_.success();
    return code != 0 ? code : written;
  }

  static constexpr std::uint32_t most_threads = 256;

  CommonOptions common_;
  const BatchArguments& arguments_;
  Interrupts& interrupts_;
  Output& output_;
};

} // namespace

int run_batch(const CommonOptions& common, const BatchArguments& arguments) {
  Interrupts interrupts;
  // Until the requests are sent, an interrupt ends the reading of the input.
  const auto ending = interrupts.during([] {});
  Output output{common};
  return Batch{common, arguments, interrupts, output}.run();
}

} // namespace nexus::llm::cli
