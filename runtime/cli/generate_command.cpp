// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/generate_command.hpp"

#include "runtime/cli/answer.hpp"
#include "runtime/cli/request_flags.hpp"

namespace nexus::llm::cli {

int run_generate(const CommonOptions& common, PromptArguments arguments) {
  Interrupts interrupts;
  Output output{common};
  auto options = request_options(common);
  if (!options)
    return output.fail(options.error());
  arguments.taken = {config_location(common).path.string(), common.certificate, common.key,
                     common.authority};
  if (common.format.starts_with('@'))
    arguments.taken.push_back(common.format.substr(1));
  const auto prompt = read_prompt(arguments, [&output] {
    output.message(
        "(Reading the rest of the prompt from stdin, to its end; `< /dev/null` leaves it "
        "out.)");
  });
  if (!prompt)
    return output.fail(prompt.error());
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  const Asker asker{**session, output, common.role, !common.no_stream};
  const auto answer = ask_prompt(asker, *prompt, std::move(*options));
  return answer.response ? output.success() : (*session)->fail(output, answer.response.error());
}

} // namespace nexus::llm::cli
