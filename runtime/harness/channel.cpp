// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/channel.hpp"

#include "runtime/harness/script_core.hpp"

namespace nexus::llm::testing {

Channel::Channel(ScriptCore& core, const std::string& sender, const std::string& receiver,
                 const Pattern& only)
    : core_{&core} {
  const auto text =
      (sender.empty() ? "anybody" : sender) + " to " + (receiver.empty() ? "anybody" : receiver);
  track_ =
      &core_->track("the way from " + text, [sender, receiver, only, &core](const Event& event) {
        if ((!sender.empty() && event.sender != sender) ||
            (!receiver.empty() && event.receiver != receiver))
          return false;
        json::Document document;
        return !only.mismatch_of_message(
            to_json(event.content, core.world().names(), document.GetAllocator()));
      });
}

void Channel::carries(const std::vector<Pattern>& messages, Where where) const {
  core_->expect(*track_, messages, where);
}

} // namespace nexus::llm::testing
