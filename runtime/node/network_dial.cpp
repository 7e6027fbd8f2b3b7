// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/node/network_dial.hpp"

#include <algorithm>

namespace nexus::llm {

namespace {
constexpr std::chrono::milliseconds connect_limit{5000};
constexpr std::chrono::milliseconds hello_limit{2000};

/// Messages identify roles by number, so both sides must have the same roles in the same order.
Result<NodeHello> with_our_roles(NodeHello hello, const Endpoint& node) {
  if (!hello.service || !hello.models || !hello.config)
    return failure(ErrorCode::node_unreachable, node.text(), "the actors of the node have ended");
  if (std::ranges::equal(hello.roles, all_roles(), {}, {},
                         [](AIRole role) { return to_string(role); }))
    return hello;
  std::string theirs;
  for (const auto& role : hello.roles)
    theirs += (theirs.empty() ? "" : ", ") + role;
  return failure(ErrorCode::node_mismatch, node.text(),
                 "the node has the roles " + theirs + "; the client " + role_names(", "));
}

} // namespace

GatewayOptions::Dial network_dial() {
  return [](gateway_internal::pointer self, const Endpoint& node,
            std::function<void(Result<NodeHello>)> done) {
    connect_to<node_actor>(self, node, connect_limit, [self, node, done](Result<node_actor> found) {
      if (!found)
        return done(failure(std::move(found.error())));
      ask(self, *found, hello_limit, hello_atom_v, node_protocol)
          .then([done, node](NodeHello& hello) { done(with_our_roles(std::move(hello), node)); },
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
