// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/terminal/line_source.hpp"

namespace nexus::llm::cli {

/// Reads stdin line by line, from a pipe, a file, or a terminal in canonical mode, and reports
/// interrupts while it waits.
class LineReader final : public LineSource {
public:
  /// `person`: stdin is a terminal; show prompts.
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
  std::size_t searched_ = 0; ///< the buffer has no line end before this offset
  bool ended_ = false;
  bool begun_ = false; ///< a line was read
};

} // namespace nexus::llm::cli
