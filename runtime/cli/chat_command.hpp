#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `chat`: a conversation, a turn for each line of stdin. Returns the exit code, of a conversation
/// that is no person's that of the first failure; on the main thread.
[[nodiscard]] int run_chat(const CommonOptions& common);

} // namespace nexus::llm::cli
