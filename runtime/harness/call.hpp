#pragma once

#include <string>

#include "runtime/harness/script_core.hpp"

namespace nexus::llm::testing {

/// One request of a requester of its own. Cheap to copy; valid as long as its script.
class Call {
public:
  /// Sends `message` to `receiver`, who is called that in reports.
  Call(ScriptCore& core, std::string name, const caf::actor& receiver, caf::message message,
       const Where& where);

  /// The requester has this answer. An object may leave out the type: its members are meant.
  void is_answered(const Pattern& answer = {}, Where where = std::source_location::current()) const;
  /// The requester has this error; `error` says more of it.
  void fails(ErrorCode code, const Pattern& error = "{}",
             Where where = std::source_location::current()) const;
  /// Lets virtual time pass until the answer is there, up to a limit.
  void comes_within(std::chrono::milliseconds limit) const;
  /// The requester has no answer yet.
  void waits(Where where = std::source_location::current()) const;
  /// The requester is killed; its answer goes nowhere.
  void dies(Where where = std::source_location::current()) const;

  /// What the requester is called; a prompt has this as its request id, too.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  ScriptCore* core_;
  std::string name_;
  Track* track_;
};

} // namespace nexus::llm::testing
