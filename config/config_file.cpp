// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "config/file_io.hpp"
#include "config/json.hpp"
#include "config/json_editor.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"

namespace nexus::llm {

namespace {

namespace fs = std::filesystem;
using json::Document;
using json::Value;
using Path = std::vector<std::string>;

constexpr std::string_view section_name = "llm";
/// Two hundred programs that save at once take twenty seconds on a slow disk.
constexpr std::chrono::seconds lock_patience{30};
constexpr int most_attempts_without_lock = 5;

struct LoadedFile {
  std::string bytes;
  std::string text;  ///< without a byte order mark
  Document document; ///< a JSON object
  LLMClientConfig config;
};

/// Splits a dotted path into keys.
Path split(std::string_view joined) {
  Path path;
  for (auto dot = joined.find('.'); dot != std::string_view::npos; dot = joined.find('.')) {
    path.emplace_back(joined.substr(0, dot));
    joined.remove_prefix(dot + 1);
  }
  path.emplace_back(joined);
  return path;
}

/// Returns the path of a setting in the file.
Path path_in_file(std::string_view key_path) {
  return split(std::string{section_name} + "." + std::string{key_path});
}

std::string at_line(const fs::path& path, std::size_t line) {
  return path.string() + ", line " + std::to_string(line);
}

std::string with_reason(const fs::path& path, const std::string& reason) {
  return path.string() + " (" + reason + ")";
}

/// Describes a path that is not a regular file. Empty for regular and missing files.
std::string kind_of(const fs::path& path) {
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  switch (status.type()) {
  case fs::file_type::directory:
    return "a directory";
  case fs::file_type::fifo:
  case fs::file_type::socket:
    return "a pipe";
  case fs::file_type::character:
  case fs::file_type::block:
    return "a device";
  default:
    return {};
  }
}

/// Reads a file. Caches the content of pipes: the settings are read several times, but a pipe
/// returns its content only once. Thread-safe.
Result<std::string> read_bytes(const fs::path& path) {
  using Identity = std::pair<dev_t, ino_t>;
  static std::mutex mutex;
  static std::map<Identity, std::string> pipes;
  struct stat status {};
  const bool pipe = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  const auto lock = pipe ? std::unique_lock{mutex} : std::unique_lock<std::mutex>{};
  if (pipe)
    if (const auto known = pipes.find({status.st_dev, status.st_ino}); known != pipes.end())
      return known->second;
  std::error_code error;
  auto bytes = read_file(path, largest_config_file, error);
  if (!bytes)
    return failure(ErrorCode::config_unreadable, with_reason(path, error.message()),
                   error.message());
  if (pipe)
    pipes.emplace(Identity{status.st_dev, status.st_ino}, *bytes);
  return std::move(*bytes);
}

Result<LoadedFile> interpret(const fs::path& path, std::string bytes) {
  if (const auto fault = text_fault(bytes); !fault.empty())
    return failure(ErrorCode::config_malformed, path.string() + " " + fault);
  std::string text{without_byte_order_mark(bytes)};
  auto document = json::parse(text);
  if (!document) {
    const auto& error = document.error();
    return failure(ErrorCode::config_malformed, at_line(path, error.line) + ", column " +
                                                    std::to_string(error.column) + ": " +
                                                    error.what);
  }
  if (!document->IsObject())
    return failure(ErrorCode::config_malformed, at_line(path, 1) + ": it must be an object");
  LoadedFile file{std::move(bytes), std::move(text), std::move(*document), {}};
  if (const auto* section = json::find(file.document, section_name)) {
    auto config = apply_section({}, *section);
    if (!config) {
      auto error = std::move(config.error());
      error.subject +=
          " (" + at_line(path, JsonEditor{file.text}.line_of(split(error.detail))) + ")";
      return failure(std::move(error));
    }
    file.config = std::move(*config);
  }
  return file;
}

Result<LoadedFile> load_file(const fs::path& path) {
  auto bytes = read_bytes(path);
  if (!bytes)
    return failure(std::move(bytes.error()));
  return interpret(path, std::move(*bytes));
}

/// As `load_file`, but a missing file reads as an empty object.
Result<LoadedFile> load_or_create(const fs::path& path) {
  std::error_code error;
  return !fs::exists(path, error) && !error ? interpret(path, "{}\n") : load_file(path);
}

Result<void> write_failed(const fs::path& path, const std::string& reason) {
  return failure(ErrorCode::config_write_failed, with_reason(path, reason), reason);
}

/// Checks that a path may be saved to.
Result<void> check_target(const fs::path& path) {
  if (path.empty())
    return failure(ErrorCode::config_write_failed, std::string{no_home});
  if (const auto kind = kind_of(path); !kind.empty())
    return write_failed(path, "it is " + kind + ", which can only be read");
  return {};
}

/// Locks the directory of a file that is to be saved, and creates it if it is missing. The
/// descriptor is invalid if there are no locks.
Result<FileDescriptor> lock_to_save(const fs::path& path, const SaveWarning& warn) {
  if (auto possible = check_target(path); !possible)
    return failure(std::move(possible.error()));
  std::error_code error;
  const auto directory = follow_links(path).parent_path();
  fs::create_directories(directory, error);
  auto lock = error ? FileDescriptor{} : lock_directory(directory, lock_patience, error, warn);
  if (error)
    return failure(write_failed(path, error == std::errc::operation_would_block
                                          ? "another program holds the lock of its directory"
                                          : error.message())
                       .error());
  return lock;
}

/// Changes a file while holding the lock of its directory. `change` edits the text or fails with an
/// error. The edited text must contain valid settings.
template <class Change>
Result<LLMClientConfig> rewrite(const fs::path& path, const SaveWarning& warn, Change change) {
  const auto lock = lock_to_save(path, warn);
  if (!lock)
    return failure(lock.error());
  for (int attempt = 1;; ++attempt) {
    auto file = load_or_create(path);
    if (!file)
      return failure(std::move(file.error()));
    JsonEditor editor{file->text};
    if (Result<void> changed = change(*file, editor); !changed)
      return failure(std::move(changed.error()));
    if (editor.text() == file->text)
      return std::move(file->config);
    const auto mark = std::string_view{file->bytes}.substr(
        0, file->bytes.size() - without_byte_order_mark(file->bytes).size());
    auto bytes = std::string{mark} + editor.text();
    auto after = interpret(path, bytes);
    if (!after)
      return failure(std::move(after.error()));
    // Without a lock, retry if another program has changed the file in the meantime.
    if (!lock->valid() && attempt < most_attempts_without_lock)
      if (const auto now = load_or_create(path); now && now->bytes != file->bytes)
        continue;
    if (const auto error = replace_file(path, bytes, warn))
      return failure(write_failed(path, error.message()).error());
    return std::move(after->config);
  }
}

/// Returns whether a merge patch assigns a value to this setting.
bool names_value(const Value& patch, std::string_view key_path) {
  const auto* value = &patch;
  for (const auto& name : split(key_path))
    if (value = json::find(*value, name); value == nullptr)
      return false;
  return !value->IsNull();
}

/// Erases all members that a merge patch sets to null. Ignores other members.
void erase_nulls(const Value& patch, Path& path, JsonEditor& editor) {
  for (const auto& member : patch.GetObject()) {
    path.emplace_back(json::text_of(member.name));
    if (member.value.IsNull())
      editor.erase(path);
    else if (member.value.IsObject())
      erase_nulls(member.value, path, editor);
    path.pop_back();
  }
}

} // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const auto* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0')
      return std::nullopt;
    return std::string{value};
  };
}

