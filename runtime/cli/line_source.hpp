// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"

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

  /// Waits for the next event; stores a line without its line end in `line`. `sign` is the prompt.
  [[nodiscard]] virtual Event next(std::string_view sign, std::string& line) = 0;
  [[nodiscard]] const LLMError& error() const noexcept { return error_; }

protected:
  LLMError error_;
};

} // namespace nexus::llm::cli
