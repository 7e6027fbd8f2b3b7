// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/completion.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/text.hpp"
#include "runtime/cli/chat/chat_line.hpp"
#include "runtime/cli/chat/chat_settings.hpp"

namespace nexus::llm::cli {

namespace {

namespace fs = std::filesystem;

template <class Names>
std::vector<std::string> that_begin_with(std::string_view begin, const Names& names) {
  std::vector<std::string> candidates;
  for (const auto& name : names)
    if (std::string_view{name}.starts_with(begin))
      candidates.emplace_back(name);
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

/// Directories end with a slash.
std::vector<std::string> files_that_begin_with(std::string_view begin) {
  const auto slash = begin.rfind('/');
  const std::string directory{slash == std::string_view::npos ? "" : begin.substr(0, slash + 1)};
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry{directory.empty() ? "." : directory, error}, end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    files.push_back(directory + entry->path().filename().string() +
                    (entry->is_directory(ignored) ? "/" : ""));
  }
  return that_begin_with(begin, files);
}

} // namespace

Completion complete_chat(std::string_view text, const ChatNames& names) {
  if (!text.starts_with('/') || text.find('\n') != std::string_view::npos)
    return {};
  const auto end = text.find_first_of(" \t");
  if (end == std::string_view::npos)
    return {0, that_begin_with(text, chat_command_names())};
  const auto from = std::min(text.find_first_not_of(" \t", end), text.size());
  const auto begin = text.substr(from);
  switch (parse_chat_line(std::string{text.substr(0, end)} + " x").verb) {
  case ChatVerb::model:
    return {from, that_begin_with(begin, names.models())};
  case ChatVerb::set:
    return {from, that_begin_with(begin, ChatSettings::names())};
  case ChatVerb::load:
  case ChatVerb::save:
    return {from, that_begin_with(begin, names.conversations())};
  case ChatVerb::image:
    return {from, files_that_begin_with(begin)};
  default:
    return {};
  }
}

std::string common_beginning(const std::vector<std::string>& texts) {
  if (texts.empty())
    return {};
  std::string_view begin = texts.front();
  for (const std::string_view text : texts) {
    const auto length = std::min(begin.size(), text.size());
    const auto differ = std::mismatch(
        begin.begin(), begin.begin() + static_cast<std::ptrdiff_t>(length), text.begin());
    begin = begin.substr(0, static_cast<std::size_t>(differ.first - begin.begin()));
  }
  // Not a part of a character.
  while (!begin.empty() && begin.size() < texts.front().size() &&
         (static_cast<unsigned char>(texts.front()[begin.size()]) & 0xC0) == 0x80)
    begin.remove_suffix(1);
  return std::string{begin};
}

} // namespace nexus::llm::cli
