// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/errors.hpp"
#include "nexus_llm/request_id.hpp"

/// The errors of a request, with the same wording wherever they are found.
namespace nexus::llm {

[[nodiscard]] inline LLMError id_in_use() {
  return {.code = ErrorCode::invalid_argument,
          .subject = "`id` is that of another request under way"};
}

[[nodiscard]] inline LLMError a_stream_needs_a_subscriber() {
  return {.code = ErrorCode::invalid_argument, .subject = "a stream needs a subscriber"};
}

/// A role that arrived over the network and does not exist here.
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

/// The error that followers get from a request that died. The name of the actor itself would mean
/// that it never accepted them.
[[nodiscard]] inline LLMError leader_lost() {
  return {.code = ErrorCode::component_failed, .subject = "the request that shared its answer"};
}

} // namespace nexus::llm
