#pragma once

#include <functional>
#include <memory>

#include "actors/supervision/chance.hpp"
#include "nexus_llm/llm_system.hpp"

namespace nexus::llm {

struct ComponentFactories;
class Transport;

/// What tests, recordings and the harness replace in a system. Not installed: an embedder has no
/// use for it.
struct SystemSeams {
  /// Replaces HTTP.
  std::function<std::unique_ptr<Transport>()> make_transport = {};
  /// Replaces components.
  std::shared_ptr<const ComponentFactories> factories = {};
  /// Replaces what is random.
  Chance chance = {};
};

} // namespace nexus::llm
