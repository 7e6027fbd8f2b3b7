// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/request_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>

#include "config/file_io.hpp"
#include "config/file_replacement.hpp"
#include "config/read_json.hpp"
#include "runtime/cli/log/folded_text.hpp"
#include "runtime/cli/state_directory.hpp"

namespace nexus::llm::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds log_patience{1000};
constexpr std::size_t largest_log_file = std::size_t{2} << 30;

std::error_code as_error(std::errc code) { return std::make_error_code(code); }

/// Opens the newer file. A pipe in its place would block.
FileDescriptor open_log(const fs::path& path, struct stat& status, std::error_code& error) {
  FileDescriptor file{
      ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600)};
  if (!file.valid() || ::fstat(file.get(), &status) != 0)
    error = last_error();
  else if (!S_ISREG(status.st_mode))
    error = as_error(std::errc::not_supported);
  return file;
}

/// Whether a file ends within a line, which a crash may have left.
bool ends_within_line(const FileDescriptor& file, std::uint64_t size) {
  char last = '\n';
  return size > 0 && ::pread(file.get(), &last, 1, static_cast<off_t>(size - 1)) == 1 &&
         last != '\n';
}

/// Reads an entry. Members of later versions do not matter.
std::optional<LogEntry> entry_of(std::string_view line) {
  auto value = json::parse(line);
  if (!value || !value->IsObject())
    return std::nullopt;
  LogEntry entry;
  for (auto member = value->MemberBegin(); member != value->MemberEnd();) {
    const auto name = json::text_of(member->name);
    const bool known = LogEntry::fields(
        entry, [name](const auto&... field) { return ((field.name == name) || ...); });
    member = known ? member + 1 : value->EraseMember(member);
  }
  if (json::read_value(*value, entry) || entry.id.empty())
    return std::nullopt;
  return entry;
}

bool is_wanted(const LogEntry& entry, const LogQuery& query, const std::string& text) {
  return (!query.role || entry.role == *query.role) && entry.id.starts_with(query.id) &&
         (text.empty() || folded(entry.prompt).find(text) != std::string::npos ||
          folded(entry.answer).find(text) != std::string::npos);
}

/// Adds the wanted entries of a file, from its end on. Returns false if there are enough.
bool collect(std::string_view content, const LogQuery& query, const std::string& text,
             RequestLog::Found& found) {
  while (!content.empty()) {
    if (content.back() == '\n')
      content.remove_suffix(1);
    const auto before = content.rfind('\n');
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    const auto line = content.substr(begin);
    content = content.substr(0, begin);
    if (line.empty())
      continue;
    auto entry = entry_of(line);
    if (!entry) {
      ++found.damaged;
      continue;
    }
    if (!is_wanted(*entry, query, text))
      continue;
    found.entries.push_back(std::move(*entry));
    if (query.limit > 0 && found.entries.size() == query.limit)
      return false;
  }
  return true;
}

} // namespace

std::error_code RequestLog::add(const LogEntry& entry) const {
  auto line = json::describe(entry) + "\n";
  const auto half = max_bytes_ / 2;
  if (line.size() > half)
    return as_error(std::errc::message_size);
  if (const auto error = make_private_directory(directory_))
    return error;
  std::error_code error;
  const auto lock = lock_directory(directory_, log_patience, error);
  if (error)
    return error;
  struct stat status {};
  auto file = open_log(this->file(), status, error);
  if (error)
    return error;
  auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > 0 && size + line.size() > half) {
    if (::rename(this->file().c_str(), older_file().c_str()) != 0)
      return last_error();
    file = open_log(this->file(), status, error);
    if (error)
      return error;
    size = 0;
  }
  if (ends_within_line(file, size))
    line.insert(0, 1, '\n');
  error = write_all(file, line);
  // A part of an entry would be a damaged line.
  if (error && ::ftruncate(file.get(), static_cast<off_t>(size)) != 0)
    return error;
  return error;
}

RequestLog::Found RequestLog::find(const LogQuery& query) const {
  Found found;
  std::error_code error;
  if (!fs::exists(directory_, error))
    return found;
  // Otherwise, a file might be read twice while it takes the place of the older one. Without the
  // lock, all can be read as well.
  const auto lock = lock_directory(directory_, log_patience, error);
  const auto text = folded(query.text);
  for (const auto& path : {file(), older_file()}) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored))
      continue;
    std::error_code failed;
    const auto content = read_file(path, largest_log_file, failed);
    if (failed)
      found.error = failed;
    if (content && !collect(*content, query, text, found))
      break;
  }
  return found;
}

std::error_code RequestLog::clear() const {
  std::error_code error;
  if (!fs::exists(directory_, error))
    return error;
  const auto lock = lock_directory(directory_, log_patience, error);
  if (error)
    return error;
  for (const auto& path : {file(), older_file()})
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return last_error();
  return {};
}

} // namespace nexus::llm::cli
