// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class ScriptCore;
struct Track;

/// The messages from one actor to another, including answers. Cheap to copy; valid as long as its
/// script; thread of the script only.
class Channel {
public:
  /// An empty name matches any actor. Ignores messages that do not match `only`.
  Channel(ScriptCore& core, const std::string& sender, const std::string& receiver,
          const Pattern& only);

  /// Expects these messages next, in this order.
  void carries(const std::vector<Pattern>& messages, Where where = Where::here()) const;

private:
  ScriptCore* core_;
  Track* track_;
};

} // namespace nexus::llm::testing
