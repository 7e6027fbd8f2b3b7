// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/config/config_command.hpp"

#include <functional>

#include "config/config_file.hpp"
#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "runtime/cli/config/config_doubts.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

namespace {

bool is_from_environment(const ConfigKey& key) {
  return key.path == "baseUrl" && process_environment()("OLLAMA_HOST");
}

std::string origin_of(const ConfigKey& key, const CommonOptions& common,
                      const ConfigLocation& location) {
  if ((key.path == "baseUrl" && common.base_url) || (key.path == "timeout" && common.timeout))
    return "flag";
  if (is_from_environment(key))
    return "environment";
  return location.exists && file_sets(location.path, key.path) ? "file" : "default";
}

/// The value of a setting, as `config get` shows it: a text as it is, everything else as JSON.
std::string plain_text(const json::Value& value) {
  return value.IsString() ? std::string{json::text_of(value)} : json::to_text(value);
}

/// All settings as the `llm` section of a file.
json::Document section_of(const LLMClientConfig& config) {
  json::Document section{rapidjson::kObjectType};
  for (const auto& key : config_keys())
    set_path(section, key.path, key.get(config, section.GetAllocator()), section.GetAllocator());
  return section;
}

/// Whether a path leads into a setting that is an object, such as a single Ollama option.
bool is_within_setting(std::string_view path) {
  for (auto dot = path.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = path.rfind('.', dot - 1))
    if (find_config_key(path.substr(0, dot)) != nullptr)
      return true;
  return false;
}

/// Converts a command line value to JSON. Values of text settings, and values that are not JSON,
/// become strings.
json::Document value_of(const ConfigKey* key, const std::string& text) {
  auto parsed = json::parse(text);
  json::Document bare;
  const LLMClientConfig defaults;
  const bool is_text = key != nullptr && key->get(defaults, bare.GetAllocator()).IsString();
  if (parsed && (!is_text || parsed->IsString()))
    return std::move(*parsed);
  bare.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), bare.GetAllocator());
  return bare;
}

/// Runs `act` on the node of the command line and reports the resulting settings with `tell`.
int on_node(const CommonOptions& common,
            const std::function<Result<LLMClientConfig>(LLMIntegration&)>& act,
            const std::function<void(Output&, const LLMClientConfig&)>& tell) {
  Interrupts interrupts;
  Output output{common};
  if (common.nodes.size() > 1)
    return output.fail({.code = ErrorCode::invalid_argument,
                        .subject = "`config` is about one node at a time, and --connect names " +
                                   std::to_string(common.nodes.size())});
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  const auto config = act((*session)->llm());
  if (!config)
    return (*session)->fail(output, config.error());
  tell(output, *config);
  return output.success();
}

/// Reports a saved setting, the place (a file or a node), and the consequences.
void tell_change(Output& output, const std::string& key, bool removed,
                 const LLMClientConfig& changed, const std::string& where_key,
                 const std::string& where) {
  const auto* row = find_config_key(key);
  const bool node = where_key == "node";
  const bool covered = !node && row != nullptr && is_from_environment(*row);
  if (!output.json()) {
    auto text = key +
                (removed          ? " is unset"
                 : row != nullptr ? " is " + value_text(*row, changed)
                                  : " is set") +
                (node ? " on " : " in ") + where;
    // Where the value comes from now. Of a group, its settings would be told.
    if (removed && covered)
      text += "; it comes from OLLAMA_HOST";
    else if (removed && row != nullptr)
      text += "; it is " + value_text(*row, changed) + " now, the default";
    else if (removed && is_config_group(key))
      text += "; the defaults of its settings are in force";
    if (row != nullptr && row->at_start)
      text += "; it takes effect at the next start";
    else if (!node)
      text += "; what is running with this file takes it over";
    output.message(text);
    if (covered && !removed)
      output.warning("OLLAMA_HOST is set in this environment and stands above baseUrl.");
    return;
  }
  SettingChanged told{.key = key};
  json::Document scratch;
  if (row != nullptr)
    told.value = json::JsonText::of(row->get(changed, scratch.GetAllocator()));
  else if (removed)
    told.value.emplace();
  if (removed && row != nullptr)
    told.origin = covered ? "environment" : "default";
  (node ? told.node : told.path) = where;
  output.object(told);
}

