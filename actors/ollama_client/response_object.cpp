// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/response_object.hpp"

#include "actors/ollama_client/error_parser.hpp"
#include "config/utf8.hpp"

namespace nexus::llm::response_parser {

using error_parser::excerpt;
using error_parser::find_error;

std::string text_or_empty(const json::Value& object, std::string_view name) {
  return std::string{json::find_text(object, name).value_or("")};
}

tl::unexpected<LLMError> broken_body(std::string_view subject, std::string detail) {
  return failure(ErrorCode::bad_response, std::string{subject}, std::move(detail));
}

Result<json::Document> parse_object(std::string_view body, std::string_view subject,
                                    std::uint32_t max_depth) {
  auto document = json::parse(without_byte_order_mark(body), max_depth);
  if (!document)
    return broken_body(subject, document.error().what + ": " + excerpt(body));
  if (!document->IsObject())
    return broken_body(subject, "not an object: " + excerpt(body));
  if (auto error = find_error(*document)) {
    LLMError reported{
        .code = ErrorCode::server_error, .subject = std::string{subject}, .detail = *error};
    error_parser::take_reason(reported, *error);
    return failure(std::move(reported));
  }
  return std::move(*document);
}

} // namespace nexus::llm::response_parser
