// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/input_history.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm::cli {

bool InputHistory::add(std::string text) {
  if (text.empty() || (!texts_.empty() && texts_.back() == text))
    return false;
  texts_.push_back(std::move(text));
  if (texts_.size() > most)
    texts_.erase(texts_.begin());
  return true;
}

std::optional<std::size_t> InputHistory::find(std::string_view part, std::size_t behind) const {
  for (auto place = std::min(behind, texts_.size()); place > 0; --place)
    if (texts_[place - 1].find(part) != std::string::npos)
      return place - 1;
  return std::nullopt;
}

} // namespace nexus::llm::cli
