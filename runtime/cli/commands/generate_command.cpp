// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/generate_command.hpp"

#include "runtime/cli/answer.hpp"
#include "runtime/cli/image_file.hpp"
#include "runtime/cli/request_flags.hpp"
#include "runtime/cli/terminal/fenced_code.hpp"
#include "runtime/cli/tools/tool_file.hpp"
#include "runtime/cli/tools/tool_loop.hpp"

namespace nexus::llm::cli {

namespace {

/// Exit code for an answer without what was asked for.
constexpr int lacking = 1;

Result<void> check_code(const std::string& code, const CommonOptions& common) {
  if (!code.empty() && code != "true" && code != "all" && code != "first" && code != "last")
    return failure(ErrorCode::invalid_argument,
                   "--code must be `all`, `first` or `last`, not `" + code + "`");
  if (!code.empty() && common.json)
    return failure(ErrorCode::invalid_argument, "--code prints text, and goes without --json");
  return {};
}

/// Writes the code of an answer. Returns the exit code.
int show_code(Output& output, const std::string& answer, const std::string& which) {
  auto blocks = fenced_code(answer);
  if (blocks.empty()) {
    output.aside(answer, Style::faint);
    output.warning("the answer holds no fenced code, so none is written");
    return lacking;
  }
  if (which == "first")
    blocks.resize(1);
  else if (which == "last")
    blocks.erase(blocks.begin(), blocks.end() - 1);
  for (std::size_t i = 0; i < blocks.size(); ++i)
    output.answer((i > 0 ? "\n" : "") + blocks[i]);
  return output.success();
}

} // namespace

int run_generate(const CommonOptions& common, GenerateArguments arguments) {
  Interrupts interrupts;
  Output output{common};
  auto options = request_options(common);
  if (!options)
    return output.fail(options.error());
  if (auto fine = check_code(arguments.code, common); !fine)
    return output.fail(fine.error());
  auto tools = read_tools(arguments.tools.files);
  if (!tools)
    return output.fail(tools.error());
  options->tools = std::move(*tools);
  auto images = read_images(arguments.images);
  if (!images)
    return output.fail(images.error());
  arguments.prompt.taken = {config_location(common).path.string(), common.certificate, common.key,
                            common.authority};
  if (common.format.starts_with('@'))
    arguments.prompt.taken.push_back(common.format.substr(1));
  for (const auto* files : {&arguments.images, &arguments.tools.files})
    arguments.prompt.taken.insert(arguments.prompt.taken.end(), files->begin(), files->end());
  const auto prompt = read_prompt(arguments.prompt, [&output] {
    output.message(
        "(Reading the rest of the prompt from stdin, to its end; `< /dev/null` leaves it "
        "out.)");
  });
  if (!prompt)
    return output.fail(prompt.error());
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  const bool code = !arguments.code.empty();
  const Asker asker{**session, output, common.role, !common.no_stream && !code, code};
  // Only conversations have tools.
  auto ask = [&] {
    if (options->tools.empty()) {
      options->images = std::move(*images);
      return ask_prompt(asker, *prompt, std::move(*options));
    }
    std::vector<ChatMessage> messages{
        {.role = ChatRole::user, .content = *prompt, .images = std::move(*images)}};
    return ToolLoop{asker, arguments.tools}.ask(messages, *options);
  };
  const auto answer = ask();
  if (!answer.response)
    return (*session)->fail(output, answer.response.error());
  if (code && answer.response->tool_calls.empty())
    return show_code(output, answer.response->response, arguments.code);
  return output.success();
}

} // namespace nexus::llm::cli
