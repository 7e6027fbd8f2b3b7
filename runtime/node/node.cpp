#include "runtime/node/node.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace nexus::llm {

namespace {

constexpr std::chrono::seconds end_deadline{5};

/// Tells clients who does what here.
class NodeActor {
public:
  using Base = node_actor::base;
  static constexpr const char* name = "NodeActor";

  NodeActor(node_actor::pointer, NodeHello hello) : hello_{std::move(hello)} {}

  [[nodiscard]] node_actor::behavior_type make_behavior() {
    return {[this](hello_atom, std::uint32_t protocol) -> caf::result<NodeHello> {
      if (protocol != node_protocol)
        return to_caf_error({.code = ErrorCode::node_mismatch,
                             .detail = "the client speaks protocol " + std::to_string(protocol) +
                                       ", the node " + std::to_string(node_protocol)});
      return hello_;
    }};
  }

private:
  NodeHello hello_;
};

} // namespace

bool is_loopback(const std::string& host) {
  if (host == "localhost")
    return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Result<Endpoint> parse_endpoint(const std::string& text) {
  auto wrong = [&text] {
    return failure(ErrorCode::invalid_argument,
                   "`" + text + "` is no address; one looks like 127.0.0.1:11435");
  };
  Endpoint endpoint{.port = default_node_port};
  std::string host = text;
  std::string port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string::npos || (end + 1 < text.size() && text[end + 1] != ':'))
      return wrong();
    host = text.substr(1, end - 1);
    if (end + 1 < text.size() && (port = text.substr(end + 2)).empty())
      return wrong();
  } else if (const auto colon = text.rfind(':');
             colon != std::string::npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    if ((port = text.substr(colon + 1)).empty())
      return wrong();
  }
  if (!host.empty())
    endpoint.host = host;
  if (!port.empty()) {
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size())
      return wrong();
  }
  for (const char c : endpoint.host)
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '[' || c == ']')
      return wrong();
  if (text.empty())
    return wrong();
  return endpoint;
}

Result<std::unique_ptr<Node>> Node::start(caf::actor_system& system, const LLMSystem& llm,
                                          const Endpoint& listen) {
  if (!is_loopback(listen.host) && !uses_tls(system))
    return failure(ErrorCode::listen_insecure, listen.text());
  auto address = [](const auto& handle) { return caf::actor_cast<caf::strong_actor_ptr>(handle); };
  node_actor actor = spawn_state<NodeActor>(system, NodeHello{.protocol = node_protocol,
                                                              .service = llm.root(),
                                                              .models = address(llm.models()),
                                                              .config = address(llm.config())});
  auto at = listen;
  if (at.host == "localhost")
    at.host = "127.0.0.1";
  const auto port = publish(system, actor, at);
  if (!port) {
    wait_for_end(system, address(actor), end_deadline);
    return failure(port.error());
  }
  at.port = *port;
  return std::unique_ptr<Node>{new Node{system, std::move(actor), std::move(at)}};
}

Node::Node(caf::actor_system& system, node_actor actor, Endpoint endpoint)
    : system_{system}, actor_{std::move(actor)}, endpoint_{std::move(endpoint)} {}

Node::~Node() {
  const auto address = caf::actor_cast<caf::strong_actor_ptr>(actor_);
  unpublish_actor(system_, address, endpoint_.port);
  wait_for_end(system_, address, end_deadline);
}

} // namespace nexus::llm
