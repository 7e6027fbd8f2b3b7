#pragma once

#include "actors/internal_interfaces.hpp"

/// What the actors that stand for a node say to each other in this process.
namespace nexus::llm {

/// Hears of the end of a stream's relay; the Gateway.
using relay_owner = caf::typed_actor<sig<void, release_atom, RequestId>>;

/// A StreamRelay, as its owner sees it.
using stream_relay = caf::typed_actor<
    /// The node is gone. True where nothing of the stream was passed on: it may begin anew.
    sig<bool, restart_atom, LLMError>,
    /// The node is gone, but this is the answer: the rest of it ends the stream.
    sig<void, finish_atom, LLMResponse>,
    /// The bad end.
    sig<void, finish_atom, LLMError>>::extend_with<stream_subscriber>;

/// The Gateway, with what its timers and children send to it.
using gateway_internal =
    caf::typed_actor<sig<void, open_atom>, sig<void, tick_atom, std::uint64_t>,
                     /// Answered when the node is connected, or the first attempt has failed.
                     sig<Ack, hello_atom>>::extend_with<relay_owner>::extend_with<llm_service>;

} // namespace nexus::llm
