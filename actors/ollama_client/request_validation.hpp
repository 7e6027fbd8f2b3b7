// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/model_transfer.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Checks the id that a caller chose: at most 128 bytes of valid UTF-8 without control characters.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<void> check_id(const RequestId& id);

/// Checks, before a request is sent, everything that Ollama would reject, misread or answer with a
/// misleading error. Texts must be valid UTF-8, without NUL except in what an assistant said.
/// Errors: `invalid_model_name`, `invalid_prompt`, `invalid_messages`, `invalid_option`; the error
/// text names the field.
[[nodiscard]] Result<void> validate(const LLMRequest& request, const Limits& limits);
[[nodiscard]] Result<void> validate(const EmbedRequest& request, const Limits& limits);

/// Checks whether a request can be sent to a node: its size against the limits of the node, both of
/// its text and of the message that carries it, and its numbers, of which CAF cannot write an
/// infinite one. The node performs all other checks.
/// Errors: `invalid_prompt`, `invalid_messages`, `invalid_option`.
[[nodiscard]] Result<void> check_sendable(const LLMRequest& request, const Limits& limits);
[[nodiscard]] Result<void> check_sendable(const EmbedRequest& request, const Limits& limits);

/// Checks a model name from user input.
[[nodiscard]] Result<void> validate_model_name(std::string_view name);

/// The same for a model to create.
/// Errors: `invalid_model_name`, `invalid_argument`.
[[nodiscard]] Result<void> validate(const CreateRequest& request, const Limits& limits);

} // namespace nexus::llm
