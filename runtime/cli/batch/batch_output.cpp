// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/batch/batch_output.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <utility>

#include "config/describe_json.hpp"
#include "config/file_replacement.hpp"
#include "config/text.hpp"
#include "runtime/cli/batch/batch_record.hpp"

namespace nexus::llm::cli {

namespace {

constexpr mode_t all_that_the_mask_permits = 0666;
/// What every record begins with: an incomplete one can be told from other content.
constexpr std::string_view beginning = "{\"line\":";
/// A wrong number must not take all memory.
constexpr std::uint64_t most_lines = std::uint64_t{1} << 28;
constexpr std::size_t largest_record = std::size_t{1} << 30;
constexpr std::size_t digest_digits = 16;

std::string hex_of(std::uint64_t number) {
  std::array<char, digest_digits + 1> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

std::optional<std::uint64_t> number_of_hex(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return text.size() == digest_digits && error == std::errc{} && end == text.data() + text.size()
             ? std::optional{number}
             : std::nullopt;
}

/// The part of a digest that is remembered.
std::uint32_t mark_of(std::uint64_t digest) {
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(digest));
}

bool begins_like_a_record(std::string_view text) {
  return text.starts_with(beginning) || beginning.starts_with(text);
}

/// Removes a file that was not put into place.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : name_{target.string() + ".XXXXXX"}, file_{::mkostemp(name_.data(), O_APPEND | O_CLOEXEC)} {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (file_.valid())
      ::unlink(name_.c_str());
  }

  [[nodiscard]] const FileDescriptor& file() const { return file_; }
  /// Returns the open file, which now has the name `target`; an invalid one on failure.
  [[nodiscard]] FileDescriptor put(const std::filesystem::path& target) {
    if (::rename(name_.c_str(), target.c_str()) != 0)
      return FileDescriptor{};
    return std::move(file_);
  }

private:
  std::string name_;
  FileDescriptor file_;
};

} // namespace

std::string batch_record(std::uint64_t line, const std::string& id, std::uint64_t digest,
                         const Result<LLMResponse>& answer) {
  BatchRecord record{.line = line, .digest = hex_of(digest)};
  if (!id.empty())
    record.id = json::JsonText{id};
  if (answer)
    record.answer = *answer;
  else
    record.error = error_object(answer.error());
  return json::describe(record);
}

tl::unexpected<LLMError> BatchOutput::unusable(const std::string& why) const {
  return failure(ErrorCode::invalid_argument, "`" + name_ + "` " + why);
}

BatchOutput::BatchOutput(const std::string& name) : name_{name}, path_{follow_links(name)} {}

Result<BatchOutput> BatchOutput::open(const std::string& path) {
  BatchOutput output{path};
  if (auto opened = output.open_file(); !opened)
    return failure(std::move(opened.error()));
  if (!output.regular_)
    return output;
  if (auto locked = output.lock(); !locked)
    return failure(std::move(locked.error()));
  if (auto read = output.read_records(); !read)
    return failure(std::move(read.error()));
  return output;
}

Result<void> BatchOutput::open_file() {
  struct stat status {};
  regular_ = ::stat(path_.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  const int flags = (regular_ ? O_RDWR | O_CREAT | O_APPEND : O_WRONLY) | O_CLOEXEC;
  if (regular_)
    file_ = FileDescriptor{::open(path_.c_str(), flags | O_EXCL, all_that_the_mask_permits)};
  made_ = file_.valid();
  if (!made_)
    file_ = FileDescriptor{::open(path_.c_str(), flags, all_that_the_mask_permits)};
  if (!file_.valid())
    return unusable("cannot be written: " + last_error().message());
  return {};
}

Result<void> BatchOutput::lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0)
    locked_ = true;
  else if (errno == EWOULDBLOCK)
    return unusable("is in use by another batch");
  // The batch that had the lock before may have replaced the file.
  struct stat here {};
  struct stat there {};
  if (::fstat(file_.get(), &here) != 0 || ::stat(path_.c_str(), &there) != 0 ||
      here.st_dev != there.st_dev || here.st_ino != there.st_ino)
    return unusable("is in use by another batch");
  return {};
}

Result<std::string>
BatchOutput::scan(const std::function<Result<void>(const Record&)>& visit) const {
  std::string pending;
  std::uint64_t begin = 0; // of `pending`
  std::uint64_t count = 0;
  std::array<char, 64 * 1024> buffer{};
  for (;;) {
    const auto got = ::pread(file_.get(), buffer.data(), buffer.size(),
                             static_cast<off_t>(begin + pending.size()));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return unusable("cannot be read: " + last_error().message());
    if (got == 0)
      return pending;
    const auto searched = pending.size();
    pending.append(buffer.data(), static_cast<std::size_t>(got));
    std::size_t used = 0;
    for (auto end = pending.find('\n', searched); end != std::string::npos;
         end = pending.find('\n', used)) {
      ++count;
      auto record = parse(std::string_view{pending}.substr(used, end - used));
      if (!record)
        return unusable("holds something else than the records of a batch, at line " +
                        std::to_string(count));
      record->offset = begin + used;
      record->size = end + 1 - used;
      if (auto visited = visit(*record); !visited)
        return failure(std::move(visited.error()));
      used = end + 1;
    }
    pending.erase(0, used);
    begin += used;
    if (pending.size() > largest_record || (count == 0 && !begins_like_a_record(pending)))
      return unusable("holds something else than the records of a batch");
  }
}

