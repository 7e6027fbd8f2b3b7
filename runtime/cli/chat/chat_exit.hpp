// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/errors.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// The exit code of a conversation. At a terminal, where users see failures, a failure does not
/// change it; otherwise, it is that of the first failure. Not thread-safe.
class ChatExit {
public:
  ChatExit(Output& output, bool person) : output_{output}, person_{person} {}

  /// Reports a failure that the conversation survives, if a person could react.
  void refuse(const LLMError& error) { note(output_.fail(error)); }
  /// Reports a failure that ends the conversation in any case.
  void fail(const LLMError& error) { code_ = output_.fail(error); }
  /// Sets the exit code in any case.
  void end(int code) noexcept { code_ = code; }

  /// Whether stdin is a terminal.
  [[nodiscard]] bool person() const noexcept { return person_; }
  [[nodiscard]] int code() const noexcept { return code_; }

private:
  void note(int code) noexcept {
    if (!person_ && code_ == 0)
      code_ = code;
  }

  Output& output_;
  const bool person_;
  int code_ = 0;
};

} // namespace nexus::llm::cli
