// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/json_text.hpp"
#include "nexus_llm/field.hpp"
#include "nexus_llm/llm_response.hpp"
#include "runtime/cli/json_output.hpp"

namespace nexus::llm::cli {

/// What became of one line of a batch: a line of its output, with `--json` or without.
struct BatchRecord {
  std::uint64_t line = 0;                ///< counts from 1; first, since it marks a record
  std::optional<json::JsonText> id = {}; ///< of the input, if it has one
  std::string digest = {};               ///< of the input: another one has another digest
  std::optional<LLMResponse> answer = {};
  std::optional<ErrorObject> error = {}; ///< instead of an answer

  static constexpr std::string_view type_name = "BatchRecord";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"line", self.line}, Field{"id", self.id}, Field{"digest", self.digest},
                 Field{"answer", self.answer}, Field{"error", self.error});
  }
};

} // namespace nexus::llm::cli
