// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/http_request.hpp"

#include <string>
#include <string_view>

namespace nexus::llm::simulator {

/// Whether a server bound to a loopback address accepts this `Host` header.
[[nodiscard]] bool host_allowed(std::string_view host);
/// Whether the host is an IP address rather than a name.
[[nodiscard]] bool host_is_address(std::string_view host);

enum class OriginVerdict { same_or_none, allowed, refused };

[[nodiscard]] OriginVerdict check_origin(const HttpRequest& request);

} // namespace nexus::llm::simulator
