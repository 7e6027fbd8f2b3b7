#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/model_transfer.hpp"

namespace nexus::llm {

/// The values that every request to one model carries. Ollama loads a model anew when a request
/// brings other values than it was loaded with, so they belong to the model, whichever role asks:
/// prompts, loads and embeddings carry the same. What the settings leave open is not sent, and the
/// server decides.
struct ModelSettings {
  std::optional<std::uint32_t> num_ctx;
  std::string load_options = "{}"; ///< JSON text of the other options that count for a load
  KeepAlive keep_alive;

  bool operator==(const ModelSettings&) const = default;
};

/// The settings of a model: those of the roles that name it, as their model or a fallback. Where
/// two roles differ, the larger context window counts, and else the first role.
[[nodiscard]] ModelSettings settings_of_model(const LLMClientConfig& config,
                                              std::string_view model);

/// The options with those of `patch` put over them, both JSON text of an object or empty. A patch
/// that is no object is the result: validation names it.
[[nodiscard]] std::string merged_options(const std::string& defaults, const std::string& patch);

/// An embedding request completed by the settings of its model.
[[nodiscard]] EmbedRequest with_model_settings(EmbedRequest request, const LLMClientConfig& config);

/// What brings a model into memory as its requests want it. A `keep_alive` that is not set is that
/// of the settings.
[[nodiscard]] LoadRequest load_request(std::string_view model, const KeepAlive& keep_alive,
                                       const LLMClientConfig& config);

} // namespace nexus::llm
