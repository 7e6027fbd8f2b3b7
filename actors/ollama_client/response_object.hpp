// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/errors.hpp"
#include "nexus_llm/result.hpp"

/// What the parsers of all responses of Ollama have in common. Thread-safe.
namespace nexus::llm::response_parser {

/// Returns a text member; an empty text if it is missing or has another type.
[[nodiscard]] std::string text_or_empty(const json::Value& object, std::string_view name);

/// Makes the `bad_response` for a body that cannot be interpreted.
[[nodiscard]] tl::unexpected<LLMError> broken_body(std::string_view subject, std::string detail);

/// Parses a body that must be an object.
/// Errors: `bad_response`; `server_error` with the server's reason if the object has an `error`.
[[nodiscard]] Result<json::Document> parse_object(std::string_view body, std::string_view subject,
                                                  std::uint32_t max_depth = json::default_depth);

} // namespace nexus::llm::response_parser
