#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "runtime/cli/interrupts.hpp"

namespace nexus::llm::cli {

/// Reads stdin line by line and notices an interrupt while it waits. Use from one thread.
class LineReader {
public:
  enum class Event {
    line,
    end,
    interrupt,
  };

  explicit LineReader(Interrupts& interrupts) : interrupts_{interrupts} {}

  /// Waits for what comes next; `line` gets a line without its end.
  [[nodiscard]] Event next(std::string& line);

private:
  [[nodiscard]] bool take_line(std::string& line);

  Interrupts& interrupts_;
  std::string buffer_;
  std::size_t searched_ = 0; ///< no line end before this place in the buffer
  bool ended_ = false;
};

} // namespace nexus::llm::cli
