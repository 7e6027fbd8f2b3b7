#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"

namespace nexus::llm::cli {

/// Where a conversation gets its lines from. Use from one thread.
class LineSource {
public:
  enum class Event : std::uint8_t {
    line,
    text, ///< several lines that belong together, pasted at once
    end,
    interrupt, ///< Ctrl-C, or a signal
    failed,    ///< `error()` tells why; what comes next may be read
    broken,    ///< likewise, and nothing more can be read
  };

  virtual ~LineSource() = default;

  /// Waits for what comes next; `line` gets a line without its end. `sign` asks a person for it.
  [[nodiscard]] virtual Event next(std::string_view sign, std::string& line) = 0;
  [[nodiscard]] const LLMError& error() const noexcept { return error_; }

protected:
  LLMError error_;
};

} // namespace nexus::llm::cli
