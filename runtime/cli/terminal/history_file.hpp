// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace nexus::llm::cli {

/// A file of the texts that were entered, for its owner only: a JSON string per line, the oldest
/// first. Several processes may add to it at the same time.
class HistoryFile {
public:
  /// The file has between `most` and twice as many texts.
  explicit HistoryFile(std::filesystem::path path, std::size_t most = 1000)
      : path_{std::move(path)}, most_{most} {}

  /// Returns the latest texts; none if there is no file. Skips lines that are no JSON string.
  [[nodiscard]] std::vector<std::string> load() const;
  /// Adds a text. Does not add one of more than `longest_text` bytes.
  [[nodiscard]] std::error_code add(std::string_view text) const;

  static constexpr std::size_t longest_text = std::size_t{64} << 10;

private:
  std::filesystem::path path_;
  std::size_t most_;
};

} // namespace nexus::llm::cli
