// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/model_store.hpp"

#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/sha256.hpp"

#include <algorithm>
#include <stdexcept>

namespace nexus::llm::simulator {

bool InstalledModel::can(std::string_view capability) const {
  return std::ranges::find(config.capabilities, capability) != config.capabilities.end();
}

std::string InstalledModel::details_json(bool with_lengths) const {
  std::string families = "null";
  if (!config.null_families) {
    families = "[";
    append_json_string(families, config.family);
    families += "]";
  }
  JsonObject details;
  details.text("parent_model", "")
      .text("format", "gguf")
      .text("family", config.family)
      .json("families", families)
      .text("parameter_size", config.parameter_size)
      .text("quantization_level", config.quantization_level);
  if (with_lengths) {
    details.number_unless_zero("context_length", config.context_length)
        .number_unless_zero("embedding_length", config.embedding_length);
  }
  return details.str();
}

void ModelStore::add(SimulatedModel model) {
  const auto name = ModelName::parse(model.name);
  if (!name)
    throw std::invalid_argument("invalid model name: " + model.name);
  InstalledModel entry;
  entry.name = *name;
  // A replaced model keeps its weights, as they depend on the name only.
  entry.weights_digest = sha256_hex("weights of " + name->key());
  entry.digest = sha256_hex("manifest of " + name->key());
  entry.config = std::move(model);
  insert(std::move(entry));
}

bool ModelStore::remove(const ModelName& name) { return models_.erase(name.key()) > 0; }

void ModelStore::copy(const Entry& source, const ModelName& destination) {
  InstalledModel entry = *source;
  entry.name = destination;
  entry.config.name = destination.display();
  insert(std::move(entry));
}

ModelStore::Entry ModelStore::find(const ModelName& name) const {
  const auto found = models_.find(name.key());
  return found == models_.end() ? nullptr : found->second;
}

std::vector<ModelStore::Entry> ModelStore::list() const {
  std::vector<Entry> all;
  for (const auto& [key, entry] : models_)
    all.push_back(entry);
  std::ranges::stable_sort(
      all, [](const Entry& a, const Entry& b) { return a->modified_at > b->modified_at; });
  return all;
}

void ModelStore::insert(InstalledModel model) {
  // Distinct times keep the order of /api/tags the order of installation.
  model.modified_at =
      std::max(std::chrono::system_clock::now(), last_time_ + std::chrono::microseconds(1));
  last_time_ = model.modified_at;
  blobs_.insert(model.weights_digest);
  const std::string key = model.name.key();
  models_[key] = std::make_shared<InstalledModel>(std::move(model));
}

} // namespace nexus::llm::simulator
