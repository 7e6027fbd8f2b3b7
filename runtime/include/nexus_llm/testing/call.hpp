// SPDX-License-Identifier: BSD-3-Clause
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

/// A request, sent by a requester that the script creates for it. Cheap to copy; valid as long as
/// its script; thread of the script only.
class Call {
public:
  /// Sends `message` to `receiver`. `name` is the name of the requester.
  Call(ScriptCore& core, std::string name, const caf::actor& receiver, caf::message message,
       const Where& where);
  /// Sends a request with an id to a role.
  Call(ScriptCore& core, std::string name, AIRole role, RequestId id, caf::message message,
       const Where& where);

  /// Expects that the requester has received this answer. An object may omit the type and consist
  /// of the members only.
  void is_answered(const Pattern& answer = {}, Where where = Where::here()) const;
  /// Expects that the requester has received this error; `error` matches its other members.
  void fails(ErrorCode code, const Pattern& error = "{}", Where where = Where::here()) const;
  /// Advances virtual time until the answer arrives, up to a limit.
  void comes_within(std::chrono::milliseconds limit) const;
  /// Expects that the requester has no answer yet. Also allows the script to end without one.
  void waits(Where where = Where::here()) const;
  /// Kills the requester; its answer is lost.
  void dies(Where where = Where::here()) const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Returns the role; only meaningful for a request to a role, like `id`.
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
