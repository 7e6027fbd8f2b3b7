// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/portability.hpp"

#include <caf/after.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include <algorithm>
#include <thread>

#include "messages/portability_scheduler.hpp"
#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

namespace {

#if !NEXUS_LLM_CAF_1
constexpr auto error_atom = caf::atom("nexusllm");
#endif

LLMError from_system_error(caf::sec code, std::string detail) {
  LLMError error;
  error.detail = std::move(detail);
  switch (code) {
  case caf::sec::request_timeout:
    error.code = ErrorCode::request_timeout;
    error.subject = "in use";
    break;
  case caf::sec::request_receiver_down:
#if NEXUS_LLM_CAF_1
  case caf::sec::broken_promise:
#endif
    error.code = ErrorCode::component_failed;
    error.subject = "the receiver of the request";
    break;
  default:
    error.code = ErrorCode::internal_error;
  }
  return error;
}

/// The error of this code, with what the context tells of it.
LLMError from_context(ErrorCode code, const caf::message& context) {
  if (context.match_elements<LLMError>())
    return context.get_as<LLMError>(0);
  if (context.match_elements<std::string>())
    return {.code = code, .detail = context.get_as<std::string>(0)};
  return {.code = code};
}

} // namespace

caf::error to_caf_error(LLMError error) {
#if NEXUS_LLM_CAF_1
  auto code = error.code;
  return caf::error{code, caf::make_message(std::move(error))};
#else
  auto code = static_cast<std::uint8_t>(error.code);
  return caf::error{code, error_atom, caf::make_message(std::move(error))};
#endif
}

LLMError to_llm_error(const caf::error& error) {
#if NEXUS_LLM_CAF_1
  if (error.category() == caf::type_id_v<ErrorCode>)
    return from_context(static_cast<ErrorCode>(error.code()), error.context());
  if (error.category() == caf::type_id_v<caf::sec>)
    return from_system_error(static_cast<caf::sec>(error.code()), to_string(error));
#else
  if (error && error.category() == error_atom)
    return from_context(static_cast<ErrorCode>(error.code()), error.context());
  if (error && error.category() == caf::atom("system"))
    return from_system_error(static_cast<caf::sec>(error.code()), to_string(error));
#endif
  return {.code = ErrorCode::internal_error, .detail = to_string(error)};
}

bool is_death_of(std::string_view actor, const caf::error& error) {
#if NEXUS_LLM_CAF_1
  if (error == caf::sec::broken_promise)
    return true;
#endif
  if (error == caf::sec::request_receiver_down)
    return true;
  const auto failure = to_llm_error(error);
  return failure.code == ErrorCode::component_failed && failure.subject == actor;
}

caf::error component_failure(std::string_view actor, const std::exception_ptr& thrown) {
  std::string what = "an exception";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "an exception of unknown type";
  }
  return to_caf_error({.code = ErrorCode::component_failed,
                       .subject = std::string{actor},
                       .detail = std::move(what)});
}

std::vector<char> to_bytes(caf::actor_system& system, const caf::message& message) {
  std::vector<char> bytes;
#if NEXUS_LLM_CAF_1
  caf::byte_buffer buffer;
  caf::binary_serializer serializer{system, buffer};
  if (serializer.apply(message))
    for (const auto byte : buffer)
      bytes.push_back(static_cast<char>(byte));
#else
  caf::binary_serializer serializer{system, bytes};
  // The function call operator of the serializer would drop the error.
  if (message.save(serializer))
    bytes.clear();
#endif
  return bytes;
}

caf::message from_bytes(caf::actor_system& system, const std::vector<char>& bytes) {
  caf::message message;
#if NEXUS_LLM_CAF_1
  caf::byte_buffer buffer;
  for (const auto byte : bytes)
    buffer.push_back(static_cast<std::byte>(byte));
  caf::binary_deserializer deserializer{system, buffer};
  if (!deserializer.apply(message))
    return {};
#else
  caf::binary_deserializer deserializer{system, bytes};
  if (message.load(deserializer))
    return {};
#endif
  return message;
}

std::string describe(const caf::error& error) {
  if (!error)
    return "ended normally";
#if NEXUS_LLM_CAF_1
  const bool ours = error.category() == caf::type_id_v<ErrorCode>;
#else
  const bool ours = error.category() == error_atom;
#endif
  return ours ? log_line(to_llm_error(error)) : to_string(error);
}

void setup_messages(caf::actor_system_config& config) {
#if NEXUS_LLM_CAF_1
  static std::once_flag done;
  std::call_once(done, [] { caf::core::init_global_meta_objects(); });
#endif
  add_types<caf::id_block::nexus_llm>(config);
#if !NEXUS_LLM_CAF_1
  config.add_error_category(error_atom,
                            [](std::uint8_t code, caf::atom_value, const caf::message& context) {
                              return log_line(from_context(static_cast<ErrorCode>(code), context));
                            });
#endif
}

bool knows_messages(caf::actor_system& system) {
#if NEXUS_LLM_CAF_1
  static_cast<void>(system);
  return !caf::query_type_name(caf::type_id_v<LLMRequest>).empty();
#else
  const auto& types = system.types();
  return types.portable_name(0, &typeid(LLMRequest)) != types.default_type_name();
#endif
}

void at_end(const caf::strong_actor_ptr& actor, std::function<void()> call) {
  caf::actor_cast<caf::actor>(actor)->attach_functor(std::move(call));
}

void wait_for_end(caf::actor_system& system, const caf::strong_actor_ptr& actor,
                  std::chrono::milliseconds deadline) {
  if (!actor)
    return;
  caf::scoped_actor self{system};
  self->monitor(caf::actor_cast<caf::actor_addr>(actor));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  bool ended = false;
  self->receive([&ended](const caf::down_msg&) { ended = true; }, caf::after(deadline) >> [] {});
  if (ended)
    return;
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  self->receive([](const caf::down_msg&) {}, caf::after(deadline) >> [] {});
}

void recommend(caf::actor_system_config& config) {
  const auto threads = std::max<std::size_t>(2, std::thread::hardware_concurrency());
#if NEXUS_LLM_CAF_1
  config.set("caf.scheduler.policy", "sharing");
  config.set("caf.scheduler.max-throughput", std::size_t{100});
  config.set("caf.scheduler.max-threads", threads);
#else
  config.set("scheduler.policy", caf::atom("sharing"));
  config.module_factories.emplace_back(&make_scheduler);
  config.set("scheduler.max-throughput", std::size_t{100});
  config.set("scheduler.max-threads", threads);
#endif
}

} // namespace nexus::llm
