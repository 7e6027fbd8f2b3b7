#include "config/config_file.hpp"

#include <algorithm>
#include <cstdlib>

#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "config/file_io.hpp"
#include "config/json.hpp"

namespace nexus::llm {

namespace {

namespace fs = std::filesystem;
using json::Allocator;
using json::Document;
using json::Value;

constexpr std::size_t largest_file = 16u << 20;
constexpr std::string_view section_name = "llm";

struct LoadedFile {
  std::string text;
  Document document; ///< an object
  LLMClientConfig config;
};

std::string at_line(const fs::path& path, std::size_t line) {
  return path.string() + ", line " + std::to_string(line);
}

std::size_t line_of(std::string_view text, std::string_view member_path) {
  for (const auto& member : json::members(text))
    if (member.path == member_path)
      return member.line;
  return 1;
}

Result<LoadedFile> interpret(const fs::path& path, std::string text) {
  auto document = json::parse(text);
  if (!document) {
    const auto& error = document.error();
    return failure(ErrorCode::config_malformed, at_line(path, error.line) + ", column " +
                                                    std::to_string(error.column) + ": " +
                                                    error.what);
  }
  if (!document->IsObject())
    return failure(ErrorCode::config_malformed, at_line(path, 1) + ": it must be an object");
  LoadedFile file{std::move(text), std::move(*document), {}};
  if (const auto* section = json::find(file.document, section_name)) {
    auto config = apply_section({}, *section);
    if (!config) {
      auto error = std::move(config.error());
      error.subject += " (" + at_line(path, line_of(file.text, error.detail)) + ")";
      return failure(std::move(error));
    }
    file.config = std::move(*config);
  }
  return file;
}

Result<LoadedFile> load_file(const fs::path& path) {
  std::error_code error;
  auto text = read_file(path, largest_file, error);
  if (!text)
    return failure(ErrorCode::config_unreadable, path.string(), error.message());
  return interpret(path, std::move(*text));
}

/// As `load_file`, but a file that is not there yet reads as an empty object.
Result<LoadedFile> load_or_create(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error)
    return interpret(path, "{}\n");
  return load_file(path);
}

std::string indented(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 3))
    text.insert(at + 1, "  ");
  return text;
}

/// The file's text with another `llm` section; all else stays byte for byte.
std::string with_section(const std::string& text, const Value& section) {
  const auto content = indented(json::to_pretty_text(section));
  const auto all = json::members(text);
  const json::Member* present = nullptr;
  bool any_member = false;
  for (const auto& member : all) {
    any_member = true;
    if (member.path == section_name)
      present = &member;
  }
  if (present != nullptr)
    return text.substr(0, present->value_begin) + content + text.substr(present->value_end);
  const auto entry = "\n  \"" + std::string{section_name} + "\": " + content + "\n";
  if (!any_member)
    return "{" + entry + "}\n";
  const auto closing = text.rfind('}');
  const auto last = text.find_last_not_of(" \t\r\n", closing - 1);
  return text.substr(0, last + 1) + "," + entry + text.substr(closing);
}

/// Changes the section of a file under the lock of its directory. `change` edits the section and
/// says what is wrong, if anything.
template <class Change> Result<LLMClientConfig> rewrite(const fs::path& path, Change change) {
  auto write_failed = [&path](const std::error_code& error) {
    return failure(ErrorCode::config_write_failed, path.string(), error.message());
  };
  std::error_code error;
  const auto directory = path.has_parent_path() ? path.parent_path() : fs::path{"."};
  fs::create_directories(directory, error);
  if (error)
    return write_failed(error);
  const auto lock = lock_directory(directory, error);
  if (error)
    return write_failed(error);

  auto file = load_or_create(path);
  if (!file)
    return failure(std::move(file.error()));
  auto& allocator = file->document.GetAllocator();
  if (json::find(file->document, section_name) == nullptr)
    file->document.AddMember(json::make_string(section_name, allocator),
                             Value{rapidjson::kObjectType}, allocator);
  auto& section = *json::find(file->document, section_name);
  if (Result<void> changed = change(file->config, section, allocator); !changed)
    return failure(std::move(changed.error()));
  auto config = apply_section({}, section);
  if (!config)
    return config;
  const auto text = with_section(file->text, section);
  if (text == file->text)
    return config;
  if (error = replace_file(path, text); error)
    return write_failed(error);
  return config;
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
  }
  return "user directory";
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
    return at(*given, Reason::given);
  if (const auto named = environment("NEXUS_OVERSEER_CONFIG"))
    return at(*named, Reason::environment);
  const auto project_directory = working_directory / ".nexus-overseer";
  auto project = at(project_directory / "config.json", Reason::project);
  if (project.exists)
    return project;
  const auto base = environment("XDG_CONFIG_HOME");
  const auto home = environment("HOME");
  if (!base && !home)
    return project;
  auto user =
      at((base ? fs::path{*base} : fs::path{*home} / ".config") / "nexus-overseer" / "config.json",
         Reason::user);
  std::error_code ignored;
  if (!user.exists && fs::is_directory(project_directory, ignored))
    return project;
  return user;
}

Result<LLMClientConfig> load_config(const fs::path& path) {
  return load_file(path).map([](LoadedFile&& file) { return std::move(file.config); });
}

bool file_sets(const fs::path& path, std::string_view key_path) {
  std::error_code error;
  const auto text = read_file(path, largest_file, error);
  if (!text || !json::parse(*text))
    return false;
  const auto wanted = std::string{section_name} + "." + std::string{key_path};
  const auto all = json::members(*text);
  return std::any_of(all.begin(), all.end(),
                     [&wanted](const auto& member) { return member.path == wanted; });
}

Result<void> save_config(const fs::path& path, const LLMClientConfig& config) {
  const auto valid = validate(config);
  if (!valid)
    return failure(valid.error());
  return rewrite(path,
                 [&valid](const LLMClientConfig& old, Value& section,
                          Allocator& allocator) -> Result<void> {
                   for (const auto& key : config_keys())
                     if (value_text(key, *valid) != value_text(key, old))
                       set_path(section, key.path, key.get(*valid, allocator), allocator);
                   return {};
                 })
      .map([](const LLMClientConfig&) {});
}

Result<LLMClientConfig> update_config(const fs::path& path, std::string_view merge_patch) {
  const auto patch = parse_update(merge_patch);
  if (!patch)
    return failure(patch.error());
  return rewrite(
      path, [&patch](const LLMClientConfig&, Value& section, Allocator& allocator) -> Result<void> {
        merge_patch_into(section, *patch, allocator);
        return {};
      });
}

} // namespace nexus::llm
