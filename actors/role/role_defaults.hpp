#pragma once

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"

namespace nexus::llm {

/// A request with everything that the caller left open filled in from the settings of the role:
/// model, context window, keep-alive, system text, options. What the caller set stays.
[[nodiscard]] LLMRequest with_role_defaults(LLMRequest request, AIRole role,
                                            const LLMClientConfig& config);

} // namespace nexus::llm
