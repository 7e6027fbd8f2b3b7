// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/errors.hpp"

/// Parses the error responses of Ollama, or of a proxy in front of it. Pure functions; text from
/// the network is untrusted.
namespace nexus::llm::error_parser {

/// The parts of an error response.
struct FailedAnswer {
  int status = 0;
  std::string_view body;
  std::string_view location; ///< the target of a redirect
};

/// The error of a response whose status is not a success. `model` may be empty if none is involved.
[[nodiscard]] LLMError parse_error(const FailedAnswer& answer, std::string_view model,
                                   std::string_view base_url);

/// The text of the `error` member, if it reports a failure. Old servers also send objects; an empty
/// text, `false` and `null` report none.
[[nodiscard]] std::optional<std::string> find_error(const json::Value& object);

/// Sets the reason of an error to the text of the server. Ollama has no error codes, so known
/// phrases select the code; an unknown text keeps it.
void take_reason(LLMError& error, std::string_view text);

/// The same for errors of pulling, pushing or creating a model.
void take_transfer_reason(LLMError& error, std::string_view text);

/// A text as one line for users: no control characters, valid UTF-8, cut to a few hundred bytes.
[[nodiscard]] std::string one_line(std::string_view text);

/// The beginning of a text, for the log.
[[nodiscard]] std::string excerpt(std::string_view text);

} // namespace nexus::llm::error_parser
