#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

#include "config/model_name.hpp"
#include "messages/model_status.hpp"

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
    read_at_ = now;
  }
  /// The list is not to be believed any more.
  void invalidate() { read_at_.reset(); }

  [[nodiscard]] bool fresh(Time now) const { return read_at_ && now - *read_at_ < ttl_; }
  [[nodiscard]] const ModelList& list() const noexcept { return list_; }
  [[nodiscard]] bool contains(std::string_view model) const {
    return std::any_of(list_.models.begin(), list_.models.end(),
                       [model](const auto& status) { return same_model(status.name, model); });
  }

private:
  std::chrono::seconds ttl_;
  ModelList list_;
  std::optional<Time> read_at_;
};

} // namespace nexus::llm
