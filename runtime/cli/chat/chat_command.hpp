// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/chat/chat_arguments.hpp"
#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Holds a conversation: at a terminal with an editor, otherwise with one message per line of
/// stdin. Returns the exit code.
[[nodiscard]] int run_chat(const CommonOptions& common, const ChatArguments& arguments);

} // namespace nexus::llm::cli
