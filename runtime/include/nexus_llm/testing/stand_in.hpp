// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <caf/message.hpp>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/portability.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class Puppet;
class ScriptCore;
struct Track;

class StandIn;

/// A message that a stand-in has received, and the means to answer it. Cheap to copy; valid as long
/// as its script; thread of the script only.
class Received {
public:
  Received(ScriptCore& core, std::string component, std::shared_ptr<Puppet> puppet,
           std::size_t number, caf::message message);

  /// Sends the answer, given as JSON of its type.
  void answers(const Pattern& result, Where where = Where::here()) const;
  /// Sends a typed answer.
  template <class T> void answers_with(T result, Where where = Where::here()) const {
    deliver(caf::make_message(std::move(result)), where);
  }
  /// Answers with an error.
  void fails(LLMError error, Where where = Where::here()) const;

private:
  void deliver(caf::message result, const Where& where) const;
  /// Checks that the stand-in is alive and has not answered the message yet.
  void check(const Where& where) const;

  ScriptCore* core_;
  std::string component_;
  std::shared_ptr<Puppet> puppet_; ///< the incarnation that has received it
  std::size_t number_;
  caf::message message_;
  std::shared_ptr<bool> answered_ = std::make_shared<bool>(false);
};

/// Replaces a component of the system and sends only what the script tells it to send. If it dies,
/// its supervisor starts a successor, as for any component. Cheap to copy; valid as long as its
/// script; thread of the script only.
class StandIn {
public:
  StandIn(ScriptCore& core, std::string component);

  /// Expects this message next.
  [[nodiscard]] Received gets(const Pattern& message, Where where = Where::here()) const;
  /// Sends a message to the actor with this name.
  void tells(const std::string& receiver, const Pattern& message,
             Where where = Where::here()) const;
  /// Terminates the stand-in like a failed component.
  void dies(Where where = Where::here()) const;

private:
  struct Heard;

  ScriptCore* core_;
  std::string component_;
  Track* track_;
  std::shared_ptr<Heard> heard_;
};

} // namespace nexus::llm::testing
