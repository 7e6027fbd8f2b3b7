#pragma once

#include "nexus_llm/errors.hpp"
#include "nexus_llm/request_id.hpp"

/// What may be wrong with a request, in the same words wherever it is found out.
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

/// What followers get from a request that died. Its own name would mean that it never took them.
[[nodiscard]] inline LLMError leader_lost() {
  return {.code = ErrorCode::component_failed, .subject = "the request that shared its answer"};
}

} // namespace nexus::llm
