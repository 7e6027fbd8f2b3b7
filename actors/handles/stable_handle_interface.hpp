#pragma once

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// What callers hold: an actor that offers an interface and passes every message of it to whoever
/// serves it now (`StableHandle`). It takes the server, null where one is to come; the components
/// and settings as they are now; the error that calls end with until somebody is there or is to
/// come; and its own timers.
template <class Interface>
using stable_handle =
    typename caf::typed_actor<sig<void, Interface>, sig<void, ComponentsPtr>,
                              sig<void, finish_atom, LLMError>,
                              sig<void, tick_atom, std::uint64_t>>::template extend_with<Interface>;

} // namespace nexus::llm
