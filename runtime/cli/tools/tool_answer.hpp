// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/field.hpp"

namespace nexus::llm::cli {

/// A tool call that the user's command has answered: an object of `--json`.
struct ToolAnswer {
  ToolCall call = {};
  std::string result = {}; ///< what the model is told
  bool failed = false;

  static constexpr std::string_view type_name = "ToolAnswer";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"call", self.call}, Field{"result", self.result},
                 Field{"failed", self.failed});
  }
};

} // namespace nexus::llm::cli
