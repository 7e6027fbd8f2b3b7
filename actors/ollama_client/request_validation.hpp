#pragma once

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/model_transfer.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Checks the id that a caller chose: at most 128 bytes of valid UTF-8 without control characters.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<void> check_id(const RequestId& id);

/// Checks everything of a request that Ollama would refuse, misread or answer with a misleading
/// error, before anything is sent. Texts must be valid UTF-8 without NUL.
/// Errors: `invalid_model_name`, `invalid_prompt`, `invalid_messages`, `invalid_option`; the
/// sentence names the field.
[[nodiscard]] Result<void> validate(const LLMRequest& request, const Limits& limits);
[[nodiscard]] Result<void> validate(const EmbedRequest& request, const Limits& limits);

/// Whether these limits of a node allow a request of this size: its text, and the message that
/// brings it there. Of what `validate` checks, this alone is worth knowing before it is sent.
/// Errors: `invalid_prompt`, `invalid_messages`.
[[nodiscard]] Result<void> check_size(const LLMRequest& request, const Limits& limits);
[[nodiscard]] Result<void> check_size(const EmbedRequest& request, const Limits& limits);

/// Checks a model name that a person gave.
[[nodiscard]] Result<void> validate_model_name(std::string_view name);

/// The same for a model to make. Errors: `invalid_model_name`, `invalid_argument`.
[[nodiscard]] Result<void> validate(const CreateRequest& request, const Limits& limits);

} // namespace nexus::llm
