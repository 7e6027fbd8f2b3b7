// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/node/node.hpp"

#include "actors/internal_interfaces.hpp"
#include "config/host_lookup.hpp"
#include "config/node_address.hpp"
#include "messages/portability_network.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/node/refusal_log.hpp"

namespace nexus::llm {

namespace {

constexpr std::chrono::seconds end_deadline{5};
constexpr std::chrono::seconds config_deadline{1};

/// Tells clients the handles of this node (`NodeHello`).
class NodeActor {
public:
  using Base = node_actor::base;
  static constexpr const char* name = "NodeActor";

  /// `hello` lacks the limits, since they may change.
  NodeActor(node_actor::pointer self, NodeHello hello, settings_handle config)
      : self_{self}, hello_{std::move(hello)}, config_{std::move(config)} {}

  [[nodiscard]] node_actor::behavior_type make_behavior() {
    return {[this](hello_atom, std::uint32_t protocol) -> caf::result<NodeHello> {
      if (protocol != node_protocol)
        return to_plain_error(ErrorCode::node_mismatch,
                              "the client speaks protocol " + std::to_string(protocol) +
                                  ", the node " + std::to_string(node_protocol));
      auto promise = self_->make_response_promise<NodeHello>();
      // If the settings are not available, the answer has the limits of the previous hello.
      ask(self_, config_, config_deadline, get_config_atom_v)
          .then(
              [this, promise](const LLMClientConfig& config) mutable {
                hello_.limits = config.limits;
                // This limit is fixed at startup.
                hello_.limits.max_message_bytes = message_limit(self_->system());
                promise.deliver(hello_);
              },
              [this, promise](const caf::error&) mutable { promise.deliver(hello_); });
      return promise;
    }};
  }

private:
  node_actor::pointer self_;
  NodeHello hello_;
  settings_handle config_;
};

} // namespace

Result<std::unique_ptr<Node>> Node::start(caf::actor_system& system, const LLMSystem& llm,
                                          const Endpoint& listen) {
  const auto listen_failure = [&listen](std::string reason, std::string detail) {
    return failure(LLMError{.code = ErrorCode::listen_failed,
                            .subject = listen.text(),
                            .reason = std::move(reason),
                            .detail = std::move(detail)});
  };
  if (!is_loopback(listen.host) && !uses_tls(system)) {
    // Certificates do not help where no such host exists.
    if (auto fault = host_fault(listen.host); !fault.empty())
      return listen_failure(std::move(fault), {});
    return failure(ErrorCode::listen_insecure, listen.text());
  }
  auto address = [](const auto& handle) { return caf::actor_cast<caf::strong_actor_ptr>(handle); };
  NodeHello hello{.protocol = node_protocol,
                  .version = NEXUS_LLM_VERSION,
                  .service = llm.root(),
                  .models = address(llm.models()),
                  .config = address(llm.config())};
  for (const auto role : all_roles())
    hello.roles.emplace_back(to_string(role));
  node_actor actor = spawn_state<NodeActor>(system, std::move(hello), llm.config());
  log_refusals();
  auto at = listen;
  if (at.host == "localhost")
    at.host = "127.0.0.1";
  const auto port = publish(system, actor, at);
  if (!port) {
    wait_for_end(system, address(actor), end_deadline);
    // CAF does not tell why.
    return listen_failure(listen_fault(at), port.error().detail);
  }
  at.port = *port;
  return std::unique_ptr<Node>{new Node{system, address(actor), std::move(at)}};
}

Node::Node(caf::actor_system& system, caf::strong_actor_ptr actor, Endpoint endpoint)
    : system_{system}, actor_{std::move(actor)}, endpoint_{std::move(endpoint)} {}

Node::~Node() {
  const auto address = caf::actor_cast<caf::strong_actor_ptr>(actor_);
  unpublish_actor(system_, address, endpoint_.port);
  wait_for_end(system_, address, end_deadline);
}

} // namespace nexus::llm
