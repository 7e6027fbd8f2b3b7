#pragma once

#include <memory>

#include "actors/ollama_client/transport.hpp"

namespace nexus::llm {

/// A transport on libcurl: one thread, one `curl_multi`, connections kept and reused. It reaches
/// this machine only: whatever a name resolves to, no socket is opened to another address; no
/// proxy, no redirects, http and https alone. Knows nothing of actors.
[[nodiscard]] std::unique_ptr<Transport> make_curl_transport();

} // namespace nexus::llm
