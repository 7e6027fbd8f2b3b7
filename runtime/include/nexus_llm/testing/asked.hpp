// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/testing/staged_exchange.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class ScriptCore;

/// An HTTP request that the scripted Ollama has received, and its response. Drops output once the
/// client has disconnected. Output after the end of the response is an error of the script. Cheap
/// to copy; valid as long as its script; thread of the script only.
class Asked {
public:
  Asked(ScriptCore& core, StagedExchange exchange);

  /// Sends one line of the stream for each text.
  void says(const std::vector<std::string>& texts, Where where = Where::here()) const;
  /// Sends the last line of the stream and ends the response.
  void finishes(const std::string& done_reason = "stop", Where where = Where::here()) const;
  /// Sends the complete response: a stream with one line per word, or a single body.
  void answers(const std::string& text, Where where = Where::here()) const;
  /// Sends a complete JSON body.
  void answers_json(const std::string& body, int status = 200, Where where = Where::here()) const;
  /// Sends an error response in the format of Ollama. Adds `Retry-After` (seconds) if `retry_after`
  /// is not negative.
  void refuses(int status, const std::string& error, int retry_after = -1,
               Where where = Where::here()) const;

  /// Sends the status and the headers. Must come first; defaults to status 200 if omitted.
  void begins(int status, int retry_after = -1, Where where = Where::here()) const;
  /// Sends raw bytes of the body.
  void sends(std::string_view bytes, Where where = Where::here()) const;
  /// Ends the response in its current state.
  void ends(AnswerEnd how, Where where = Where::here()) const;
  void resets(Where where = Where::here()) const { ends(AnswerEnd::reset, std::move(where)); }
  void closes(Where where = Where::here()) const { ends(AnswerEnd::close, std::move(where)); }

  /// Expects that the client has aborted the request.
  void is_abandoned(Where where = Where::here()) const;

  [[nodiscard]] const StagedExchange& request() const noexcept { return state_->exchange; }

private:
  struct State {
    StagedExchange exchange;
    std::size_t lines = 0;
    bool begun = false;
    bool ended = false;
  };
  void check(const Where& where) const;
  void check_stream(const Where& where) const;

  ScriptCore* core_;
  std::shared_ptr<State> state_;
};

} // namespace nexus::llm::testing
