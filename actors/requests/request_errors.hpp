#pragma once

#include "messages/errors.hpp"
#include "messages/request_id.hpp"

/// What is wrong with the id of a request, in the same words wherever it is looked up.
namespace nexus::llm {

[[nodiscard]] inline LLMError id_in_use() {
  return {.code = ErrorCode::invalid_argument,
          .subject = "`id` is that of another request under way"};
}

[[nodiscard]] inline LLMError a_stream_needs_a_subscriber() {
  return {.code = ErrorCode::invalid_argument, .subject = "a stream needs a subscriber"};
}

/// A role that came over the network and is none of ours.
[[nodiscard]] inline LLMError no_such_role() {
  return {.code = ErrorCode::invalid_argument, .subject = "there is no such role"};
}

[[nodiscard]] inline LLMError unknown_request(const RequestId& id) {
  return {.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"};
}

[[nodiscard]] inline LLMError no_stream(const RequestId& id) {
  return {.code = ErrorCode::invalid_argument,
          .subject = "request `" + id.value + "` is no stream"};
}

} // namespace nexus::llm
