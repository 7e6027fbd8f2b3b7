#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/errors.hpp"

/// Reads how Ollama, or a proxy in front of it, tells of a failure. Pure functions; every text from
/// the network is untrusted.
namespace nexus::llm::error_parser {

/// What a failed answer consists of.
struct FailedAnswer {
  int status = 0;
  std::string_view body;
  std::string_view location; ///< where a redirect leads
};

/// The failure behind a status that is no success. `model` may be empty where none is involved.
[[nodiscard]] LLMError parse_error(const FailedAnswer& answer, std::string_view model,
                                   std::string_view base_url);

/// The text of the `error` member, where it reports a failure. Old servers also send objects; an
/// empty text, `false` and `null` report none.
[[nodiscard]] std::optional<std::string> find_error(const json::Value& object);

/// Makes the server's words the reason of an error. Ollama has no error codes, so known phrases
/// choose the code; a text that is not known leaves it.
void take_reason(LLMError& error, std::string_view text);

/// The same for what goes wrong while a model is fetched, sent or made.
void take_transfer_reason(LLMError& error, std::string_view text);

/// A text as one line that a person can be shown: no control characters, valid UTF-8, cut to a few
/// hundred bytes.
[[nodiscard]] std::string one_line(std::string_view text);

/// The beginning of a text, for the log.
[[nodiscard]] std::string excerpt(std::string_view text);

} // namespace nexus::llm::error_parser
