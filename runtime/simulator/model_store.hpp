// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/personality.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"
#include "runtime/simulator/model_name.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

/// An installed model with what the server knows of it.
struct InstalledModel {
  SimulatedModel config;
  ModelName name;
  std::string digest;
  std::string weights_digest;
  std::string template_text = "{{ .Prompt }}";
  std::chrono::system_clock::time_point modified_at;

  [[nodiscard]] bool can(std::string_view capability) const;
  /// The `details` object; `with_lengths` adds what only /api/tags has.
  [[nodiscard]] std::string details_json(bool with_lengths) const;
};

/// The installed models and blobs. Not thread-safe.
class ModelStore {
public:
  using Entry = std::shared_ptr<InstalledModel>;

  /// Throws std::invalid_argument when the name is not valid.
  void add(SimulatedModel model);
  bool remove(const ModelName& name);
  void copy(const Entry& source, const ModelName& destination);
  /// nullptr when it is not there.
  [[nodiscard]] Entry find(const ModelName& name) const;
  /// Newest first.
  [[nodiscard]] std::vector<Entry> list() const;

  [[nodiscard]] bool has_blob(const std::string& digest) const { return blobs_.contains(digest); }
  void add_blob(const std::string& digest) { blobs_.insert(digest); }

private:
  void insert(InstalledModel model);

  std::map<std::string, Entry> models_;
  std::set<std::string> blobs_;
  std::chrono::system_clock::time_point last_time_{};
};

} // namespace nexus::llm::simulator
