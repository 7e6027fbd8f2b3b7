#pragma once

#include <atomic>
#include <memory>

#include "actors/supervision/component_factories.hpp"

namespace nexus::llm::test {

/// The real components, each of which can be made to die. While `broken` is there and true, a
/// RoleActor cannot be made.
[[nodiscard]] std::shared_ptr<const ComponentFactories>
mortal_components(const std::atomic<bool>* broken = nullptr);

} // namespace nexus::llm::test
