#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "config/model_name.hpp"
#include "nexus_llm/model_status.hpp"

namespace nexus::llm {

/// The installed models as Ollama last listed them, believed for a time. Names are compared as
/// Ollama does. One thread.
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
  /// A model that Ollama serves, though it does not list it. Known as long as the list is.
  void add_unlisted(ModelStatus model) { unlisted_.push_back(std::move(model)); }

  /// The list is not to be believed any more.
  void invalidate() { read_at_.reset(); }

  [[nodiscard]] bool fresh(Time now) const { return read_at_ && now - *read_at_ < ttl_; }
  [[nodiscard]] const ModelList& list() const noexcept { return list_; }
  /// What is known of a model, or null.
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
