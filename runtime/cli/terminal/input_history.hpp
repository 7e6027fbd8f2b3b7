// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::cli {

/// The texts that were entered, the oldest first; only the latest are kept. Not thread-safe.
class InputHistory {
public:
  static constexpr std::size_t most = 1000;

  /// Adds a text, unless it is empty or equal to the latest. Returns whether it was added.
  bool add(std::string text);
  [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }
  [[nodiscard]] const std::string& operator[](std::size_t place) const { return texts_[place]; }
  /// Returns the latest place before `behind` whose text contains `part`.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view part, std::size_t behind) const;

private:
  std::vector<std::string> texts_;
};

} // namespace nexus::llm::cli
