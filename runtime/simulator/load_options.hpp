// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>

namespace nexus::llm::simulator {

/// The options that are fixed when a model is loaded; other values force a reload.
struct LoadOptions {
  std::int64_t num_ctx = 0;
  std::int64_t num_batch = 512;
  std::int64_t num_gpu = -1;
  std::int64_t main_gpu = 0;
  std::int64_t num_thread = 0;
  std::int64_t draft_num_predict = 4;
  std::optional<bool> use_mmap;
  std::optional<bool> shift;

  /// Whether a model loaded with `loaded` can serve these.
  [[nodiscard]] bool served_by(const LoadOptions& loaded) const {
    LoadOptions other = loaded;
    // -1 leaves the choice to the server.
    if (num_gpu == -1)
      other.num_gpu = -1;
    return *this == other;
  }

  bool operator==(const LoadOptions&) const = default;
};

} // namespace nexus::llm::simulator