std::optional<BatchOutput::Record> BatchOutput::parse(std::string_view text) {
  if (!text.starts_with(beginning))
    return std::nullopt;
  const auto value = json::parse(text);
  if (!value)
    return std::nullopt;
  const auto* line = json::find(*value, "line");
  const auto digest = number_of_hex(json::find_text(*value, "digest").value_or(""));
  const auto* answer = json::find(*value, "answer");
  const auto* error = json::find(*value, "error");
  if (line == nullptr || !line->IsUint64() || line->GetUint64() == 0 ||
      line->GetUint64() > most_lines || !digest || (answer == nullptr) == (error == nullptr))
    return std::nullopt;
  return Record{.line = line->GetUint64(), .digest = *digest, .failed = error != nullptr};
}

Result<void> BatchOutput::note(const Record& record) {
  if (has(record.line))
    return unusable("holds two records of line " + std::to_string(record.line));
  if (marks_.size() < record.line)
    marks_.resize(record.line);
  marks_[record.line - 1] = mark_of(record.digest);
  ++(record.failed ? failed_ : answered_);
  return {};
}

Result<void> BatchOutput::read_records() {
  std::uint64_t end = 0;
  const auto tail = scan([this, &end](const Record& record) {
    end = record.offset + record.size;
    return note(record);
  });
  if (!tail)
    return failure(tail.error());
  return tail->empty() ? Result<void>{} : settle_tail(*tail, end);
}

Result<void> BatchOutput::settle_tail(const std::string& tail, std::uint64_t offset) {
  if (const auto record = parse(tail)) {
    // Only its line end is missing.
    if (const auto error = write_all(file_, "\n"))
      return unusable("cannot be written: " + error.message());
    return note(*record);
  }
  if (!begins_like_a_record(tail))
    return unusable("holds something else than the records of a batch, at its end");
  if (::ftruncate(file_.get(), static_cast<off_t>(offset)) != 0)
    return unusable("cannot be written: " + last_error().message());
  cut_ = true;
  return {};
}

bool BatchOutput::has(std::uint64_t line) const {
  return line > 0 && line <= marks_.size() && marks_[line - 1] != 0;
}

bool BatchOutput::differs(std::uint64_t line, std::uint64_t digest) const {
  return marks_[line - 1] != mark_of(digest);
}

void BatchOutput::remove_if_new() const {
  struct stat status {};
  if (made_ && ::fstat(file_.get(), &status) == 0 && status.st_size == 0)
    ::unlink(path_.c_str());
}

std::error_code BatchOutput::append(const std::string& record) {
  const auto before = regular_ ? ::lseek(file_.get(), 0, SEEK_END) : -1;
  const auto error = write_all(file_, record + "\n");
  if (error && before >= 0)
    static_cast<void>(::ftruncate(file_.get(), before) + 0);
  return error;
}

Result<void> BatchOutput::drop_failed() {
  if (failed_ == 0)
    return {};
  std::vector<Record> kept;
  const auto scanned = scan([&kept](const Record& record) {
    if (!record.failed)
      kept.push_back(record);
    return Result<void>{};
  });
  if (!scanned)
    return failure(scanned.error());
  if (auto rewritten = rewrite(kept); !rewritten)
    return rewritten;
  marks_.clear();
  answered_ = 0;
  failed_ = 0;
  for (const auto& record : kept)
    if (auto noted = note(record); !noted)
      return noted;
  return {};
}

Result<void> BatchOutput::sort() {
  if (!regular_)
    return {};
  std::vector<Record> records;
  const auto scanned = scan([&records](const Record& record) {
    records.push_back(record);
    return Result<void>{};
  });
  if (!scanned)
    return failure(scanned.error());
  if (std::ranges::is_sorted(records, {}, &Record::line))
    return {};
  std::ranges::sort(records, {}, &Record::line);
  return rewrite(records);
}

Result<void> BatchOutput::rewrite(const std::vector<Record>& records) {
  const auto failed = [this] {
    return unusable("cannot be replaced: " + last_error().message() + "; it stays as it is");
  };
  struct stat status {};
  TemporaryFile fresh{path_};
  if (!fresh.file().valid() || ::fstat(file_.get(), &status) != 0 ||
      ::fchmod(fresh.file().get(), status.st_mode & 07777) != 0)
    return failed();
  std::string text;
  for (const auto& record : records) {
    text.resize(record.size);
    for (std::size_t at = 0; at < text.size();) {
      const auto got = ::pread(file_.get(), text.data() + at, text.size() - at,
                               static_cast<off_t>(record.offset + at));
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return failed();
      at += static_cast<std::size_t>(got);
    }
    if (write_all(fresh.file(), text))
      return failed();
  }
  if (locked_ && ::flock(fresh.file().get(), LOCK_EX | LOCK_NB) != 0)
    return failed();
  if (::fsync(fresh.file().get()) != 0)
    return failed();
  auto file = fresh.put(path_);
  if (!file.valid())
    return failed();
  file_ = std::move(file);
  return {};
}

} // namespace nexus::llm::cli
