#pragma once

#include <string>
#include <vector>

#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class ScriptCore;
struct Track;

/// The messages from one actor to another, answers too. Cheap to copy; valid as long as its script.
class Channel {
public:
  /// An empty name stands for anybody; messages that `only` does not fit are not kept.
  Channel(ScriptCore& core, const std::string& sender, const std::string& receiver,
          const Pattern& only);

  /// The next messages are these, in this order.
  void carries(const std::vector<Pattern>& messages, Where where = Where::here()) const;

private:
  ScriptCore* core_;
  Track* track_;
};

} // namespace nexus::llm::testing
