// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"
#include "runtime/cli/terminal/completion.hpp"

namespace nexus::llm::cli {

/// Source of the lines of a conversation. Not thread-safe.
class LineSource {
public:
  enum class Event : std::uint8_t {
    line,
    text, ///< several lines, pasted at once
    end,
    interrupt, ///< Ctrl-C, or a signal
    failed,    ///< `error()` has the reason; later input may be read
    broken,    ///< `error()` has the reason; no more input can be read
  };

  virtual ~LineSource() = default;

  /// Waits for the next event; stores a line without its line end in `line`, and what an interrupt
  /// has dropped, as far as that is known. `sign` is the prompt.
  [[nodiscard]] virtual Event next(std::string_view sign, std::string& line) = 0;
  /// As `next`, for the answer to a question of the program, which is no part of the conversation.
  [[nodiscard]] virtual Event ask(std::string_view question, std::string& line) {
    return next(question, line);
  }
  /// Lets the next text begin with this one, for the user to change. Returns false if that is not
  /// possible.
  virtual bool propose(std::string) { return false; }
  /// Sets what completes a text, for sources that can.
  virtual void complete_with(Completer) {}
  [[nodiscard]] const LLMError& error() const noexcept { return error_; }

protected:
  LLMError error_;
};

} // namespace nexus::llm::cli
