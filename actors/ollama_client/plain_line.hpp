// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/llm_request.hpp"

namespace nexus::llm {

/// A line of a stream that carries nothing but a piece of text, in exactly the form in which Ollama
/// writes it. Recognising it costs a tenth of parsing it as JSON.
struct PlainLine {
  std::string_view model;
  std::string_view text; ///< the content of a JSON string, with its escapes
};

/// Returns the parts of a plain line, and nothing for any other line: that has to be parsed. `text`
/// of the result is valid UTF-8.
[[nodiscard]] std::optional<PlainLine> find_plain_line(std::string_view line, RequestKind kind);

/// Appends the text that a plain line stands for.
void append_unescaped(std::string& text, std::string_view escaped);

} // namespace nexus::llm
