// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// The handle that callers hold: an actor that offers an interface and forwards its messages to the
/// actor that serves it now (`StableHandle`). Also accepts the server (null if one is expected),
/// the current components and settings, the error that calls fail with until a server is connected
/// or expected, and its own timers.
template <class Interface>
using stable_handle =
    typename caf::typed_actor<sig<void, Interface>, sig<void, ComponentsPtr>,
                              sig<void, finish_atom, LLMError>,
                              sig<void, tick_atom, std::uint64_t>>::template extend_with<Interface>;

} // namespace nexus::llm
