// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// Compatibility layer for CAF: with `portability_actors.hpp`, the only public header that depends
/// on the version of CAF, which is either 0.17.6 as in Debian (the reference) or 1.x. All other
/// code uses the names defined there.

#include <caf/config.hpp>
#include <caf/detail/build_config.hpp>

#ifdef CAF_VERSION_MAJOR
#define NEXUS_LLM_CAF_1 1
#else
#define NEXUS_LLM_CAF_1 0
#endif

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#if NEXUS_LLM_CAF_1
#include <caf/anon_mail.hpp>
#include <caf/default_enum_inspect.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/is_error_code_enum.hpp>
#else
#include <caf/replies_to.hpp>
#endif

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/field.hpp"

#if NEXUS_LLM_CAF_1
CAF_ERROR_CODE_ENUM(nexus::llm::ErrorCode)
#endif

namespace nexus::llm {

namespace detail {
template <class Result, class... Inputs> struct Signature {
#if NEXUS_LLM_CAF_1
  using type = caf::result<Result>(Inputs...);
#else
  using type = typename caf::replies_to<Inputs...>::template with<Result>;
#endif
};
} // namespace detail

/// The signature of one handler in a typed interface: `sig<Result, Inputs...>`.
template <class Result, class... Inputs>
using sig = typename detail::Signature<Result, Inputs...>::type;

#if NEXUS_LLM_CAF_1

template <class Inspector, Described T> bool inspect(Inspector& inspector, T& value) {
  const bool good = T::fields(value, [&](auto... field) {
    return inspector.object(value)
        .pretty_name(T::type_name)
        .fields(inspector.field(field.name, field.value)...);
  });
  if constexpr (Checkable<T> && Inspector::is_loading)
    return good && value.is_valid();
  else
    return good;
}

template <class Inspector, class Enum>
requires(std::is_enum_v<Enum>&& std::same_as<std::underlying_type_t<Enum>,
                                             std::uint8_t>) bool inspect(Inspector& inspector,
                                                                         Enum& value) {
  auto get = [&value] { return static_cast<std::uint8_t>(value); };
  auto set = [&value](std::uint8_t number) {
    value = static_cast<Enum>(number);
    return is_known(value);
  };
  return inspector.apply(get, set);
}

#else

/// Serializes, deserializes and prints a structure with CAF 0.17. The members are defined and
/// instantiated in one translation unit per structure (`messages/inspection.hpp`), because
/// otherwise every file that sends a message would compile them again. Using a structure without an
/// instantiation is a linker error.
template <class Structure> struct Inspection {
  /// Serializes `value`. Fails if a number is not finite.
  [[nodiscard]] static caf::error save(caf::serializer& target, Structure& value);
  /// Deserializes `value`. Fails if an enum value is unknown, a number is not finite, or
  /// a member is not valid.
  [[nodiscard]] static caf::error load(caf::deserializer& source, Structure& value);
  /// Renders `value` as text.
  static void print(caf::detail::stringification_inspector& text, const Structure& value);
};

template <Described T> caf::error inspect(caf::serializer& target, T& value) {
  return Inspection<T>::save(target, value);
}

template <Described T> caf::error inspect(caf::deserializer& source, T& value) {
  return Inspection<T>::load(source, value);
}

template <Described T> void inspect(caf::detail::stringification_inspector& text, T& value) {
  Inspection<std::remove_const_t<T>>::print(text, value);
}

#endif

/// Whether a typed interface accepts a message of these types.
template <class Handle, class... Ts>
inline constexpr bool accepts =
#if NEXUS_LLM_CAF_1
    caf::response_type_unbox<typename Handle::signatures,
                             caf::type_list<caf::detail::strip_and_convert_t<Ts>...>>::valid;
#else
    caf::response_type_unbox<
        typename Handle::signatures,
        caf::detail::type_list<caf::detail::strip_and_convert_t<Ts>...>>::valid;
#endif

namespace detail {
template <class Handle, class... Ts> constexpr void check_accepts() {
  static_assert(
      accepts<Handle, Ts...>,
      "the receiver takes no such message; docs/messages.md lists what it takes. A stream "
      "goes to a stream_subscriber, which as_subscriber makes of an actor");
}
} // namespace detail

/// Sends an asynchronous message.
template <class Self, class Handle, class... Ts>
void tell(Self* self, const Handle& receiver, Ts&&... content) {
  detail::check_accepts<Handle, Ts...>();
#if NEXUS_LLM_CAF_1
  self->mail(std::forward<Ts>(content)...).send(receiver);
#else
  self->send(receiver, std::forward<Ts>(content)...);
#endif
}

/// Sends an asynchronous message from outside any actor.
template <class Handle, class... Ts> void anon_tell(const Handle& receiver, Ts&&... content) {
  detail::check_accepts<Handle, Ts...>();
#if NEXUS_LLM_CAF_1
  caf::anon_mail(std::forward<Ts>(content)...).send(receiver);
#else
  caf::anon_send(receiver, std::forward<Ts>(content)...);
#endif
}

/// Sends an exit message from outside any actor.
template <class Handle> void anon_exit(const Handle& receiver, caf::exit_reason reason) {
  caf::anon_send_exit(receiver, reason);
}

/// Sends a message after a delay. It cannot be cancelled: receivers compare an epoch to detect
/// stale messages.
template <class Self, class Handle, class... Ts>
void tell_after(Self* self, caf::timespan delay, const Handle& receiver, Ts&&... content) {
#if NEXUS_LLM_CAF_1
  self->mail(std::forward<Ts>(content)...).delay(delay).send(receiver);
#else
  self->delayed_send(receiver, delay, std::forward<Ts>(content)...);
#endif
}

/// Sends a request with a deadline; `.then(on_result, on_error)` handles the response.
template <class Self, class Handle, class Rep, class Period, class... Ts>
auto ask(Self* self, const Handle& receiver, std::chrono::duration<Rep, Period> deadline,
         Ts&&... content) {
  detail::check_accepts<Handle, Ts...>();
  const auto span = std::chrono::duration_cast<caf::timespan>(deadline);
#if NEXUS_LLM_CAF_1
  return self->mail(std::forward<Ts>(content)...).request(receiver, span);
#else
  return self->request(receiver, span, std::forward<Ts>(content)...);
#endif
}

/// Sends a request without a timeout. The receiver must enforce the deadline itself; if it ends,
/// CAF responds with an error. CAF 0.17 keeps the timer of a request until it expires, even after
/// the response. With many short requests, these timers would accumulate.
template <class Self, class Handle, class... Ts>
auto ask_watched(Self* self, const Handle& receiver, Ts&&... content) {
  detail::check_accepts<Handle, Ts...>();
#if NEXUS_LLM_CAF_1
  return self->mail(std::forward<Ts>(content)...).request(receiver, caf::infinite);
#else
  return self->request(receiver, caf::infinite, std::forward<Ts>(content)...);
#endif
}

/// As `ask`, with an existing message, whose types must satisfy `accepts`. The callbacks determine
/// the type of the response.
template <class Self, class Handle>
auto ask_made(Self* self, const Handle& receiver, caf::timespan deadline,
              const caf::message& message) {
  const auto untyped = caf::actor_cast<caf::actor>(receiver);
#if NEXUS_LLM_CAF_1
  return self->mail(message).request(untyped, deadline);
#else
  return self->request(untyped, deadline, message);
#endif
}

/// As `ask_watched`, with an existing message; see `ask_made`.
template <class Self, class Handle>
auto ask_watched_made(Self* self, const Handle& receiver, const caf::message& message) {
  const auto untyped = caf::actor_cast<caf::actor>(receiver);
#if NEXUS_LLM_CAF_1
  return self->mail(message).request(untyped, caf::infinite);
#else
  return self->request(untyped, caf::infinite, message);
#endif
}

/// As `ask`, for a scoped actor.
template <class Handle, class Rep, class Period, class... Ts>
auto ask(caf::scoped_actor& self, const Handle& receiver,
         std::chrono::duration<Rep, Period> deadline, Ts&&... content) {
  return ask(self.ptr(), receiver, deadline, std::forward<Ts>(content)...);
}

/// Delegates the current message: the receiver responds to the original sender.
template <class Self, class Handle, class... Ts>
auto forward_to(Self* self, const Handle& receiver, Ts&&... content) {
#if NEXUS_LLM_CAF_1
  return self->mail(std::forward<Ts>(content)...).delegate(receiver);
#else
  return self->delegate(receiver, std::forward<Ts>(content)...);
#endif
}

/// Returns whether the sender of the current message waits for a response.
template <class Self> [[nodiscard]] bool wants_response(Self* self) {
  return self->current_message_id().is_request();
}

/// Creates a response promise for a request without a result. Call the returned function once to
/// fulfill it. The handler returns `caf::delegated<void>{}`. If the sender waits for no response,
/// the function has no effect: CAF 0.17 would send a message that nobody handles.
template <class Self> [[nodiscard]] std::function<void()> promise_nothing(Self* self) {
  if (!wants_response(self))
    return [] {};
#if NEXUS_LLM_CAF_1
  auto promise = self->template make_response_promise<void>();
  return [promise]() mutable { promise.deliver(); };
#else
  auto promise = self->template make_response_promise<caf::response_promise>();
  return [promise]() mutable { promise.deliver(caf::message{}); };
#endif
}

/// Splits a signature of a typed interface into its input and output types.
template <class Signature> struct SignatureParts;
#if NEXUS_LLM_CAF_1
template <class... Outputs, class... Inputs>
struct SignatureParts<caf::result<Outputs...>(Inputs...)> {
#else
template <class... Outputs, class... Inputs>
struct SignatureParts<
    caf::typed_mpi<caf::detail::type_list<Inputs...>, caf::output_tuple<Outputs...>>> {
#endif
  /// Calls `visit.operator()<Inputs...>()`.
  template <class Visit> static decltype(auto) inputs(Visit&& visit) {
    return visit.template operator()<Inputs...>();
  }
  /// Calls `visit.operator()<Outputs...>()`.
  template <class Visit> static decltype(auto) outputs(Visit&& visit) {
    return visit.template operator()<Outputs...>();
  }
};

namespace detail {
template <class Signatures> struct EachSignature;
#if NEXUS_LLM_CAF_1
template <class... Signatures> struct EachSignature<caf::type_list<Signatures...>> {
#else
template <class... Signatures> struct EachSignature<caf::detail::type_list<Signatures...>> {
#endif
  template <class Visit> static void visit(Visit&& visit) {
    (visit.template operator()<SignatureParts<Signatures>>(), ...);
  }
};
template <class Signatures> struct BehaviorOf;
#if NEXUS_LLM_CAF_1
template <class... Signatures> struct BehaviorOf<caf::type_list<Signatures...>> {
#else
template <class... Signatures> struct BehaviorOf<caf::detail::type_list<Signatures...>> {
#endif
  template <class Own, class Make, class... First>
  static typename Own::behavior_type make(Make& make, First&... first) {
    return {std::move(first)..., make.template operator()<SignatureParts<Signatures>>()...};
  }
};
} // namespace detail

/// Calls `visit.operator()<SignatureParts>()` for each handler of a typed interface.
template <class Handle, class Visit> void each_signature(Visit&& visit) {
  detail::EachSignature<typename Handle::signatures>::visit(std::forward<Visit>(visit));
}

/// Returns a behavior of the actor `Own`: the given handlers, followed by the result of
/// `make.operator()<SignatureParts>()` for each handler of the typed interface `Interface`.
template <class Own, class Interface, class Make, class... First>
typename Own::behavior_type behavior_of(Make make, First... first) {
  return detail::BehaviorOf<typename Interface::signatures>::template make<Own>(make, first...);
}

/// Converts an error to a `caf::error` that can be sent as a response, also over the network.
[[nodiscard]] caf::error to_caf_error(LLMError error);

/// Converts the error response of a request to an `LLMError`. Errors of CAF (a receiver that is
/// down, a timeout) are mapped to error codes of this library.
[[nodiscard]] LLMError to_llm_error(const caf::error& error);

/// Returns whether the error means that the receiver of the request, an actor with this name, ended
/// before it responded.
[[nodiscard]] bool is_death_of(std::string_view actor, const caf::error& error);

/// Serializes a message as for the network. Returns an empty buffer on failure.
[[nodiscard]] std::vector<char> to_bytes(caf::actor_system& system, const caf::message& message);

/// Deserializes the result of `to_bytes`. Returns an empty message on failure.
[[nodiscard]] caf::message from_bytes(caf::actor_system& system, const std::vector<char>& bytes);

/// Renders an error for the log.
[[nodiscard]] std::string describe(const caf::error& error);

/// Registers a block of message types with a configuration.
template <class Block> void add_types(caf::actor_system_config& config) {
#if NEXUS_LLM_CAF_1
  // The table of types is global and must not grow while an actor system reads it.
  static_cast<void>(config);
  static std::once_flag done;
  std::call_once(done, [] { caf::init_global_meta_objects<Block>(); });
#else
  config.add_message_types<Block>();
#endif
}

/// Registers the message types of `messages/include/nexus_llm/interfaces.hpp` with a configuration,
/// and a renderer for the errors of this library. Called by `setup` in
/// `runtime/include/nexus_llm/setup.hpp`.
void setup_messages(caf::actor_system_config& config);

/// Returns whether the message types of this library are registered, as `setup` does.
[[nodiscard]] bool knows_messages(caf::actor_system& system);

/// Sets the recommended scheduler options: a shared queue (no idle polling), which with CAF 0.17
/// wakes few threads for the actors of this library, and a limit on messages per turn (no
/// starvation). The `nexus-llm` program uses it. For a scheduler of CAF, set its options instead.
void recommend(caf::actor_system_config& config);

} // namespace nexus::llm
