// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// The networking part of the compatibility layer for CAF. Only programs that communicate with
/// other processes need it and link the I/O libraries of CAF.

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <caf/response_promise.hpp>

#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/node/network.hpp"
#include "nexus_llm/portability.hpp"
#include "nexus_llm/result.hpp"
#include "nexus_llm/tls_files.hpp"

namespace nexus::llm {

/// Whether messages of other processes have the format of CAF 0.17, and are checked before CAF
/// decodes them.
inline constexpr bool messages_are_checked = NEXUS_LLM_CAF_1 == 0;

/// Receives one line per closed or failed connection with the reason, usually on the I/O thread.
/// Must not throw.
using RefusalListener = void (*)(std::string_view line);
/// Sets the listener of this process; null removes it. Thread-safe.
void set_refusal_listener(RefusalListener listener) noexcept;
/// Passes a line to the listener, if any.
void tell_refusal(std::string_view line);

/// Invokes `call` once when an actor ends, on the thread on which it ends; immediately if it has
/// ended.
void on_end_of(const caf::strong_actor_ptr& actor, std::function<void()> call);

/// Returns whether the system has certificates and requires them from its peers.
[[nodiscard]] bool uses_tls(caf::actor_system& system);
/// Returns the maximum size of a message that the system accepts from another process.
[[nodiscard]] std::size_t message_limit(const caf::actor_system& system);

/// Publishes an actor at an endpoint and returns the port. If `at.port` is 0, the OS chooses the
/// port. Blocks the calling thread: do not call it from an actor.
/// Errors: `listen_failed`.
[[nodiscard]] Result<std::uint16_t> publish_actor(caf::actor_system& system,
                                                  const caf::strong_actor_ptr& actor,
                                                  std::set<std::string> interface,
                                                  const Endpoint& at);
/// Closes the port of a published actor.
void unpublish_actor(caf::actor_system& system, const caf::strong_actor_ptr& actor,
                     std::uint16_t port);

/// As `publish_actor`, with the interface of the typed handle.
template <class Handle>
[[nodiscard]] Result<std::uint16_t> publish(caf::actor_system& system, const Handle& actor,
                                            const Endpoint& at) {
  return publish_actor(system, caf::actor_cast<caf::strong_actor_ptr>(actor),
                       system.message_types(actor), at);
}

/// As `to_caf_error`, with nothing but a code and a detail: every version of this library reads it,
/// whatever members its `LLMError` has.
[[nodiscard]] caf::error to_plain_error(ErrorCode code, std::string detail);

/// Converts an error from connecting to `to` to an `LLMError`.
[[nodiscard]] LLMError connect_failure(const caf::error& error, const Endpoint& to);

/// Returns the actor that makes connections.
[[nodiscard]] caf::actor connector(caf::actor_system& system);

/// Connects to a published actor of this type. Invokes `done` once, in the context of `self`.
/// Errors: `node_unreachable`, `node_distrusted`, `node_mismatch`.
template <class Handle, class Self>
void connect_to(Self* self, const Endpoint& to, std::chrono::milliseconds limit,
                std::function<void(Result<Handle>)> done) {
#if NEXUS_LLM_CAF_1
  constexpr auto connect = caf::connect_atom_v;
#else
  const auto connect = caf::connect_atom::value;
#endif
  ask(self, connector(self->system()), limit, connect, to.host, to.port)
      .then(
          [self, to, done](const caf::node_id&, const caf::strong_actor_ptr& actor,
                           const std::set<std::string>& interface) {
            if (!actor ||
                !self->system().assignable(interface, self->system().message_types(Handle{})))
              return done(failure({.code = ErrorCode::node_mismatch,
                                   .subject = to.text(),
                                   .detail = "another interface is published there"}));
            done(caf::actor_cast<Handle>(actor));
          },
          [to, done](const caf::error& error) { done(failure(connect_failure(error, to))); });
}

} // namespace nexus::llm
