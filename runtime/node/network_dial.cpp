#include "runtime/node/network_dial.hpp"

namespace nexus::llm {

namespace {
constexpr std::chrono::milliseconds connect_limit{5000};
constexpr std::chrono::milliseconds hello_limit{2000};
} // namespace

GatewayOptions::Dial network_dial() {
  return [](gateway_internal::pointer self, const Endpoint& node,
            std::function<void(Result<NodeHello>)> done) {
    connect_to<node_actor>(self, node, connect_limit, [self, node, done](Result<node_actor> found) {
      if (!found)
        return done(failure(std::move(found.error())));
      ask(self, *found, hello_limit, hello_atom_v, node_protocol)
          .then([done](NodeHello& hello) { done(std::move(hello)); },
                [done, node](const caf::error& error) {
                  auto cause = to_llm_error(error);
                  if (cause.code != ErrorCode::node_mismatch)
                    cause = {.code = ErrorCode::node_unreachable, .detail = cause.detail};
                  cause.subject = node.text();
                  done(failure(std::move(cause)));
                });
    });
  };
}

} // namespace nexus::llm
