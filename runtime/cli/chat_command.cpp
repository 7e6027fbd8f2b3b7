// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat_command.hpp"

#include <utility>

#include "runtime/cli/chat.hpp"
#include "runtime/cli/request_flags.hpp"

namespace nexus::llm::cli {

int run_chat(const CommonOptions& common, const ChatArguments& arguments) {
  Interrupts interrupts;
  Output output{common};
  auto options = request_options(common);
  if (!options)
    return output.fail(options.error());
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  // An interrupt between two turns must not terminate the system.
  const auto keeping = interrupts.during([] {});
  return Chat{common, arguments, **session, output, std::move(*options)}.run();
}

} // namespace nexus::llm::cli
