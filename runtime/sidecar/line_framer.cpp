// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/line_framer.hpp"

#include <utility>

namespace nexus::llm::sidecar {

void LineFramer::append(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() > limit_ && buffer_.find('\n', searched_) == std::string::npos) {
    skipping_ = true;
    buffer_.clear();
    searched_ = 0;
  }
}

std::optional<LineFramer::Line> LineFramer::next() {
  const auto end = buffer_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = buffer_.size();
    return std::nullopt;
  }
  Line line{.text = buffer_.substr(0, end), .too_long = std::exchange(skipping_, false)};
  buffer_.erase(0, end + 1);
  searched_ = 0;
  if (line.too_long || line.text.size() > limit_)
    return Line{.text = {}, .too_long = true};
  if (line.text.ends_with('\r'))
    line.text.pop_back();
  return line;
}

std::optional<LineFramer::Line> LineFramer::last() {
  if (buffer_.empty() && !skipping_)
    return std::nullopt;
  buffer_ += '\n';
  return next();
}

} // namespace nexus::llm::sidecar
