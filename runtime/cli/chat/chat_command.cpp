// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_command.hpp"

#include <utility>

#include "runtime/cli/chat/chat.hpp"
#include "runtime/cli/image_file.hpp"
#include "runtime/cli/request_flags.hpp"
#include "runtime/cli/tools/tool_file.hpp"

namespace nexus::llm::cli {

int run_chat(const CommonOptions& common, const ChatArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto options = request_options(common);
  if (!options)
    return output.fail(options.error());
  auto tools = read_tools(arguments.tools.files);
  if (!tools)
    return output.fail(tools.error());
  options->tools = std::move(*tools);
  auto images = read_images(arguments.images);
  if (!images)
    return output.fail(images.error());
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  // An interrupt between two turns must not terminate the system.
  const auto keeping = interrupts.during([] {});
  Chat chat{common, arguments, **session, output, std::move(*options)};
  return chat.run(std::move(*images));
}

} // namespace nexus::llm::cli