/// Extends the merge patch `wanted`, such that it removes the members that only `present` has.
void remove_others(json::Value& wanted, const json::Value& present, json::Allocator& allocator) {
  if (!wanted.IsObject() || !present.IsObject())
    return;
  for (const auto& member : present.GetObject()) {
    const auto own = wanted.FindMember(member.name);
    if (own != wanted.MemberEnd())
      remove_others(own->value, member.value, allocator);
    else
      wanted.AddMember(json::Value{member.name, allocator}, json::Value{}, allocator);
  }
}

/// Returns the merge patch that sets a setting, a group or a part of one, to this value, as a
/// whole: what the value does not name is unset.
std::string patch_of(const std::string& key, const json::Value& value,
                     const LLMClientConfig& config) {
  json::Document patch{rapidjson::kObjectType};
  auto& allocator = patch.GetAllocator();
  json::Value wanted{value, allocator};
  const auto present = section_of(config);
  if (const auto* before = json::find_path(present, key))
    remove_others(wanted, *before, allocator);
  set_path(patch, key, std::move(wanted), allocator);
  return json::to_text(patch);
}

/// Saves a change of one setting.
int change(const CommonOptions& common, const std::string& key, const json::Value& value) {
  const bool removed = value.IsNull();
  if (!common.nodes.empty())
    return on_node(
        common,
        [&](LLMIntegration& llm) {
          return llm.load_config().and_then([&](const LLMClientConfig& config) {
            return llm.update_config(patch_of(key, value, config));
          });
        },
        [&](Output& output, const LLMClientConfig& changed) {
          tell_change(output, key, removed, changed, "node", common.nodes.front().text());
        });
  Output output{common};
  const auto location = config_location(common);
  // If the file is unreadable, `update_config` reports the error.
  const auto config = load_config(location.path).value_or(LLMClientConfig{});
  const auto changed = update_config(location.path, patch_of(key, value, config),
                                     [&output](const auto& sentence) { output.warning(sentence); });
  if (!changed)
    return output.fail(changed.error());
  tell_change(output, key, removed, *changed, "path", location.path.string());
  return output.success();
}

/// Shows one setting per line, or all in one object. `origin`, if set, returns the source of a
/// setting.
void show(Output& output, const LLMClientConfig& config,
          const std::function<std::string(const ConfigKey&)>& origin) {
  json::Document document{rapidjson::kObjectType};
  auto& allocator = document.GetAllocator();
  for (const auto& key : config_keys()) {
    if (!output.json()) {
      output.line(key.path + " = " + value_text(key, config) +
                  (origin ? "  (" + origin(key) + ")" : ""));
    } else if (origin) {
      json::Value entry{rapidjson::kObjectType};
      entry.AddMember("value", key.get(config, allocator), allocator);
      entry.AddMember("origin", json::make_string(origin(key), allocator), allocator);
      document.AddMember(json::make_string(key.path, allocator), entry, allocator);
    } else {
      set_path(document, key.path, key.get(config, allocator), allocator);
    }
  }
  if (output.json() && origin)
    output.object(SettingsOrigins{json::JsonText::of(document)});
  else if (output.json())
    output.object(SettingsSection{json::JsonText::of(document)});
}

/// Whether the user has named the file, so that it must exist.
bool is_named(const ConfigLocation& location) {
  return location.reason == ConfigLocation::Reason::given ||
         location.reason == ConfigLocation::Reason::environment;
}

/// Says that there is no file, and what that means.
std::string text_of_missing(const ConfigLocation& location) {
  return (location.path.empty() ? "HOME is not set, so there is no configuration file"
                                : location.path.string() + " does not exist") +
         "; the defaults are in force.";
}

LLMError about_this_machine(const std::string& what) {
  return {.code = ErrorCode::invalid_argument,
          .subject = what + " is about the files of this machine, and goes without --connect"};
}

} // namespace

int run_config_show(const CommonOptions& common, bool origin) {
  if (!common.nodes.empty())
    return origin ? Output{common}.fail(about_this_machine("--origin"))
                  : on_node(
                        common, [](LLMIntegration& llm) { return llm.load_config(); },
                        [](Output& output, const LLMClientConfig& config) {
                          show(output, config, {});
                        });
  Output output{common};
  const auto config = load_settings(common);
  if (!config)
    return output.fail(config.error());
  const auto location = config_location(common);
  if (origin)
    show(output, *config, [&](const auto& key) { return origin_of(key, common, location); });
  else
    show(output, *config, {});
  if (!output.json() && origin && !location.exists)
    output.message(text_of_missing(location));
  return output.success();
}

