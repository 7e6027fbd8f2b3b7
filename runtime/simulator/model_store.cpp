// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/model_store.hpp"

#include "runtime/simulator/sha256.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace nexus::llm::simulator {

bool InstalledModel::can(std::string_view capability) const {
  return std::ranges::find(config.capabilities, capability) != config.capabilities.end();
}

void ModelStore::add(SimulatedModel model) {
  if (!is_valid_model_name(model.name))
    throw std::invalid_argument("invalid model name: " + model.name);
  const auto entry = std::make_shared<InstalledModel>();
  entry->name = parse_model_name(model.name);
  entry->digest = sha256_hex(entry->name.key());
  entry->config = std::move(model);
  entry->modified_at = std::chrono::system_clock::now();
  remove(entry->config.name);
  models_.insert(models_.begin(), entry);
}

void ModelStore::remove(std::string_view name) {
  std::erase_if(models_, [key = parse_model_name(name).key()](const Entry& entry) {
    return entry->name.key() == key;
  });
}

ModelStore::Entry ModelStore::find(std::string_view name) const {
  const auto found = std::ranges::find(models_, parse_model_name(name).key(),
                                       [](const Entry& entry) { return entry->name.key(); });
  return found == models_.end() ? nullptr : *found;
}

} // namespace nexus::llm::simulator
