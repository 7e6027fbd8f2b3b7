// SPDX-License-Identifier: BSD-3-Clause
#include "config/node_address.hpp"

#include "config/authority.hpp"
#include "config/local_address.hpp"
#include "config/text.hpp"

namespace nexus::llm {

bool is_loopback(const std::string& host) {
  const auto name = canonical_host(host);
  if (const auto address = parse_numeric_address(name))
    return is_loopback_address(address->socket_address(), address->size);
  return name == "localhost";
}

Result<Endpoint> parse_endpoint(const std::string& text) {
  auto wrong = [&text] {
    return failure(ErrorCode::invalid_argument,
                   "`" + text + "` is no address; one looks like 127.0.0.1:11435");
  };
  const auto parts = split_authority(text);
  if (text.empty() || !parts)
    return wrong();
  Endpoint endpoint{.port = default_node_port};
  if (!parts->host.empty())
    endpoint.host = parts->host;
  if (parts->port) {
    const auto number = number_in<std::uint16_t>(*parts->port);
    if (!number)
      return wrong();
    endpoint.port = *number;
  }
  for (const char c : endpoint.host)
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '[' || c == ']')
      return wrong();
  endpoint.host = canonical_host(endpoint.host);
  return endpoint;
}

} // namespace nexus::llm