std::string_view to_string(ConfigLocation::Reason reason) noexcept {
  switch (reason) {
  case ConfigLocation::Reason::given:
    return "given";
  case ConfigLocation::Reason::environment:
    return "NEXUS_OVERSEER_CONFIG";
  case ConfigLocation::Reason::project:
    return "project directory";
  case ConfigLocation::Reason::user:
    return "user directory";
  case ConfigLocation::Reason::nowhere:
    return "no home directory";
  }
  return "user directory";
}

fs::path expand_home(const fs::path& path, const Environment& environment) {
  const auto& text = path.native();
  if (text != "~" && !text.starts_with("~/"))
    return path;
  const auto home = environment("HOME");
  return home ? fs::path{*home + text.substr(1)} : path;
}

ConfigLocation find_config(const std::optional<fs::path>& given, const Environment& environment,
                           const fs::path& working_directory) {
  using Reason = ConfigLocation::Reason;
  auto at = [](fs::path path, Reason reason) {
    std::error_code ignored;
    const bool exists = fs::exists(path, ignored);
    return ConfigLocation{std::move(path), reason, exists};
  };
  if (given)
    return at(expand_home(*given, environment), Reason::given);
  if (const auto named = environment("NEXUS_OVERSEER_CONFIG"))
    return at(expand_home(*named, environment), Reason::environment);
  const auto project_directory = working_directory / ".nexus-overseer";
  auto project = at(project_directory / "config.json", Reason::project);
  if (project.exists)
    return project;
  auto base = environment("XDG_CONFIG_HOME");
  // The XDG Base Directory Specification requires ignoring relative paths.
  if (base && !fs::path{*base}.is_absolute())
    base.reset();
  const auto home = environment("HOME");
  std::error_code ignored;
  const bool in_project = fs::is_directory(project_directory, ignored);
  // Not beside the working directory: nobody would look for it there.
  if (!base && !home)
    return in_project ? project : ConfigLocation{.reason = Reason::nowhere};
  auto user =
      at((base ? fs::path{*base} : fs::path{*home} / ".config") / "nexus-overseer" / "config.json",
         Reason::user);
  return !user.exists && in_project ? project : user;
}

