// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/batch/batch_line.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "actors/role/model_settings.hpp"
#include "config/json.hpp"
#include "config/ollama_options.hpp"
#include "config/read_json.hpp"
#include "config/suggestion.hpp"
#include "config/text.hpp"

namespace nexus::llm::cli {

namespace {

using json::Value;

/// What is wrong with a value; empty if nothing is.
using Fault = std::string;

Fault read_text(const Value& value, std::string& target) {
  if (!value.IsString())
    return "must be a text";
  target = json::text_of(value);
  return {};
}

Fault read_object(const Value& value, std::string& target) {
  if (!value.IsObject())
    return "must be an object";
  target = json::to_text(value);
  return {};
}

/// Reads a member that JSON converts as it is, such as a number, a truth or a list of texts.
template <class T> Fault read_plain(const Value& value, T& target) {
  const auto problem = json::read_value(value, target);
  return problem ? *problem : Fault{};
}

template <class T> Fault read_optional(const Value& value, std::optional<T>& target) {
  return read_plain(value, target.emplace());
}

Fault within_list(std::size_t index, const Fault& fault) {
  return fault.empty() ? fault : "[" + std::to_string(index) + "] " + fault;
}

template <class Read> Fault read_list(const Value& value, const Read& read_element) {
  if (!value.IsArray())
    return "must be a list";
  for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
    if (auto fault = within_list(i, read_element(value[i])); !fault.empty())
      return fault;
  return {};
}

/// The members of an object and how each is read.
class Members {
public:
  using Read = std::function<Fault(const Value&)>;

  Members& add(std::string name, Read read_member) {
    members_.emplace_back(std::move(name), std::move(read_member));
    return *this;
  }

  /// Reads an object. A member that is unknown, or stands there twice, is a fault.
  [[nodiscard]] Fault read(const Value& object) const {
    if (!object.IsObject())
      return "must be an object";
    std::vector<std::string_view> seen;
    for (const auto& member : object.GetObject()) {
      const auto name = json::text_of(member.name);
      const auto found = std::ranges::find(members_, name, &Entry::first);
      if (found == members_.end())
        return unknown(name);
      if (std::ranges::find(seen, name) != seen.end())
        return "`" + std::string{name} + "` stands there twice";
      seen.push_back(name);
      if (const auto fault = found->second(member.value); !fault.empty())
        return "`" + std::string{name} + "` " + fault;
    }
    return {};
  }

private:
  using Entry = std::pair<std::string, Read>;

  [[nodiscard]] Fault unknown(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& [known, read_member] : members_)
      names.push_back(known);
    return is_no("member that is known here", name, nearest(name, names));
  }

