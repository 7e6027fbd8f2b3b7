#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"
#include "runtime/harness/event.hpp"

namespace nexus::llm::testing {

/// Something that one party of a script gets or does, in order: what came, and what was expected of
/// it so far.
struct Track {
  struct Item {
    std::chrono::nanoseconds time{};
    std::shared_ptr<const json::Document> value; ///< what patterns are compared with
    std::string text;                            ///< for people
  };
  struct Met {
    std::string expected;
    Where where;
    Item actual;
  };

  std::string name;                        ///< such as `the subscriber view`
  std::function<bool(const Event&)> wants; ///< the messages that belong to it
  std::deque<Item> unread;
  std::vector<Met> met;
};

} // namespace nexus::llm::testing
