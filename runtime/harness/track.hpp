// SPDX-License-Identifier: BSD-3-Clause
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

/// The ordered messages or HTTP requests of one observer of a script: the unread ones, and those
/// that have met an expectation.
struct Track {
  struct Item {
    std::chrono::nanoseconds time{};
    std::shared_ptr<const json::Document> value; ///< for comparison with patterns
    std::string text;                            ///< for reports
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
