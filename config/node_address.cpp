// SPDX-License-Identifier: BSD-3-Clause
#include "config/node_address.hpp"

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
  Endpoint endpoint{.port = default_node_port};
  std::string host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string::npos || (end + 1 < text.size() && text[end + 1] != ':'))
      return wrong();
    host = text.substr(1, end - 1);
    if (end + 1 < text.size() && (port = std::string_view{text}.substr(end + 2)).empty())
      return wrong();
  } else if (const auto colon = text.rfind(':');
             colon != std::string::npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    if ((port = std::string_view{text}.substr(colon + 1)).empty())
      return wrong();
  }
  if (!host.empty())
    endpoint.host = host;
  if (!port.empty()) {
    const auto number = number_in<std::uint16_t>(port);
    if (!number)
      return wrong();
    endpoint.port = *number;
  }
  for (const char c : endpoint.host)
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '[' || c == ']')
      return wrong();
  if (text.empty())
    return wrong();
  endpoint.host = canonical_host(endpoint.host);
  return endpoint;
}

} // namespace nexus::llm
