// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm::test {

inline LLMStreamChunk piece(const std::string& text) {
  LLMStreamChunk chunk;
  chunk.model = "m";
  chunk.response = text;
  return chunk;
}

inline LLMResponse response(const std::string& text) {
  LLMResponse whole;
  whole.id = {"r"};
  whole.model = "m";
  whole.response = text;
  whole.done = true;
  return whole;
}

/// What one subscriber of a stream has been told. Checks with each message that `seq` is
/// consecutive and that nothing follows an end.
struct StreamListener {
  std::string id;
  std::string text;
  std::string thinking;
  std::size_t tool_calls = 0;
  std::size_t chunks = 0; ///< since the last restart
  int ends = 0;
  std::vector<Phase> phases; ///< but `done`
  std::optional<LLMError> reason;
  std::optional<LLMResponse> final;
  std::optional<LLMError> error;

  void receive(const std::variant<LLMStreamChunk, StreamError, RequestProgress>& message) {
    std::visit([this](const auto& content) { on(content); }, message);
  }

private:
  void on(const LLMStreamChunk& chunk) {
    BOOST_REQUIRE_EQUAL(ends, 0);
    BOOST_REQUIRE_EQUAL(chunk.seq, chunks);
    BOOST_REQUIRE_EQUAL(chunk.done, chunk.final.has_value());
    ++chunks;
    id = chunk.id.value;
    text += chunk.response;
    thinking += chunk.thinking;
    tool_calls += chunk.tool_calls.size();
    if (chunk.done) {
      ++ends;
      final = chunk.final;
    }
  }
  void on(const StreamError& failed) {
    BOOST_REQUIRE_EQUAL(ends, 0);
    ++ends;
    id = failed.id.value;
    error = failed.error;
  }
  void on(const RequestProgress& progress) {
    if (progress.phase == Phase::done)
      return;
    phases.push_back(progress.phase);
    reason = progress.reason;
    if (progress.phase == Phase::restarted) {
      text.clear();
      thinking.clear();
      tool_calls = 0;
      chunks = 0;
    }
  }
};

} // namespace nexus::llm::test
