// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/errors.hpp"

#include <algorithm>

namespace nexus::llm {

std::string_view to_string(ErrorCategory category) noexcept {
  switch (category) {
  case ErrorCategory::connection:
    return "connection";
  case ErrorCategory::timeout:
    return "timeout";
  case ErrorCategory::model:
    return "model";
  case ErrorCategory::api:
    return "api";
  case ErrorCategory::stream:
    return "stream";
  case ErrorCategory::validation:
    return "validation";
  case ErrorCategory::overload:
    return "overload";
  case ErrorCategory::cancelled:
    return "cancelled";
  case ErrorCategory::configuration:
    return "configuration";
  case ErrorCategory::internal:
    return "internal";
  }
  return "internal";
}

int exit_code(ErrorCategory category) noexcept {
  switch (category) {
  case ErrorCategory::validation:
    return 2;
  case ErrorCategory::connection:
    return 3;
  case ErrorCategory::timeout:
    return 4;
  case ErrorCategory::model:
    return 5;
  case ErrorCategory::api:
    return 6;
  case ErrorCategory::stream:
    return 7;
  case ErrorCategory::configuration:
    return 8;
  case ErrorCategory::overload:
    return 9;
  case ErrorCategory::internal:
    return 10;
  case ErrorCategory::cancelled:
    return 130;
  }
  return 10;
}

std::string sentence(const LLMError& error) {
  std::string text{info(error.code).sentence};
  for (std::string_view mark : {"{0}", "{}"}) {
    // The subject may contain a placeholder itself: continue the search behind it.
    std::size_t from = 0;
    for (auto at = text.find(mark, from); at != std::string::npos; at = text.find(mark, from)) {
      text.replace(at, mark.size(), error.subject);
      from = at + error.subject.size();
    }
    if (from != 0)
      break;
  }
  if (!error.reason.empty())
    text += " Reason: " + error.reason;
  return text;
}

std::string log_line(const LLMError& error) {
  std::string line{to_string(error.code)};
  line += ": ";
  line += sentence(error);
  if (error.http_status != 0)
    line += " [HTTP " + std::to_string(error.http_status) + "]";
  if (!error.detail.empty())
    line += " [" + error.detail + "]";
  // Text from a server may contain control characters.
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return line;
}

} // namespace nexus::llm
