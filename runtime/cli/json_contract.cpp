// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/json_contract.hpp"

#include <array>
#include <vector>

#include "config/config_keys.hpp"
#include "config/json_schema.hpp"
#include "config/settings_schema.hpp"
#include "config/suggestion.hpp"
#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/model_status.hpp"
#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/batch/batch_record.hpp"
#include "runtime/cli/embed/embedded_text.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/log/log_entry.hpp"
#include "runtime/cli/tools/tool_answer.hpp"

namespace nexus::llm::cli {

namespace {

using json::Value;

/// The schemas of the lines. What this version of the program writes has no other members.
class ContractSchema : public json::TypeSchemas<ContractSchema> {
public:
  Value own_schema(std::type_identity<json::JsonText>) { return Value{rapidjson::kObjectType}; }
  Value own_schema(std::type_identity<SettingsSection>) {
    define("Settings", [this] { return settings_schema(*this, true); });
    return reference("Settings");
  }
  Value own_schema(std::type_identity<SettingsOrigins>) {
    define("SettingsWithOrigins", [this] { return origins_schema(); });
    return reference("SettingsWithOrigins");
  }
  Value own_schema(std::type_identity<RoleModels>) {
    define("RoleModels", [this] {
      auto schema = of_type("object");
      Value properties{rapidjson::kObjectType};
      for (const auto role : all_roles())
        add(properties, to_string(role), of_type("string"));
      add(schema, "properties", std::move(properties));
      add(schema, "additionalProperties", Value{false});
      return schema;
    });
    return reference("RoleModels");
  }

  template <class T, class Member> Value member_schema(std::string_view) {
    return schema_of<Member>();
  }
  template <class T> bool complete(Value&, std::vector<std::string_view>&) { return true; }

private:
  Value origins_schema() {
    Value properties{rapidjson::kObjectType};
    const LLMClientConfig defaults;
    for (const auto& key : config_keys()) {
      json::Document scratch;
      Value members{rapidjson::kObjectType};
      add(members, "value", setting_schema(*this, key.get(defaults, scratch.GetAllocator())));
      auto origin = of_type("string");
      add(origin, "enum", names({"flag", "environment", "file", "default"}));
      add(members, "origin", std::move(origin));
      auto setting = of_type("object");
      add(setting, "properties", std::move(members));
      add(setting, "required", names({"value", "origin"}));
      add(setting, "additionalProperties", Value{false});
      add(properties, key.path, std::move(setting));
    }
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "additionalProperties", Value{false});
    return schema;
  }
};

/// What a command writes with `--json`. A command that fails writes a `Failure` last.
struct CommandLines {
  std::string_view command;
  std::string_view about;
  void (*add)(ContractSchema& schema, std::vector<Value>& lines);
};

template <class... Lines>
constexpr CommandLines writes(std::string_view command, std::string_view about) {
  return {command, about, [](ContractSchema& schema, std::vector<Value>& lines) {
            (lines.push_back(schema.schema_of<Lines>()), ...);
          }};
}

constexpr std::string_view no_json = "text, with `--json` as well";
constexpr std::string_view transfer = "its progress, then the end";
constexpr std::string_view one_change = "the setting as it is now, and where it was saved";

/// Every command that has none below it.
constexpr std::array command_outputs{
    writes<LLMStreamChunk, RequestProgress, LLMResponse, ToolAnswer>(
        "generate", "the chunks of the answer, and a progress where it starts over; with "
                    "`--no-stream` the whole answer; with `--tool-exec` what it answered to calls"),
    writes<LLMStreamChunk, RequestProgress, LLMResponse, ToolAnswer>(
        "chat", "for each answer as `generate`"),
    writes<EmbeddedText>("embed", "a line for each text"),
    writes<BatchRecord>("batch", "a line for each request that ended; none with `--output`"),
    writes<ModelList>("models list", "the installed models"),
    writes<ModelAvailability>("models check", "whether it is installed"),
    writes<ModelDetails>("models show", "what Ollama tells about it"),
    writes<RunningModels>("models ps", "the models in memory"),
    writes<PullProgress, ModelDone>("models pull", transfer),
    writes<PullProgress, ModelDone>("models push", transfer),
    writes<PullProgress, ModelDone>("models create", transfer),
    writes<ModelDone>("models load", "the end"),
    writes<ModelDone>("models unload", "the end"),
    writes<ModelDone>("models delete", "the end"),
    writes<ModelDone>("models copy", "the end, with the name of the source"),
    writes<RoleModels>("role get", "the model of each role, or of the one"),
    writes<ModelConfig>("role set", "the model with its settings"),
    writes<SettingsSection, SettingsOrigins>("config show",
                                             "the settings; with `--origin` each by its path"),
    writes<ConfigPlace>("config path", "the file, and why it is that one"),
    writes<ConfigVerdict>("config validate", "what is wrong, if anything"),
    writes<SettingShown>("config get", "the setting"),
    writes<ConfigEdited>("config edit", "whether the file changed"),
    writes<SettingChanged>("config set", one_change),
    writes<SettingChanged>("config unset", one_change),
    writes<LogEntry>("log", "a line for each request, the newest first"),
    writes<LogEntry>("log show", "the request"),
    writes<LogCleared>("log clear", "how many were deleted"),
    writes<DoctorReport>("doctor", "the checks, in one object"),
    writes<SimulatorAddress>("simulate", "where it listens, at the start"),
    writes<PlayedScenario>("script", "a line for each scenario; nothing with `--record`"),
    writes<NodeAddress>("serve", "where it listens, at the start"),
    writes<>("sidecar", "its own protocol: `nexus-llm sidecar --schema`"),
    writes<Health>("health", "the state, also if Ollama does not answer"),
    writes<Health>("stats", "the state; with `--watch` a line each second"),
    writes<>("top", "nothing: it needs a terminal"),
    writes<>("certs init", "nothing"),
    writes<>("certs issue", "nothing"),
    writes<>("demo", no_json),
    writes<>("help", no_json),
    writes<>("completions", no_json),
    writes<>("man", no_json),
    writes<>("schema", "a schema, which is JSON in any case"),
    writes<ProgramVersion>("version", "the version of the program, and that of its JSON"),
};

bool is_meant(std::string_view command, std::string_view wanted) {
  return wanted.empty() || command == wanted ||
         (command.starts_with(wanted) && command[wanted.size()] == ' ');
}

std::vector<Value> lines_of(ContractSchema& schema, const CommandLines& row) {
  std::vector<Value> lines;
  row.add(schema, lines);
  lines.push_back(schema.schema_of<Failure>());
  return lines;
}

bool contains_equal(const std::vector<Value>& all, const Value& value) {
  for (const auto& each : all)
    if (each == value)
      return true;
  return false;
}

/// Returns the schema of a member as it is written in a table.
std::string type_text(const Value& schema) {
  if (const auto reference = json::find_text(schema, "$ref"))
    return "`" + std::string{reference->substr(reference->rfind('/') + 1)} + "`";
  const auto type = json::find_text(schema, "type");
  if (!type)
    return "any value";
  if (*type == "array")
    return "list of " + type_text(*json::find(schema, "items"));
  if (const auto* choices = json::find(schema, "enum")) {
    constexpr rapidjson::SizeType most_choices = 12;
    if (choices->Size() > most_choices)
      return "text";
    std::string text;
    for (const auto& choice : choices->GetArray())
      text += (text.empty() ? "" : ", ") + std::string{json::text_of(choice)};
    return text;
  }
  if (json::find_text(schema, "format"))
    return "time";
  if (*type == "string")
    return "text";
  if (*type == "boolean")
    return "true or false";
  if (*type == "integer") {
    const auto unit = json::find_text(schema, "description");
    return unit ? std::string{*unit} : "whole number";
  }
  return std::string{*type};
}

bool is_required(const Value& schema, const Value& name) {
  if (const auto* required = json::find(schema, "required"))
    for (const auto& each : required->GetArray())
      if (each == name)
        return true;
  return false;
}

} // namespace