  std::vector<Entry> members_;
};

/// The only type of tools and their calls.
Fault check_function(const Value& type) {
  return type.IsString() && json::text_of(type) == "function" ? Fault{} : "must be `function`";
}

Fault read_call(const Value& value, ToolCall& call) {
  return Members{}
      .add("id", [&](const Value& id) { return read_text(id, call.id); })
      .add("type", check_function)
      .add("function",
           [&](const Value& function) {
             return Members{}
                 .add("name", [&](const Value& name) { return read_text(name, call.name); })
                 .add("arguments",
                      [&](const Value& given) { return read_object(given, call.arguments); })
                 .add("index", [&](const Value& index) { return read_optional(index, call.index); })
                 .read(function);
           })
      .read(value);
}

Fault read_message(const Value& value, ChatMessage& message) {
  bool has_role = false;
  auto fault =
      Members{}
          .add("role",
               [&](const Value& role) {
                 has_role = true;
                 return read_plain(role, message.role);
               })
          .add("content", [&](const Value& text) { return read_text(text, message.content); })
          .add("thinking", [&](const Value& text) { return read_text(text, message.thinking); })
          .add("images", [&](const Value& list) { return read_plain(list, message.images); })
          .add("tool_calls",
               [&](const Value& list) {
                 return read_list(list, [&](const Value& call) {
                   return read_call(call, message.tool_calls.emplace_back());
                 });
               })
          .add("tool_name", [&](const Value& text) { return read_text(text, message.tool_name); })
          .add("tool_call_id",
               [&](const Value& text) { return read_text(text, message.tool_call_id); })
          .read(value);
  return fault.empty() && !has_role ? "has no `role`" : fault;
}

Fault read_tool(const Value& value, Tool& tool) {
  return Members{}
      .add("type", check_function)
      .add("function",
           [&](const Value& function) {
             return Members{}
                 .add("name", [&](const Value& name) { return read_text(name, tool.name); })
                 .add("description",
                      [&](const Value& text) { return read_text(text, tool.description); })
                 .add("parameters",
                      [&](const Value& schema) { return read_object(schema, tool.parameters); })
                 .read(function);
           })
      .read(value);
}

Fault read_format(const Value& value, Format& format) {
  if (value.IsObject())
    format = Format::schema(json::to_text(value));
  else if (value.IsString() && json::text_of(value) == "json")
    format = Format::json();
  else
    return "must be `json` or a JSON schema (an object)";
  return {};
}

Fault read_think(const Value& value, std::optional<Think>& think) {
  think = value.IsBool()     ? std::optional{value.GetBool() ? Think::on : Think::off}
          : value.IsString() ? parse_think(json::text_of(value))
                             : std::nullopt;
  return think ? Fault{} : "must be true, false, `low`, `medium`, `high` or `max`";
}

Fault read_keep_alive(const Value& value, KeepAlive& keep_alive) {
  auto text = value.IsString()  ? std::string{json::text_of(value)}
              : value.IsInt64() ? std::to_string(value.GetInt64())
                                : std::string{};
  if (!is_valid_keep_alive(text))
    return "must be a duration such as `5m`, or a number of seconds";
  keep_alive = {std::move(text)};
  return {};
}

/// Options of a line go before those of the command line, which have members of their own.
Fault read_options(const Value& value, GenerateOptions& options) {
  if (!value.IsObject())
    return "must be an object";
  if (auto fault = check_options(value); !fault.empty())
    return ": " + fault;
  if (json::find(value, "temperature") != nullptr)
    options.temperature.reset();
  if (json::find(value, "num_predict") != nullptr)
    options.max_tokens.reset();
  if (json::find(value, "num_ctx") != nullptr)
    options.num_ctx.reset();
  if (json::find(value, "seed") != nullptr)
    options.seed.reset();
  if (json::find(value, "stop") != nullptr)
    options.stop.clear();
  options.raw_options = merged_options(options.raw_options, json::to_text(value));
  return {};
}

Fault read_id(const Value& value, std::string& id) {
  if (!value.IsString() && !value.IsInt64() && !value.IsUint64())
    return "must be a text or a whole number";
  id = json::to_text(value);
  return {};
}

Members members_of(BatchLine& line) {
  auto& options = line.options;
  Members members;
  members.add("id", [&](const Value& value) { return read_id(value, line.id); })
      .add("role", [&](const Value& value) { return read_optional(value, line.role); })
      .add("model",
           [&](const Value& value) {
             line.names_model = true;
             return read_text(value, options.model);
           })
      .add("prompt", [&](const Value& value) { return read_text(value, line.prompt); })
      .add("messages",
           [&](const Value& value) {
             return read_list(value, [&](const Value& message) {
               return read_message(message, line.messages.emplace_back());
             });
           })
      .add("system", [&](const Value& value) { return read_text(value, options.system.emplace()); })
      .add("images", [&](const Value& value) { return read_plain(value, options.images); })
      .add("format", [&](const Value& value) { return read_format(value, options.format); })
      .add("think", [&](const Value& value) { return read_think(value, options.think); })
      .add("keep_alive",
           [&](const Value& value) { return read_keep_alive(value, options.keep_alive); })
      .add("options", [&](const Value& value) { return read_options(value, options); })
      .add("tools",
           [&](const Value& value) {
             options.tools.clear();
             return read_list(value, [&](const Value& tool) {
               return read_tool(tool, options.tools.emplace_back());
             });
           })
      .add("suffix", [&](const Value& value) { return read_text(value, options.suffix); })
      .add("raw", [&](const Value& value) { return read_plain(value, options.raw); })
      .add("truncate", [&](const Value& value) { return read_optional(value, options.truncate); })
      .add("shift", [&](const Value& value) { return read_optional(value, options.shift); })
      .add("logprobs", [&](const Value& value) { return read_plain(value, options.logprobs); })
      .add("top_logprobs",
           [&](const Value& value) { return read_optional(value, options.top_logprobs); });
  return members;
}

} // namespace

Result<BatchLine> parse_batch_line(std::string_view text, const GenerateOptions& defaults) {
  const auto value = json::parse(text);
  if (!value)
    return failure(ErrorCode::invalid_argument, "column " + std::to_string(value.error().column) +
                                                    ": it is not JSON: " + value.error().what);
  BatchLine line{.options = defaults};
  if (auto fault = members_of(line).read(*value); !fault.empty())
    return failure(ErrorCode::invalid_argument, (value->IsObject() ? "" : "the line ") + fault);
  if (line.prompt.empty() == line.messages.empty())
    return failure(ErrorCode::invalid_argument, line.prompt.empty()
                                                    ? "it has neither a `prompt` nor `messages`"
                                                    : "it has both a `prompt` and `messages`");
  if (line.messages.empty() && !line.options.tools.empty())
    return failure(ErrorCode::invalid_argument, "`tools` go with `messages`");
  if (!line.messages.empty() && !line.options.images.empty())
    return failure(ErrorCode::invalid_argument, "`images` belong to a message");
  return line;
}

std::uint64_t digest_of(std::string_view line) {
  // FNV-1a
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : trim(line)) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

} // namespace nexus::llm::cli
