// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace nexus::llm::testing {

/// An HTTP exchange that a script answers in place of Ollama. Plain data.
struct StagedExchange {
  std::uint64_t id = 0; ///< counts in the order of arrival
  std::string method;   ///< such as `POST`
  std::string target;   ///< such as `/api/chat`
  std::string body;
};

/// How a response ends.
enum class AnswerEnd : std::uint8_t {
  complete, ///< complete according to HTTP
  close,    ///< the connection is closed before the response is complete
  reset,    ///< the connection is reset
};

} // namespace nexus::llm::testing
