// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "actors/internal_interfaces.hpp"

/// The interfaces of the actors that connect a client of the sidecar protocol to the system.
namespace nexus::llm::sidecar {

/// Forwards a stream to a client.
using stream_forwarder = caf::typed_actor<
    /// A line that carried a chunk was written: the oldest credit returns.
    sig<void, tick_atom>,
    /// The client knows the id of the stream: what was held back may be written.
    sig<void, open_atom>,
    /// The stream should have ended by now.
    sig<void, finish_atom>,
    /// Cancels the request. Goes this way, since it must not overtake the request.
    sig<bool, cancel_atom>>::extend_with<stream_subscriber>;

/// Forwards the progress of a download to a client.
using pull_forwarder = caf::typed_actor<
    /// Starts the download. Responds when it has ended and its last report was forwarded.
    sig<Ack, pull_model_atom>,
    /// A line with a report was written.
    sig<void, tick_atom>,
    /// The last report should have arrived by now.
    sig<void, finish_atom>,
    /// Cancels the download; as for a stream.
    sig<bool, cancel_atom>>::extend_with<pull_subscriber>;

/// Serves one client.
using rpc_session = caf::typed_actor<
    /// A line from the client. Responds when the next one may be read.
    sig<void, std::string>,
    /// The client reads again.
    sig<void, tick_atom>,
    /// The client sends no more: cancels its requests, and terminates once all are answered.
    sig<void, finish_atom>>::extend_with<supervision_subscriber>;

} // namespace nexus::llm::sidecar
