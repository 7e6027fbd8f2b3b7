#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/testing/staged_exchange.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class ScriptCore;

/// One request that came to Ollama, and what Ollama answers. What is said after the client has left
/// goes nowhere; what is said after the end of the answer is an error of the script. Cheap to copy;
/// valid as long as its script.
class Asked {
public:
  Asked(ScriptCore& core, StagedExchange exchange);

  /// Lines of a stream with these texts, one after the other.
  void says(const std::vector<std::string>& texts, Where where = Where::here()) const;
  /// The last line of a stream, and its end.
  void finishes(const std::string& done_reason = "stop", Where where = Where::here()) const;
  /// The whole answer at once: a stream with a line for each word, or one body.
  void answers(const std::string& text, Where where = Where::here()) const;
  /// A whole body of JSON.
  void answers_json(const std::string& body, int status = 200, Where where = Where::here()) const;
  /// A failure as Ollama tells it; `retry_after` in seconds where it is not negative.
  void refuses(int status, const std::string& error, int retry_after = -1,
               Where where = Where::here()) const;

  /// The status of an answer, and what comes with it; comes first, and is 200 where it is left out.
  void begins(int status, int retry_after = -1, Where where = Where::here()) const;
  /// Bytes of the body as they are.
  void sends(std::string_view bytes, Where where = Where::here()) const;
  /// Ends the answer as it is.
  void ends(AnswerEnd how, Where where = Where::here()) const;
  void resets(Where where = Where::here()) const { ends(AnswerEnd::reset, std::move(where)); }
  void closes(Where where = Where::here()) const { ends(AnswerEnd::close, std::move(where)); }

  /// The client has broken off the request.
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
