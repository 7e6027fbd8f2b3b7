// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <type_traits>

#include <caf/none.hpp>

#include "nexus_llm/interfaces.hpp"

namespace nexus::llm {

namespace detail {
template <class Handle>
inline constexpr bool takes_streams = accepts<Handle, LLMStreamChunk>&&
    accepts<Handle, StreamError>&& accepts<Handle, RequestProgress>;
template <class T>
inline constexpr bool is_untyped = std::is_same_v<typename T::signatures, caf::none_t>;

template <class Handle> stream_subscriber subscriber_of(const Handle& actor) {
  static_assert(takes_streams<Handle>,
                "this actor is no subscriber of streams: its interface must handle LLMStreamChunk, "
                "StreamError and RequestProgress, as `extend_with<nexus::llm::stream_subscriber>` "
                "says");
  if constexpr (is_untyped<Handle>)
    return caf::actor_cast<stream_subscriber>(actor);
  else if constexpr (takes_streams<Handle>)
    return actor;
  else
    return {};
}
} // namespace detail

/// Converts an actor to a stream subscriber. Pass `self` to subscribe an actor to its own request.
///
/// A typed actor must implement `stream_subscriber` (`extend_with<stream_subscriber>`); otherwise
/// this does not compile. An untyped actor must handle `LLMStreamChunk`, `StreamError` and
/// `RequestProgress`. This is not checked: without a handler, CAF prints the message and responds
/// with an error.
template <class Self>
requires requires { typename Self::signatures; }
[[nodiscard]] stream_subscriber as_subscriber(Self* self) {
  if constexpr (detail::is_untyped<Self>)
    return detail::subscriber_of(caf::actor{self});
  else
    return detail::subscriber_of(typename Self::actor_hdl{self});
}

/// As above, for the handle of another actor.
template <class Handle>
requires requires { typename Handle::signatures; }
[[nodiscard]] stream_subscriber as_subscriber(const Handle& actor) {
  return detail::subscriber_of(actor);
}

} // namespace nexus::llm
