// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "nexus_llm/log.hpp"
#include "runtime/cli/common_flags.hpp"
#include "runtime/cli/help.hpp"
#include "runtime/cli/lack_of_memory.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/process_limits.hpp"
#include "runtime/cli/usage_fault.hpp"

namespace nexus::llm::cli {

namespace {

/// Whether a command line that could not be parsed contains `--json`.
bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view{argv[i]} == "--json")
      return true;
  return false;
}

/// Converts a message of the parser to the end of a sentence.
std::string as_clause(std::string text) {
  while (text.ends_with('\n') || text.ends_with('.'))
    text.pop_back();
  if (!text.empty())
    text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

/// Whether the program or one of its commands has an option of this name that takes a value.
bool takes_value(const CLI::App& app, const std::string& option) {
  if (const auto* found = app.get_option_no_throw(option))
    return found->get_items_expected_min() > 0;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&option](const CLI::App* command) { return takes_value(*command, option); });
}

/// Returns the arguments in the order in which the parser takes them, the last one first. The
/// parser takes `--option=` for an option whose value comes next, and would swallow a prompt.
std::vector<std::string> arguments_of(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> arguments;
  bool options = true;
  for (int i = 1; i < argc; ++i) {
    const std::string argument{argv[i]};
    options = options && argument != "--";
    const auto name = argument.substr(0, argument.find('='));
    if (options && argument.starts_with("--") && name.size() + 1 == argument.size() &&
        takes_value(app, name))
      arguments.insert(arguments.end(), {name, ""});
    else
      arguments.push_back(argument);
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

int run_command_line(int argc, char** argv, const AddCommands& add_commands) {
  CommonOptions common;
  int exit_code = 0;
  CLI::App app{"Talk to the AI roles of Nexus Overseer, which Ollama serves on this machine.",
               "nexus-llm"};
  add_common_options(app, common);
  add_commands(app, common, exit_code);
  app.parse_complete_callback([&common] {
    if (!common.nodes.empty() && common.base_url)
      throw CLI::ValidationError(
          "--base-url names an Ollama of this machine, and goes without --connect");
  });
  const bool bare = argc < 2 && app.get_require_subcommand_min() > 0;
  try {
    if (bare)
      throw CLI::CallForHelp{};
    app.parse(arguments_of(app, argc, argv));
  } catch (const CLI::CallForHelp&) {
    Output output{common};
    output.answer(help_of(named_command(app)));
    return output.success();
  } catch (const CLI::CallForVersion& version) {
    Output output{common};
    output.line(version.what());
    return output.success();
  } catch (const CLI::ParseError& error) {
    common.json = wants_json(argc, argv);
    Output output{common};
    // For an invalid value the message says it all, and needs no hint: the user knows the option.
    const bool usage = dynamic_cast<const CLI::ValidationError*>(&error) == nullptr;
    const bool explicable = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                            dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    auto fault = explicable ? usage_fault(app) : std::nullopt;
    const auto code = output.fail(
        {.code = ErrorCode::invalid_argument, .subject = fault ? *fault : as_clause(error.what())});
    if (usage)
      output.message("`" + path_of(named_command(app)) + " --help` tells how to use it.");
    return code;
  }
  return exit_code;
}

/// Opens /dev/null for closed standard streams, since the next opened file would get their numbers.
/// Uses the wrong direction on purpose: I/O on these streams still fails and is reported.
void open_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0)
      static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) + 0);
}

} // namespace

int run_program(int argc, char** argv, const AddCommands& add_commands) {
  report_lack_of_memory();
  open_standard_streams();
  // The result of `write` reports closed readers and file size limits.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  // Errors are reported to users as sentences; commands that log set their own logger.
  set_logger(nullptr);
  try {
    return run_command_line(argc, argv, add_commands);
  } catch (const std::system_error& error) {
    // A thread or a descriptor was not available.
    const CommonOptions common{.json = wants_json(argc, argv)};
    const auto code = error.code().value();
    if (code == EAGAIN || code == EMFILE || code == ENFILE)
      return Output{common}.fail(limit_failure(code));
    return Output{common}.fail({.code = ErrorCode::internal_error, .detail = error.what()});
  } catch (const std::bad_alloc&) {
    const CommonOptions common{.json = wants_json(argc, argv)};
    return Output{common}.fail(limit_failure(ENOMEM));
  } catch (const std::exception& error) {
    const CommonOptions common{.json = wants_json(argc, argv), .verbose = true};
    return Output{common}.fail({.code = ErrorCode::internal_error, .detail = error.what()});
  }
}

} // namespace nexus::llm::cli
