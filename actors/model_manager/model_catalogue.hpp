// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "config/model_name.hpp"
#include "nexus_llm/model_status.hpp"

namespace nexus::llm {

/// The installed models as last listed by Ollama, valid for a limited time. Compares names as
/// Ollama does. Not thread-safe.
class ModelCatalogue {
public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ModelCatalogue(std::chrono::seconds ttl) : ttl_{ttl} {}

  void set_ttl(std::chrono::seconds ttl) { ttl_ = ttl; }
  void update(ModelList list, Time now) {
    list_ = std::move(list);
    unlisted_.clear();
    read_at_ = now;
  }
  /// Adds a model that Ollama serves but does not list. Kept until the next `update`.
  void add_unlisted(ModelStatus model) { unlisted_.push_back(std::move(model)); }

  /// Marks the list as outdated.
  void invalidate() { read_at_.reset(); }

  [[nodiscard]] bool fresh(Time now) const { return read_at_ && now - *read_at_ < ttl_; }
  [[nodiscard]] const ModelList& list() const noexcept { return list_; }
  /// The status of a model; null if unknown.
  [[nodiscard]] const ModelStatus* find(std::string_view model) const {
    for (const auto* models : {&list_.models, &unlisted_})
      for (const auto& status : *models)
        if (same_model(status.name, model))
          return &status;
    return nullptr;
  }

private:
  std::chrono::seconds ttl_;
  ModelList list_;
  std::vector<ModelStatus> unlisted_;
  std::optional<Time> read_at_;
};

} // namespace nexus::llm
