// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/fenced_code.hpp"

#include <algorithm>
#include <optional>

#include "config/text.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t shortest_fence = 3;

/// The line that begins a block.
struct Fence {
  char mark = '`';
  std::size_t length = 0;
  std::size_t indentation = 0;
};

std::size_t count_of_first(std::string_view line, char mark) {
  return std::min(line.find_first_not_of(mark), line.size());
}

std::optional<Fence> opened_by(std::string_view line) {
  const auto indentation = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(indentation);
  if (line.empty() || (line.front() != '`' && line.front() != '~'))
    return std::nullopt;
  const Fence fence{line.front(), count_of_first(line, line.front()), indentation};
  // Backticks further on make it code within a line of text.
  const bool inline_code = fence.mark == '`' && line.find('`', fence.length) != line.npos;
  return fence.length >= shortest_fence && !inline_code ? std::optional{fence} : std::nullopt;
}

bool is_closed_by(const Fence& fence, std::string_view line) {
  line = trim(line);
  return line.size() >= fence.length && count_of_first(line, fence.mark) == line.size();
}

std::string_view without_indentation(std::string_view line, const Fence& fence) {
  const auto blank = std::min(line.find_first_not_of(" \t"), line.size());
  return line.substr(std::min(blank, fence.indentation));
}

} // namespace

std::vector<std::string> fenced_code(std::string_view text) {
  std::vector<std::string> blocks;
  std::optional<Fence> fence;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!fence) {
      fence = opened_by(line);
      if (fence)
        blocks.emplace_back();
    } else if (is_closed_by(*fence, line)) {
      fence.reset();
    } else {
      blocks.back().append(without_indentation(line, *fence)).append("\n");
    }
  }
  return blocks;
}

} // namespace nexus::llm::cli