Result<LLMClientConfig> load_config(const fs::path& path) {
  return load_file(path).map([](LoadedFile&& file) { return std::move(file.config); });
}

bool file_sets(const fs::path& path, std::string_view key_path) {
  const auto file = load_file(path);
  return file && JsonEditor{file->text}.contains(path_in_file(key_path));
}

ConfigDoubts doubts_about(const fs::path& path) {
  const auto file = load_file(path);
  if (!file)
    return {};
  ConfigDoubts doubts;
  const std::string section{section_name};
  std::size_t sections = 0;
  for (const auto& member : file->document.GetObject())
    sections += json::text_of(member.name) == section_name ? 1 : 0;
  if (sections > 1)
    doubts.duplicates.push_back(section);
  if (const auto* settings = json::find(file->document, section_name)) {
    for (const auto& key : unknown_keys(*settings))
      doubts.unknown.push_back(key);
    for (const auto& key : duplicate_keys(*settings))
      doubts.duplicates.push_back(section + "." + key);
  }
  return doubts;
}

Result<std::string> read_to_edit(const fs::path& path) {
  if (auto possible = check_target(path); !possible)
    return failure(std::move(possible.error()));
  std::error_code error;
  if (!fs::exists(path, error) && !error)
    return std::string{};
  return read_bytes(path);
}

Result<LLMClientConfig> check_config_text(const fs::path& path, std::string_view content) {
  return interpret(path, std::string{content}).map([](LoadedFile&& file) {
    return std::move(file.config);
  });
}

Result<void> replace_config(const fs::path& path, std::string_view before, std::string_view content,
                            const SaveWarning& warn) {
  if (auto valid = check_config_text(path, content); !valid)
    return failure(std::move(valid.error()));
  const auto lock = lock_to_save(path, warn);
  if (!lock)
    return failure(lock.error());
  const auto now = read_to_edit(path);
  if (!now)
    return failure(now.error());
  if (*now != before)
    return write_failed(path, "another program has changed it meanwhile");
  if (const auto error = replace_file(path, content, warn))
    return write_failed(path, error.message());
  return {};
}

Result<void> save_config(const fs::path& path, const LLMClientConfig& config,
                         const SaveWarning& warn) {
  const auto valid = validate(config);
  if (!valid)
    return failure(valid.error());
  auto change = [&valid](LoadedFile& file, JsonEditor& editor) -> Result<void> {
    Document values;
    for (const auto& key : config_keys())
      if (value_text(key, *valid) != value_text(key, file.config))
        editor.assign(path_in_file(key.path), key.get(*valid, values.GetAllocator()));
    return {};
  };
  return rewrite(path, warn, change).map([](const LLMClientConfig&) {});
}

Result<LLMClientConfig> update_config(const fs::path& path, std::string_view merge_patch,
                                      const SaveWarning& warn) {
  const auto patch = parse_update(merge_patch);
  if (!patch)
    return failure(patch.error());
  return rewrite(path, warn, [&patch](LoadedFile& file, JsonEditor& editor) -> Result<void> {
    Value section{rapidjson::kObjectType};
    auto& allocator = file.document.GetAllocator();
    if (const auto* present = json::find(file.document, section_name))
      section.CopyFrom(*present, allocator);
    merge_patch_into(section, *patch, allocator);
    const auto config = apply_section({}, section);
    if (!config)
      return failure(config.error());
    Path at{std::string{section_name}};
    erase_nulls(*patch, at, editor);
    for (const auto& key : config_keys())
      if (names_value(*patch, key.path))
        editor.assign(path_in_file(key.path), key.get(*config, allocator));
    return {};
  });
}

} // namespace nexus::llm
