#pragma once

#include <cstddef>
#include <string>

#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/line_source.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Reads stdin line by line, from a pipe, a file, or a terminal that edits its lines itself, and
/// notices an interrupt while it waits.
class LineReader final : public LineSource {
public:
  /// `person`: a terminal, where lines are asked for.
  LineReader(Interrupts& interrupts, Output& output, bool person)
      : interrupts_{interrupts}, output_{output}, person_{person} {}

  [[nodiscard]] Event next(std::string_view sign, std::string& line) override;

private:
  [[nodiscard]] Event wait_for(std::string& line);
  [[nodiscard]] bool take_line(std::string& line);
  [[nodiscard]] Event check(std::string& line);

  Interrupts& interrupts_;
  Output& output_;
  const bool person_;
  std::string buffer_;
  std::size_t searched_ = 0; ///< no line end before this place in the buffer
  bool ended_ = false;
  bool begun_ = false; ///< a line was taken
};

} // namespace nexus::llm::cli
