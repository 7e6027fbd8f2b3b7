// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/model_transfer.hpp"

/// The bodies of requests to Ollama, as JSON text. Pure functions of validated requests.
namespace nexus::llm::request_builder {

/// The path of the endpoint that serves a request.
[[nodiscard]] std::string_view endpoint(RequestKind kind) noexcept;

/// `/api/generate` or `/api/chat`, by the kind of the request.
[[nodiscard]] std::string body(const LLMRequest& request);

/// `/api/embed`.
[[nodiscard]] std::string body(const EmbedRequest& request);

/// `/api/show`, `/api/delete`: an object that names the model.
[[nodiscard]] std::string model_body(std::string_view model);

/// `/api/pull`, `/api/push`.
[[nodiscard]] std::string body(const ModelTransfer& transfer);

/// `/api/create`.
[[nodiscard]] std::string body(const CreateRequest& request);

/// `/api/generate` with an empty prompt: loads the model, or unloads it if `keep_alive` is 0.
[[nodiscard]] std::string body(const LoadRequest& request);

/// `/api/copy`.
[[nodiscard]] std::string copy_body(std::string_view source, std::string_view destination);

/// The identity of a request for the cache: its body without everything that does not affect the
/// response (id, attempt, priority, time budgets, streaming, keep-alive).
[[nodiscard]] std::string fingerprint(const LLMRequest& request);

} // namespace nexus::llm::request_builder
