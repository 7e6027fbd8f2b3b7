// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/model_transfer.hpp"

namespace nexus::llm {

/// The values that every request to one model carries. Ollama reloads a model if a request brings
/// other values than those it was loaded with, so they belong to the model, not to the role:
/// prompts, loads and embeddings carry the same values. What the settings leave open is not sent;
/// the server decides.
struct ModelSettings {
  std::optional<std::uint32_t> num_ctx;
  std::string load_options = "{}"; ///< the other options that affect loading, as JSON text
  KeepAlive keep_alive;

  bool operator==(const ModelSettings&) const = default;
};

/// The settings of a model: those of the roles that use it as their model or a fallback. If roles
/// differ, the largest context window wins; for other values, the first role.
[[nodiscard]] ModelSettings settings_of_model(const LLMClientConfig& config,
                                              std::string_view model);

/// Applies `patch` to the default options; both are JSON text of an object, or empty. A patch that
/// is not an object is returned as it is: validation reports it.
[[nodiscard]] std::string merged_options(const std::string& defaults, const std::string& patch);

/// An embedding request completed by the settings of its model.
[[nodiscard]] EmbedRequest with_model_settings(EmbedRequest request, const LLMClientConfig& config);

/// The request that loads a model with the values that its requests will carry. If `keep_alive` is
/// not set, the settings decide.
[[nodiscard]] LoadRequest load_request(std::string_view model, const KeepAlive& keep_alive,
                                       const LLMClientConfig& config);

} // namespace nexus::llm
