#pragma once

#include <cstdint>
#include <string>

namespace nexus::llm::testing {

/// One HTTP exchange in which a script plays Ollama's part. Plain data.
struct StagedExchange {
  std::uint64_t id = 0; ///< counts in the order of arrival
  std::string method;   ///< such as `POST`
  std::string target;   ///< such as `/api/chat`
  std::string body;
};

/// How an answer ends.
enum class AnswerEnd : std::uint8_t {
  complete, ///< as HTTP wants it
  close,    ///< the connection is closed in the middle
  reset,    ///< the connection is reset
};

} // namespace nexus::llm::testing
