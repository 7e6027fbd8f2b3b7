// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nexus::llm::real {

/// What a check throws when it does not hold.
struct CheckFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a check throws when this server cannot show it.
struct CheckSkipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& otherwise) {
  if (!holds)
    throw CheckFailed{otherwise};
}

/// The table of checks, printed row by row. One thread.
class Report {
public:
  /// Checks whose names lack this text are left out.
  explicit Report(std::string filter = {}) : filter_{std::move(filter)} {}

  /// Runs one check. What it returns is the figure of its row; whatever it throws is its failure.
  void check(std::string_view name, const std::function<std::string()>& work);

  /// Prints how many held. Whether none failed.
  bool finish() const;

private:
  void row(std::string_view name, std::string_view result, std::string_view figure);

  std::string filter_;
  bool begun_ = false;
  std::size_t passed_ = 0;
  std::size_t failed_ = 0;
  std::size_t skipped_ = 0;
};

} // namespace nexus::llm::real
