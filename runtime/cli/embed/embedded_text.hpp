// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_text.hpp"
#include "nexus_llm/field.hpp"

namespace nexus::llm::cli {

/// The vector of a text: an object of `--json`.
struct EmbeddedText {
  std::uint64_t index = 0;               ///< counts the texts, from 0
  std::optional<json::JsonText> id = {}; ///< of the input, if it has one
  std::optional<std::string> file = {};
  std::optional<std::uint64_t> line = {};
  std::string model = {};
  std::vector<float> embedding = {};

  static constexpr std::string_view type_name = "EmbeddedText";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"index", self.index}, Field{"id", self.id}, Field{"file", self.file},
                 Field{"line", self.line}, Field{"model", self.model},
                 Field{"embedding", self.embedding});
  }
};

} // namespace nexus::llm::cli
