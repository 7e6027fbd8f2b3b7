// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <functional>

#include "actors/ollama_client/answer_collector.hpp"
#include "tests/unit/support.hpp"

/// What the tests of the answer collector share.
namespace answer_collector_test {

using namespace nexus::llm;
using namespace nexus::llm::test;
using Failure = HttpOutcome::Failure;

inline const HttpOutcome clean_end{.status = 200, .answer_began = true};
inline const HttpOutcome cut{.failure = Failure::cut, .status = 200, .answer_began = true};
inline const HttpOutcome cut_at_once{.failure = Failure::cut};

inline std::string line(RequestKind kind, const std::string& text, bool done = false) {
  const auto content = kind == RequestKind::chat
                           ? R"("message":{"role":"assistant","content":")" + text + "\"}"
                           : R"("response":")" + text + "\"";
  return R"({"model":"m","created_at":"2026-08-25T09:14:02.4Z",)" + content +
         (done ? R"(,"done":true,"done_reason":"stop","eval_count":3})" : R"(,"done":false})") +
         "\n";
}

/// One exchange with a server, from its bytes to its result.
struct Exchange {
  AnswerCollector collector;
  std::vector<LLMStreamChunk> chunks;

  explicit Exchange(RequestKind kind = RequestKind::generate, const Limits& limits = {})
      : collector{request(kind), limits, {"m", "http://localhost:11434"}} {}

  static LLMRequest request(RequestKind kind) {
    LLMRequest request;
    request.id = {"r"};
    request.model = "m";
    request.kind = kind;
    return request;
  }
  bool feed(std::string_view bytes, int status = 200) {
    const bool go_on = collector.on_bytes(status, bytes);
    for (auto& chunk : collector.take_chunks())
      chunks.push_back(std::move(chunk));
    return go_on;
  }
  Result<LLMResponse> finish(const HttpOutcome& outcome) {
    auto result = collector.finish(outcome);
    for (auto& chunk : collector.take_chunks())
      chunks.push_back(std::move(chunk));
    return result;
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& chunk : chunks)
      all += chunk.response;
    return all;
  }
};

/// What an exchange must come to, however its bytes are split.
struct Expected {
  ErrorCode code = no_error;
  std::string text;
};

/// Feeds `bytes` in two pieces split at every position, and byte by byte.
inline void check_every_split(RequestKind kind, int status, const std::string& bytes,
                              const HttpOutcome& outcome, const Expected& expected) {
  auto check = [&](Exchange& exchange, const std::string& how) {
    const auto result = exchange.finish(outcome);
    BOOST_REQUIRE_MESSAGE(code_of(result) == expected.code,
                          to_string(kind) << ", split at " << how << ": " << code_of(result));
    BOOST_REQUIRE_MESSAGE((result ? result->response : result.error().partial) == expected.text,
                          to_string(kind) << ", split at " << how);
    BOOST_REQUIRE_EQUAL(exchange.text(), expected.text);
  };
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    Exchange exchange{kind};
    if (exchange.feed(bytes.substr(0, at), status))
      static_cast<void>(exchange.feed(bytes.substr(at), status));
    check(exchange, std::to_string(at));
  }
  Exchange exchange{kind};
  for (const char byte : bytes)
    if (!exchange.feed({&byte, 1}, status))
      break;
  check(exchange, "every byte");
}

inline void for_both_kinds(const std::function<void(RequestKind)>& check) {
  check(RequestKind::generate);
  check(RequestKind::chat);
}

/// Four lines, with characters of two and of four bytes.
inline std::string many_lines(RequestKind kind) {
  return line(kind, "Tides") + line(kind, " follow") + line(kind, " caf\xC3\xA9 \xF0\x9F\x98\x80") +
         line(kind, "");
}
inline const std::string many_texts = "Tides follow caf\xC3\xA9 \xF0\x9F\x98\x80";

} // namespace answer_collector_test
