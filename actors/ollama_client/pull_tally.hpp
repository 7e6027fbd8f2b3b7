// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>

#include "actors/ollama_client/response_parser.hpp"

namespace nexus::llm {

/// Sums the progress of a download over the layers of the model. Not thread-safe.
class PullTally {
public:
  explicit PullTally(std::string model) { progress_.model = std::move(model); }

  void add(const response_parser::PullLine& line) {
    progress_.status = line.status;
    if (line.digest.empty())
      return;
    auto& layer = layers_[line.digest];
    progress_.total += line.total - layer.total;
    progress_.completed += line.completed - layer.completed;
    layer = {line.total, line.completed};
  }

  [[nodiscard]] const PullProgress& progress() const noexcept { return progress_; }

private:
  struct Layer {
    std::uint64_t total = 0;
    std::uint64_t completed = 0;
  };
  PullProgress progress_;
  std::map<std::string, Layer> layers_;
};

} // namespace nexus::llm
