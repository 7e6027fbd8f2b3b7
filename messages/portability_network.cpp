// SPDX-License-Identifier: BSD-3-Clause
#include "messages/portability_network.hpp"

#include <atomic>

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

#include "messages/portability_connections.hpp"

namespace nexus::llm {

namespace {
/// Peers send a heartbeat every two seconds; a peer that is silent for ten seconds is down.
constexpr caf::timespan heartbeat = std::chrono::seconds{2};
constexpr caf::timespan silence = std::chrono::seconds{10};

std::atomic<RefusalListener> refusal_listener = nullptr;
} // namespace

void load_network(caf::actor_system_config& config, const std::optional<TlsFiles>& tls,
                  std::size_t max_message_bytes) {
#if NEXUS_LLM_CAF_1
  static std::once_flag io_types;
  std::call_once(io_types, [] { caf::io::middleman::init_global_meta_objects(); });
  config.load<GuardedMiddleman>();
  const std::string prefix = "caf.";
#else
  config.load<caf::io::middleman, GuardedMultiplexer>();
  const std::string prefix;
#endif
  caf::put(config.content, message_limit_key, max_message_bytes);
  config.set(prefix + "middleman.heartbeat-interval", heartbeat);
  config.set(prefix + "middleman.connection-timeout", silence);
  // Messages received before a disconnect must be delivered before the notification of it.
  config.set(prefix + "middleman.workers", std::size_t{0});
  if (!tls)
    return;
  config.load<caf::openssl::manager>();
#if NEXUS_LLM_CAF_1
  config.set("caf.openssl.certificate", tls->certificate.string());
  config.set("caf.openssl.key", tls->key.string());
  config.set("caf.openssl.cafile", tls->authority.string());
#else
  config.openssl_certificate = tls->certificate.string();
  config.openssl_key = tls->key.string();
  config.openssl_cafile = tls->authority.string();
#endif
}

void set_refusal_listener(RefusalListener listener) noexcept { refusal_listener = listener; }

void tell_refusal(std::string_view line) {
  if (const RefusalListener listener = refusal_listener)
    listener(line);
}

void on_end_of(const caf::strong_actor_ptr& actor, std::function<void()> call) {
  actor->get()->attach_functor([call = std::move(call)](const caf::error&) { call(); });
}

bool uses_tls(caf::actor_system& system) {
  return system.has_openssl_manager() && system.openssl_manager().authentication_enabled();
}

std::size_t message_limit(const caf::actor_system& system) {
  return caf::get_or(system.config(), message_limit_key, default_max_message_bytes);
}

Result<std::uint16_t> publish_actor(caf::actor_system& system, const caf::strong_actor_ptr& actor,
                                    std::set<std::string> interface, const Endpoint& at) {
  const auto handle = connector(system);
  caf::scoped_actor self{system};
  std::optional<Result<std::uint16_t>> outcome;
#if NEXUS_LLM_CAF_1
  constexpr auto publish_it = caf::publish_atom_v;
#else
  const auto publish_it = caf::publish_atom::value;
#endif
  ask(self, handle, std::chrono::seconds{10}, publish_it, at.port, actor, std::move(interface),
      at.host, true)
      .receive([&outcome](std::uint16_t port) { outcome = port; },
               [&outcome, &at](const caf::error& error) {
                 outcome = failure(ErrorCode::listen_failed, at.text(), to_string(error));
               });
  return std::move(*outcome);
}

void unpublish_actor(caf::actor_system& system, const caf::strong_actor_ptr& actor,
                     std::uint16_t port) {
  system.middleman().unpublish(caf::actor_cast<caf::actor>(actor), port);
}

caf::error to_plain_error(ErrorCode code, std::string detail) {
#if NEXUS_LLM_CAF_1
  return caf::error{code, caf::make_message(std::move(detail))};
#else
  const auto error = to_caf_error({.code = code});
  return caf::error{error.code(), error.category(), caf::make_message(std::move(detail))};
#endif
}

LLMError connect_failure(const caf::error& error, const Endpoint& to) {
  LLMError failure{
      .code = ErrorCode::node_unreachable, .subject = to.text(), .detail = to_string(error)};
  if (error == caf::sec::disconnect_during_handshake)
    failure.code = ErrorCode::node_distrusted;
  if (error == caf::sec::unexpected_actor_messaging_interface ||
      error == caf::sec::no_actor_published_at_port || error == caf::sec::incompatible_versions ||
      error == caf::sec::incompatible_application_ids)
    failure.code = ErrorCode::node_mismatch;
  return failure;
}

caf::actor connector(caf::actor_system& system) {
  // `GuardedMultiplexer` creates TLS connections itself.
  return caf::actor_cast<caf::actor>(system.middleman().actor_handle());
}

} // namespace nexus::llm
