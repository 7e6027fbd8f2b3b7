// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <memory>

#include "actors/supervision/component_factories.hpp"

namespace nexus::llm::test {

/// The real components and requests, each of which can be made to die. While `broken` is there and
/// true, a RoleActor cannot be made. `before_event` is called with the id of a request and what
/// happens to it, and may throw.
[[nodiscard]] std::shared_ptr<const ComponentFactories> mortal_components(
    const std::atomic<bool>* broken = nullptr,
    std::function<void(const RequestId&, const RequestMachine::Event&)> before_event = {});

} // namespace nexus::llm::test
