// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>

#include "actors/supervision/chance.hpp"
#include "nexus_llm/llm_system.hpp"

namespace nexus::llm {

struct ComponentFactories;
class Transport;

/// The parts of a system that tests, recordings and the harness replace. Not part of the public
/// API.
struct SystemSeams {
  /// Replaces HTTP.
  std::function<std::unique_ptr<Transport>()> make_transport = {};
  /// Replaces components.
  std::shared_ptr<const ComponentFactories> factories = {};
  /// Replaces random values.
  Chance chance = {};
};

} // namespace nexus::llm
