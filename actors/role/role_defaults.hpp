// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"

namespace nexus::llm {

/// Completes a request from the settings of the role: model, context window, keep-alive, system
/// text, options. Values that the caller set are kept.
[[nodiscard]] LLMRequest with_role_defaults(LLMRequest request, AIRole role,
                                            const LLMClientConfig& config);

} // namespace nexus::llm
