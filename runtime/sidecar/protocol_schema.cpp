// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/protocol_schema.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/json_schema.hpp"
#include "config/settings_schema.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"

namespace nexus::llm::sidecar {

using json::Value;

namespace {

/// The members that a client must send of a structure that is not the parameters of a method.
std::optional<std::vector<std::string_view>> required_of_input(std::string_view type) {
  if (type == "GenerateOptions")
    return std::vector<std::string_view>{};
  if (type == "ChatMessage")
    return std::vector<std::string_view>{"role", "content"};
  if (type == "Tool")
    return std::vector<std::string_view>{"name"};
  if (type == "LLMRequest")
    return std::vector<std::string_view>{"model", "prompt"};
  return std::nullopt;
}

class ProtocolSchema : public json::TypeSchemas<ProtocolSchema> {
public:
  std::string schema() {
    Value methods{rapidjson::kObjectType};
    Value notifications{rapidjson::kObjectType};
    Value lines{rapidjson::kArrayType};
    [&]<class... Method>(Types<Method...>) {
      (add_method<Method>(methods, lines), ...);
    }(Methods{});
    [&]<class... Note>(Types<Note...>) {
      (add_notification<Note>(notifications, lines), ...);
    }(Notifications{});
    lines.PushBack(answer("result", Value{rapidjson::kObjectType}), allocator());
    lines.PushBack(answer("error", schema_of<ErrorReport>()), allocator());
    // Structures of requirement D that no method carries as a whole.
    static_cast<void>(schema_of<LLMRequest>());
    static_cast<void>(schema_of<ModelConfig>());
    add(document(), "$schema", text("https://json-schema.org/draft/2020-12/schema"));
    add(document(), "title", text("A line of the nexus-llm sidecar protocol"));
    add(document(), "protocolVersion", Value{protocol_version});
    add(document(), "anyOf", std::move(lines));
    add(document(), "methods", std::move(methods));
    add(document(), "notifications", std::move(notifications));
    add(document(), "$defs", take_definitions());
    return json::to_pretty_text(document());
  }

  Value own_schema(std::type_identity<Nothing>) { return of_type("null"); }
  Value own_schema(std::type_identity<ConfigSection>) {
    define("LLMConfig", [this] { return settings_schema(*this, false); });
    return reference("LLMConfig");
  }

  template <class T, class Member> Value member_schema(std::string_view name) {
    return formed_schema<Member>(form_of(T::type_name, name));
  }

  /// The sidecar may add members to what it sends; what a client sends must be known.
  template <class T> bool complete(Value& properties, std::vector<std::string_view>& required) {
    if constexpr (requires { T::required; }) {
      required = {T::required.begin(), T::required.end()};
      add(properties, "errorDetail", of_type("boolean"));
      return true;
    }
    auto input = required_of_input(T::type_name);
    if (!input)
      return false;
    required = std::move(*input);
    return true;
  }

private:
  template <class... Schemas> Value either(Schemas... schemas) {
    std::vector<Value> choices;
    (choices.push_back(std::move(schemas)), ...);
    return any_of(std::move(choices));
  }

  template <class T> Value formed_schema(Form form) {
    switch (form) {
    case Form::object:
      return of_type("object");
    case Form::format:
      return either(constant("json"), of_type("object"));
    case Form::think:
      return either(of_type("boolean"), schema_of<T>());
    case Form::keep_alive:
      return either(of_type("string"), of_type("number"));
    case Form::plain:
      break;
    }
    return schema_of<T>();
  }

  Value line_schema(std::string_view method, Value params, bool answered) {
    Value properties{rapidjson::kObjectType};
    add(properties, "jsonrpc", constant("2.0"));
    add(properties, "method", constant(method));
    if (answered)
      add(properties, "id", either(of_type("string"), of_type("integer")));
    add(properties, "params", std::move(params));
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "required", names({"jsonrpc", "method"}));
    return schema;
  }

  Value answer(std::string_view member, Value content) {
    Value properties{rapidjson::kObjectType};
    add(properties, "jsonrpc", constant("2.0"));
    add(properties, "id", either(of_type("string"), of_type("integer"), of_type("null")));
    add(properties, member, std::move(content));
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "required", names({"jsonrpc", "id", member}));
    return schema;
  }

  template <class Method> void add_method(Value& methods, Value& lines) {
    Value entry{rapidjson::kObjectType};
    add(entry, "description", text(Method::about));
    add(entry, "params", schema_of<typename Method::Params>());
    add(entry, "result", schema_of<typename Method::Result>());
    add(methods, Method::name, std::move(entry));
    lines.PushBack(line_schema(Method::name, schema_of<typename Method::Params>(), true),
                   allocator());
  }

  template <class Note> void add_notification(Value& notifications, Value& lines) {
    Value entry{rapidjson::kObjectType};
    add(entry, "description", text(Note::about));
    add(entry, "params", schema_of<Note>());
    add(notifications, Note::method, std::move(entry));
    lines.PushBack(line_schema(Note::method, schema_of<Note>(), false), allocator());
  }
};

/// Returns the members of a structure as they are written in a table; `?` marks optional ones.
template <class T> std::string member_names() {
  std::string text;
  auto visit = [&text]<class Member>(const Field<Member>& field) {
    bool optional = json::detail::IsOptional<std::remove_const_t<Member>>::value;
    if constexpr (requires { T::required; })
      optional = std::ranges::find(T::required, field.name) == T::required.end();
    text += (text.empty() ? "`" : ", `") + std::string{field.name} + (optional ? "?`" : "`");
  };
  const T sample{};
  T::fields(sample, [&](const auto&... field) { (visit(field), ...); });
  return text.empty() ? "none" : text;
}

template <class T> std::string type_text() {
  if constexpr (json::detail::IsVector<T>::value)
    return "list of " + type_text<typename T::value_type>();
  else if constexpr (std::is_same_v<T, TextOrResponse>)
    return "text, or `LLMResponse` with `full`";
  else if constexpr (std::is_same_v<T, Nothing>)
    return "null";
  else if constexpr (std::is_same_v<T, ConfigSection>)
    return "the settings";
  else if constexpr (std::is_same_v<T, StreamStarted>)
    return "`{id}`";
  else if constexpr (Described<T>)
    return "`" + std::string{T::type_name} + "`";
  else if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else
    return "text";
}

} // namespace

std::string protocol_schema() { return ProtocolSchema{}.schema(); }

std::string protocol_reference() {
  std::string text = "| method | parameters | result | |\n| --- | --- | --- | --- |\n";
  [&text]<class... Method>(Types<Method...>) {
    ((text += "| `" + std::string{Method::name} + "` | " + member_names<typename Method::Params>() +
              " | " + type_text<typename Method::Result>() + " | " + std::string{Method::about} +
              " |\n"),
     ...);
  }(Methods{});
  text += "\n| notification | parameters | |\n| --- | --- | --- |\n";
  [&text]<class... Note>(Types<Note...>) {
    ((text += "| `" + std::string{Note::method} + "` | " + member_names<Note>() + " | " +
              std::string{Note::about} + " |\n"),
     ...);
  }(Notifications{});
  return text;
}

} // namespace nexus::llm::sidecar
