// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "actors/ollama_client/transport.hpp"

namespace nexus::llm {

/// A transport on libcurl: one thread, one `curl_multi`, reused connections. Reaches this machine
/// only: whatever a name resolves to, it opens no socket to another address. No proxy, no
/// redirects, only http and https. Does not depend on actors.
[[nodiscard]] std::unique_ptr<Transport> make_curl_transport();

} // namespace nexus::llm
