#pragma once

#include <source_location>
#include <string>

namespace nexus::llm::testing {

/// The place of a step: a line of C++, or of a scenario file.
struct Where {
  std::string file;
  std::size_t line = 0;

  Where(std::string in_file, std::size_t on_line) : file{std::move(in_file)}, line{on_line} {}
  // NOLINTNEXTLINE(google-explicit-constructor): it is a default argument everywhere
  Where(const std::source_location& here) : file{here.file_name()}, line{here.line()} {}

  [[nodiscard]] std::string text() const { return file + ":" + std::to_string(line); }
};

} // namespace nexus::llm::testing
