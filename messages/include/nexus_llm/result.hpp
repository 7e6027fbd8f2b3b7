// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <tl/expected.hpp>

#include "nexus_llm/errors.hpp"

namespace nexus::llm {

/// A value or an error. No exception crosses an actor boundary.
template <class T> using Result = tl::expected<T, LLMError>;

/// Returns a failed `Result`.
[[nodiscard]] inline tl::unexpected<LLMError> failure(LLMError error) {
  return tl::unexpected<LLMError>{std::move(error)};
}

/// Returns a failed `Result` with the given code, subject and detail.
[[nodiscard]] inline tl::unexpected<LLMError> failure(ErrorCode code, std::string subject,
                                                      std::string detail = {}) {
  LLMError error;
  error.code = code;
  error.subject = std::move(subject);
  error.detail = std::move(detail);
  return tl::unexpected<LLMError>{std::move(error)};
}

} // namespace nexus::llm
