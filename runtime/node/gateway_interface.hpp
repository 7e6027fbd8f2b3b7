// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "actors/internal_interfaces.hpp"

/// The messages between the client-side actors of this process that represent a node.
namespace nexus::llm {

/// Is notified when the relay of a stream has terminated; implemented by the Gateway.
using relay_owner = caf::typed_actor<sig<void, release_atom, RequestId>>;

/// A StreamRelay, as seen by its owner.
using stream_relay = caf::typed_actor<
    /// The node is lost. Returns true if no chunk was forwarded yet, so that the stream may
    /// restart.
    sig<bool, restart_atom, LLMError>,
    /// The node is lost, but the answer is known: sends the rest of it as the end of the stream.
    sig<void, finish_atom, LLMResponse>,
    /// Ends the stream with an error.
    sig<void, finish_atom, LLMError>>::extend_with<stream_subscriber>;

/// The Gateway, including the messages of its timers and children.
using gateway_internal =
    caf::typed_actor<sig<void, open_atom>, sig<void, tick_atom, std::uint64_t>,
                     /// Answered when a node is connected or the first attempts with all nodes have
                     /// failed.
                     sig<Ack, hello_atom>>::extend_with<relay_owner>::extend_with<llm_service>;

} // namespace nexus::llm
