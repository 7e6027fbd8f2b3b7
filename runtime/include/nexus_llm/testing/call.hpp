#pragma once

#include <chrono>
#include <string>

#include <caf/actor.hpp>
#include <caf/message.hpp>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/errors.hpp"
#include "nexus_llm/request_id.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class ScriptCore;
struct Track;

/// One request of a requester of its own. Cheap to copy; valid as long as its script.
class Call {
public:
  /// Sends `message` to `receiver`, who is called that in reports.
  Call(ScriptCore& core, std::string name, const caf::actor& receiver, caf::message message,
       const Where& where);
  /// The same for a request to a role, which has an id.
  Call(ScriptCore& core, std::string name, AIRole role, RequestId id, caf::message message,
       const Where& where);

  /// The requester has this answer. An object may leave out the type: its members are meant.
  void is_answered(const Pattern& answer = {}, Where where = Where::here()) const;
  /// The requester has this error; `error` says more of it.
  void fails(ErrorCode code, const Pattern& error = "{}", Where where = Where::here()) const;
  /// Lets virtual time pass until the answer is there, up to a limit.
  void comes_within(std::chrono::milliseconds limit) const;
  /// The requester has no answer yet. One that says so may be without one when the script ends.
  void waits(Where where = Where::here()) const;
  /// The requester is killed; its answer goes nowhere.
  void dies(Where where = Where::here()) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Of a request to a role.
  [[nodiscard]] AIRole role() const noexcept { return role_; }
  [[nodiscard]] const RequestId& id() const noexcept { return id_; }

private:
  ScriptCore* core_;
  std::string name_;
  AIRole role_ = AIRole::overseer;
  RequestId id_;
  Track* track_;
};

} // namespace nexus::llm::testing
