// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/history_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>

#include "config/file_io.hpp"
#include "config/file_replacement.hpp"
#include "config/json.hpp"
#include "runtime/cli/state_directory.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::chrono::milliseconds history_patience{1000};
constexpr std::size_t largest_history = std::size_t{256} << 20;

std::string read_history(const std::filesystem::path& path) {
  std::error_code ignored;
  return read_file(path, largest_history, ignored).value_or("");
}

/// Returns the text behind all but the last `count` line ends.
std::string_view last_lines(std::string_view text, std::size_t count) {
  const auto all = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  for (auto skip = all > count ? all - count : 0; skip > 0; --skip)
    text.remove_prefix(text.find('\n') + 1);
  return text;
}

} // namespace

std::vector<std::string> HistoryFile::load() const {
  const auto content = read_history(path_);
  std::vector<std::string> texts;
  for (auto rest = last_lines(content, most_); !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    if (const auto value = json::parse(rest.substr(0, end)); value && value->IsString())
      texts.emplace_back(json::text_of(*value));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return texts;
}

std::error_code HistoryFile::add(std::string_view text) const {
  if (text.size() > longest_text)
    return {};
  if (const auto error = make_private_directory(path_.parent_path()))
    return error;
  // Without the lock, a text that another process adds while the file is replaced would be lost.
  std::error_code error;
  const auto lock = lock_directory(path_.parent_path(), history_patience, error);
  if (error)
    return error;
  auto content = read_history(path_);
  json::Document document;
  auto line = json::to_text(json::make_string(text, document.GetAllocator())) + "\n";
  // A crash may have left a part of a line.
  if (!content.empty() && !content.ends_with('\n'))
    line.insert(0, 1, '\n');
  content += line;
  if (static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n')) > 2 * most_)
    return replace_file(path_, last_lines(content, most_));
  const FileDescriptor file{::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)};
  if (!file.valid())
    return last_error();
  return write_all(file, line);
}

} // namespace nexus::llm::cli
