// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace nexus::llm::testing {

/// Source location of a step: a line of C++, or of a scenario file.
struct Where {
  std::string file;
  std::size_t line = 0;

  Where(std::string in_file, std::size_t on_line) : file{std::move(in_file)}, line{on_line} {}

  /// As a default argument: the location of the call. (`std::source_location` needs a newer clang.)
  [[nodiscard]] static Where here(const char* in_file = __builtin_FILE(),
                                  unsigned on_line = __builtin_LINE()) {
    return {in_file, on_line};
  }

  [[nodiscard]] std::string text() const { return file + ":" + std::to_string(line); }
};

} // namespace nexus::llm::testing
