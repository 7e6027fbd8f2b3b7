#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/harness/script_core.hpp"

namespace nexus::llm::testing {

class StandIn;

/// A message that a stand-in got, and its answer.
class Received {
public:
  Received(ScriptCore& core, std::string component, std::size_t number, caf::message message);

  /// The answer, as JSON of its type.
  void answers(const Pattern& result, Where where = std::source_location::current()) const;
  /// The same, typed.
  template <class T> void answers_with(T result) const {
    deliver(caf::make_message(std::move(result)));
  }
  void fails(LLMError error, Where where = std::source_location::current()) const;

private:
  void deliver(caf::message result) const;

  ScriptCore* core_;
  std::string component_;
  std::size_t number_;
  caf::message message_;
};

/// Stands in the place of a component of the system, which says nothing unless the script does.
/// One that dies has a successor, as any component. Cheap to copy; valid as long as its script.
class StandIn {
public:
  StandIn(ScriptCore& core, std::string component);

  /// The next message that came is this one.
  [[nodiscard]] Received gets(const Pattern& message,
                              Where where = std::source_location::current()) const;
  /// Sends a message to an actor by its name.
  void tells(const std::string& receiver, const Pattern& message,
             Where where = std::source_location::current()) const;
  /// Ends as a component that failed.
  void dies(Where where = std::source_location::current()) const;

private:
  /// What came: the messages and, for each incarnation, how many.
  struct Heard {
    std::deque<std::pair<std::size_t, caf::message>> messages;
    std::size_t next = 0;
    caf::actor_id incarnation = 0;
  };

  ScriptCore* core_;
  std::string component_;
  Track* track_;
  std::shared_ptr<Heard> heard_;
};

} // namespace nexus::llm::testing
