// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "nexus_llm/endpoint.hpp"

namespace nexus::llm {

/// Returns why a host has no address, or an empty string if it has one. May query name servers and
/// block: meant to explain a failure.
[[nodiscard]] std::string host_fault(const std::string& host);

/// Returns why nothing can listen at an address, or an empty string if it is free now. As
/// `host_fault`.
[[nodiscard]] std::string listen_fault(const Endpoint& at);

} // namespace nexus::llm
