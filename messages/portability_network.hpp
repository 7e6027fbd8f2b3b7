#pragma once

/// The part of the seam about CAF networking: only programs that speak to other processes need it,
/// and only they link CAF's I/O libraries.

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

/// Whether this CAF has a place where the size of messages can be bounded.
inline constexpr bool messages_are_bounded = NEXUS_LLM_CAF_1 == 0;

/// Who hears, in this process, in one line why connections were broken off; on the I/O thread. A
/// plain function, which must not throw; null is nobody.
using RefusalListener = void (*)(std::string_view line);
void set_refusal_listener(RefusalListener listener) noexcept;
void tell_refusal(std::string_view line);

/// Calls back once when an actor ends, on whatever thread it ends; at once where it has.
void on_end_of(const caf::strong_actor_ptr& actor, std::function<void()> call);

/// Whether the system was made with certificates, and asks them of its peers.
[[nodiscard]] bool uses_tls(caf::actor_system& system);
/// The largest message that the system takes from another process.
[[nodiscard]] std::size_t message_limit(const caf::actor_system& system);

/// Lets other processes connect to an actor. Returns the port, which `at.port` 0 leaves to the
/// system. Blocks for a moment: not for actors.
/// Errors: `listen_failed`.
[[nodiscard]] Result<std::uint16_t> publish_actor(caf::actor_system& system,
                                                  const caf::strong_actor_ptr& actor,
                                                  std::set<std::string> interface,
                                                  const Endpoint& at);
void unpublish_actor(caf::actor_system& system, const caf::strong_actor_ptr& actor,
                     std::uint16_t port);

template <class Handle>
[[nodiscard]] Result<std::uint16_t> publish(caf::actor_system& system, const Handle& actor,
                                            const Endpoint& at) {
  return publish_actor(system, caf::actor_cast<caf::strong_actor_ptr>(actor),
                       system.message_types(actor), at);
}

/// The failure behind an attempt to connect to `to`.
[[nodiscard]] LLMError connect_failure(const caf::error& error, const Endpoint& to);

/// The actor that makes connections.
[[nodiscard]] caf::actor connector(caf::actor_system& system);

/// Connects to the actor of this type that a process has published; calls back once, on the thread
/// of `self`.
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

/// Takes over the answer to a request that has no result; call what comes back, once. The handler
/// returns `caf::delegated<void>{}`.
template <class Self> [[nodiscard]] std::function<void()> promise_nothing(Self* self) {
#if NEXUS_LLM_CAF_1
  auto promise = self->template make_response_promise<void>();
  return [promise]() mutable { promise.deliver(); };
#else
  auto promise = self->template make_response_promise<caf::response_promise>();
  return [promise]() mutable { promise.deliver(caf::message{}); };
#endif
}

} // namespace nexus::llm