Result<std::string> json_schema(std::string_view command) {
  ContractSchema schema;
  std::vector<Value> all;
  Value commands{rapidjson::kObjectType};
  for (const auto& row : command_outputs) {
    if (!is_meant(row.command, command))
      continue;
    auto lines = lines_of(schema, row);
    for (const auto& line : lines)
      if (!contains_equal(all, line))
        all.emplace_back(line, schema.allocator());
    auto entry = schema.any_of(std::move(lines));
    schema.add(entry, "description", schema.text(row.about));
    schema.add(commands, row.command, std::move(entry));
  }
  if (commands.MemberCount() == 0) {
    std::vector<std::string> known;
    for (const auto& row : command_outputs) {
      known.emplace_back(row.command);
      known.emplace_back(row.command.substr(0, row.command.find(' ')));
    }
    return failure(ErrorCode::invalid_argument,
                   is_no("command", std::string{command}, nearest(std::string{command}, known)));
  }
  auto& document = schema.document();
  schema.add(document, "$schema", schema.text("https://json-schema.org/draft/2020-12/schema"));
  schema.add(document, "title",
             schema.text("A line that nexus-llm" +
                         (command.empty() ? "" : " " + std::string{command}) +
                         " writes with --json"));
  schema.add(document, "jsonVersion", Value{json_version});
  auto lines = schema.any_of(std::move(all));
  schema.add(document, "anyOf", std::move(*json::find(lines, "anyOf")));
  schema.add(document, "commands", std::move(commands));
  schema.add(document, "$defs", schema.take_definitions());
  return json::to_pretty_text(document);
}

std::string json_reference() {
  ContractSchema schema;
  std::string text = "| command | writes | |\n| --- | --- | --- |\n";
  for (const auto& row : command_outputs) {
    std::vector<Value> lines;
    row.add(schema, lines);
    std::string names;
    for (const auto& line : lines)
      names += (names.empty() ? "" : ", ") + type_text(line);
    text +=
        "| `" + std::string{row.command} + "` | " + names + " | " + std::string{row.about} + " |\n";
  }
  static_cast<void>(schema.schema_of<Failure>());
  text += "\n| structure | members |\n| --- | --- |\n";
  const auto definitions = schema.take_definitions();
  for (const auto& definition : definitions.GetObject()) {
    const auto name = json::text_of(definition.name);
    std::string members;
    if (name.starts_with("Settings")) {
      members = "see [configuration.md](configuration.md)";
    } else {
      for (const auto& member : json::find(definition.value, "properties")->GetObject())
        members += (members.empty() ? "`" : "; `") + std::string{json::text_of(member.name)} +
                   (is_required(definition.value, member.name) ? "`: " : "?`: ") +
                   type_text(member.value);
    }
    text += "| `" + std::string{name} + "` | " + members + " |\n";
  }
  return text;
}

} // namespace nexus::llm::cli
