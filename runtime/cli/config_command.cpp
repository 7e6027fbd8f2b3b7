// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/config_command.hpp"

#include <functional>

#include "config/config_file.hpp"
#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

namespace {

std::string origin_of(const ConfigKey& key, const CommonOptions& common,
                      const ConfigLocation& location) {
  const bool url = key.path == "baseUrl";
  if ((url && common.base_url) || (key.path == "timeout" && common.timeout))
    return "flag";
  if (url && process_environment()("OLLAMA_HOST"))
    return "environment";
  return location.exists && file_sets(location.path, key.path) ? "file" : "default";
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
  if (!output.json()) {
    const bool node = where_key == "node";
    output.message(key +
                   (row != nullptr ? " is " + value_text(*row, changed)
                    : removed      ? " is unset"
                                   : " is set") +
                   (node ? " on " : " in ") + where +
                   (row != nullptr && row->at_start ? "; it takes effect at the next start"
                    : node                          ? ""
                                                    : "; what is running with this file takes it "
                                                      "over"));
    if (!node && key == "baseUrl" && process_environment()("OLLAMA_HOST"))
      output.warning("OLLAMA_HOST is set in this environment and stands above baseUrl.");
    return;
  }
  json::Document document{rapidjson::kObjectType};
  auto& allocator = document.GetAllocator();
  document.AddMember("key", json::make_string(key, allocator), allocator);
  if (row != nullptr)
    document.AddMember("value", row->get(changed, allocator), allocator);
  else if (removed)
    document.AddMember("value", json::Value{}, allocator);
  document.AddMember(json::make_string(where_key, allocator), json::make_string(where, allocator),
                     allocator);
  output.object(document);
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

/// Returns the merge patch that sets a setting, or a part of one, to this value.
std::string patch_of(const std::string& key, const json::Value& value,
                     const LLMClientConfig& config) {
  json::Document patch{rapidjson::kObjectType};
  auto& allocator = patch.GetAllocator();
  json::Value wanted{value, allocator};
  if (const auto* row = find_config_key(key))
    remove_others(wanted, row->get(config, allocator), allocator);
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
  if (output.json())
    output.object(document);
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
  const auto store = find_store(common.config_file, config_overrides(common));
  if (!store)
    return output.fail(store.error());
  const auto config = (*store)->load();
  if (!config)
    return output.fail(config.error());
  const auto location = config_location(common);
  if (origin)
    show(output, *config, [&](const auto& key) { return origin_of(key, common, location); });
  else
    show(output, *config, {});
  if (!output.json() && origin && !location.exists)
    output.message("There is no file at " + location.path.string() + " yet.");
  return output.success();
}

int run_config_path(const CommonOptions& common) {
  Output output{common};
  if (!common.nodes.empty())
    return output.fail(about_this_machine("`config path`"));
  const auto location = config_location(common);
  if (output.json()) {
    json::Document document{rapidjson::kObjectType};
    auto& allocator = document.GetAllocator();
    document.AddMember("path", json::make_string(location.path.string(), allocator), allocator);
    document.AddMember("reason", json::make_string(to_string(location.reason), allocator),
                       allocator);
    document.AddMember("exists", location.exists, allocator);
    output.object(document);
  } else {
    output.line(location.path.string());
    if (!location.exists)
      output.message("It does not exist yet; the defaults are in force.");
  }
  return output.success();
}

int run_config_validate(const CommonOptions& common, const std::optional<std::string>& file) {
  Output output{common};
  if (!common.nodes.empty())
    return output.fail(about_this_machine("`config validate`"));
  const auto location = config_location(common);
  const auto path = file ? std::filesystem::path{*file} : location.path;
  const bool named = file || location.reason == ConfigLocation::Reason::given;
  const bool missing = !named && !location.exists;
  if (!missing)
    if (const auto config = load_config(path); !config)
      return output.fail(config.error());
  const auto unknown = missing ? std::vector<std::string>{} : unknown_settings(path);
  if (output.json()) {
    json::Document document{rapidjson::kObjectType};
    auto& allocator = document.GetAllocator();
    document.AddMember("path", json::make_string(path.string(), allocator), allocator);
    document.AddMember("exists", !missing, allocator);
    document.AddMember("valid", true, allocator);
    json::Value names{rapidjson::kArrayType};
    for (const auto& key : unknown)
      names.PushBack(json::make_string("llm." + key, allocator), allocator);
    document.AddMember("unknown", names, allocator);
    output.object(document);
  } else {
    for (const auto& key : unknown)
      output.warning("`llm." + key + "` is no setting, and does nothing");
    output.line(path.string() +
                (missing ? " does not exist; the defaults are in force." : " is valid."));
  }
  return output.success();
}

int run_config_set(const CommonOptions& common, const std::string& key, const std::string& value) {
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
  return change(common, key, json::Value{});
}

} // namespace nexus::llm::cli
