#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/make_message.hpp>
#include <caf/message.hpp>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class Puppet;
class ScriptCore;
struct Track;

class StandIn;

/// A message that a stand-in got, and its answer.
class Received {
public:
  Received(ScriptCore& core, std::string component, std::shared_ptr<Puppet> puppet,
           std::size_t number, caf::message message);

  /// The answer, as JSON of its type.
  void answers(const Pattern& result, Where where = Where::here()) const;
  /// The same, typed.
  template <class T> void answers_with(T result, Where where = Where::here()) const {
    deliver(caf::make_message(std::move(result)), where);
  }
  void fails(LLMError error, Where where = Where::here()) const;

private:
  void deliver(caf::message result, const Where& where) const;
  /// The stand-in still lives, and this has no answer yet.
  void check(const Where& where) const;

  ScriptCore* core_;
  std::string component_;
  std::shared_ptr<Puppet> puppet_; ///< the incarnation that got it
  std::size_t number_;
  caf::message message_;
  std::shared_ptr<bool> answered_ = std::make_shared<bool>(false);
};

/// Stands in the place of a component of the system, which says nothing unless the script does.
/// One that dies has a successor, as any component. Cheap to copy; valid as long as its script.
class StandIn {
public:
  StandIn(ScriptCore& core, std::string component);

  /// The next message that came is this one.
  [[nodiscard]] Received gets(const Pattern& message, Where where = Where::here()) const;
  /// Sends a message to an actor by its name.
  void tells(const std::string& receiver, const Pattern& message,
             Where where = Where::here()) const;
  /// Ends as a component that failed.
  void dies(Where where = Where::here()) const;

private:
  struct Heard;

  ScriptCore* core_;
  std::string component_;
  Track* track_;
  std::shared_ptr<Heard> heard_;
};

} // namespace nexus::llm::testing