int run_config_path(const CommonOptions& common) {
  Output output{common};
  if (!common.nodes.empty())
    return output.fail(about_this_machine("`config path`"));
  const auto location = config_location(common);
  if (location.path.empty())
    return output.fail({.code = ErrorCode::config_unreadable, .subject = std::string{no_home}});
  if (output.json()) {
    output.object(ConfigPlace{location.path.string(), std::string{to_string(location.reason)},
                              location.exists});
  } else {
    output.line(location.path.string());
    if (!location.exists)
      output.message("It does not exist yet; the defaults are in force.");
  }
  return output.success();
}

int run_config_validate(const CommonOptions& common, const std::optional<std::string>& file,
                        bool strict) {
  Output output{common};
  if (!common.nodes.empty())
    return output.fail(about_this_machine("`config validate`"));
  const auto location = config_location(common);
  const auto path = file ? std::filesystem::path{*file} : location.path;
  const bool named = file || is_named(location);
  const bool missing = !named && !location.exists;
  if (!missing)
    if (const auto config = load_config(path); !config)
      return output.fail(config.error());
  const auto doubts = missing ? ConfigDoubts{} : doubts_about(path);
  const bool good = !strict || doubts.empty();
  const LLMError doubtful{.code = ErrorCode::config_value_invalid,
                          .subject = path.string() + " has keys that are unknown or given twice"};
  if (output.json()) {
    ConfigVerdict verdict{
        .path = path.string(), .exists = !missing, .valid = good, .duplicates = doubts.duplicates};
    for (const auto& key : doubts.unknown)
      verdict.unknown.push_back("llm." + key);
    if (!good)
      verdict.error = error_object(doubtful);
    output.object(verdict);
    return good ? output.success() : exit_code(category(doubtful.code));
  }
  tell_doubts(output, doubts);
  if (!good)
    return output.fail(doubtful);
  output.line(missing ? text_of_missing(location) : path.string() + " is valid.");
  return output.success();
}

int run_config_get(const CommonOptions& common, const std::string& given) {
  const std::string key{without_section(given)};
  const bool known = find_config_key(key) != nullptr || is_config_group(key);
  if (!known && !is_within_setting(key))
    return Output{common}.fail(
        {.code = ErrorCode::invalid_argument, .subject = unknown_key_text(key)});
  const auto tell = [&key](Output& output, const LLMClientConfig& config,
                           const std::string& origin) {
    const auto section = section_of(config);
    const auto* value = json::find_path(section, key);
    if (value == nullptr)
      return output.fail(
          {.code = ErrorCode::invalid_argument, .subject = "`" + key + "` is not set"});
    if (!output.json()) {
      output.line(plain_text(*value));
      return output.success();
    }
    output.object(SettingShown{key, json::JsonText::of(*value),
                               origin.empty() ? std::nullopt : std::optional{origin}});
    return output.success();
  };
  if (!common.nodes.empty()) {
    int code = 0;
    const auto asked = on_node(
        common, [](LLMIntegration& llm) { return llm.load_config(); },
        [&](Output& output, const LLMClientConfig& config) { code = tell(output, config, ""); });
    return asked != 0 ? asked : code;
  }
  Output output{common};
  const auto config = load_settings(common);
  if (!config)
    return output.fail(config.error());
  const auto* row = find_config_key(key);
  return tell(output, *config,
              row != nullptr ? origin_of(*row, common, config_location(common)) : "");
}

int run_config_set(const CommonOptions& common, const std::string& given,
                   const std::string& value) {
  const std::string key{without_section(given)};
  const auto* row = find_config_key(key);
  const auto parsed = value_of(row, value);
  // Check here, so that an invalid value is an invalid argument, not a broken configuration.
  if (auto tried = apply_update({}, patch_of(key, parsed, {})); !tried) {
    auto error = std::move(tried.error());
    error.code = ErrorCode::invalid_argument;
    return Output{common}.fail(error);
  }
  return change(common, key, parsed);
}

int run_config_unset(const CommonOptions& common, const std::string& key) {
  return change(common, std::string{without_section(key)}, json::Value{});
}

} // namespace nexus::llm::cli
