// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/protocol_schema.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "config/json.hpp"
#include "config/read_json.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"

namespace nexus::llm::sidecar {

using json::Document;
using json::Value;

namespace {

template <class T> struct IsVariant : std::false_type {};
template <class... Ts> struct IsVariant<std::variant<Ts...>> : std::true_type {};

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

class SchemaBuilder {
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
    lines.PushBack(answer("result", Value{rapidjson::kObjectType}), allocator_);
    lines.PushBack(answer("error", schema_of<ErrorReport>()), allocator_);
    // Structures of requirement D that no method carries as a whole.
    static_cast<void>(schema_of<LLMRequest>());
    static_cast<void>(schema_of<ModelConfig>());
    document_.SetObject();
    add(document_, "$schema", text("https://json-schema.org/draft/2020-12/schema"));
    add(document_, "title", text("A line of the nexus-llm sidecar protocol"));
    add(document_, "protocolVersion", Value{protocol_version});
    add(document_, "anyOf", std::move(lines));
    add(document_, "methods", std::move(methods));
    add(document_, "notifications", std::move(notifications));
    add(document_, "$defs", std::move(definitions_));
    return json::to_pretty_text(document_);
  }

private:
  Value text(std::string_view value) { return json::make_string(value, allocator_); }
  void add(Value& object, std::string_view name, Value value) {
    object.AddMember(text(name), std::move(value), allocator_);
  }
  Value of_type(std::string_view type) {
    Value schema{rapidjson::kObjectType};
    add(schema, "type", text(type));
    return schema;
  }
  template <class... Schemas> Value any_of(Schemas... schemas) {
    Value choices{rapidjson::kArrayType};
    (choices.PushBack(std::move(schemas), allocator_), ...);
    Value schema{rapidjson::kObjectType};
    add(schema, "anyOf", std::move(choices));
    return schema;
  }
  Value constant(std::string_view value) {
    Value schema{rapidjson::kObjectType};
    Value choices{rapidjson::kArrayType};
    choices.PushBack(text(value), allocator_);
    add(schema, "enum", std::move(choices));
    return schema;
  }
  Value reference(std::string_view name) {
    Value schema{rapidjson::kObjectType};
    add(schema, "$ref", text("#/$defs/" + std::string{name}));
    return schema;
  }
  Value names(const std::vector<std::string_view>& list) {
    Value array{rapidjson::kArrayType};
    for (const auto name : list)
      array.PushBack(text(name), allocator_);
    return array;
  }

  template <class T> Value schema_of() {
    if constexpr (json::detail::IsOptional<T>::value) {
      return schema_of<typename T::value_type>();
    } else if constexpr (json::detail::IsVector<T>::value) {
      auto schema = of_type("array");
      add(schema, "items", schema_of<typename T::value_type>());
      return schema;
    } else if constexpr (IsVariant<T>::value) {
      return choice_of(T{});
    } else if constexpr (std::is_same_v<T, Nothing>) {
      return of_type("null");
    } else if constexpr (std::is_same_v<T, ConfigSection>) {
      define("LLMConfig", [this] { return config_schema(); });
      return reference("LLMConfig");
    } else if constexpr (TextLike<T>) {
      return of_type("string");
    } else if constexpr (IsPerRole<T>::value) {
      static_assert(!IsPerRole<T>::value, "no message of the protocol has a member for each role");
    } else if constexpr (Described<T>) {
      define(T::type_name, [this] { return object_schema<T>(); });
      return reference(T::type_name);
    } else if constexpr (json::detail::IsDuration<T>::value) {
      auto schema = of_type("integer");
      add(schema, "description", text(unit<typename T::period>()));
      return schema;
    } else if constexpr (std::is_same_v<T, WallTime>) {
      auto schema = of_type("string");
      add(schema, "format", text("date-time"));
      return schema;
    } else if constexpr (std::is_enum_v<T>) {
      return enum_schema<T>();
    } else if constexpr (std::is_same_v<T, bool>) {
      return of_type("boolean");
    } else if constexpr (std::is_floating_point_v<T>) {
      return of_type("number");
    } else if constexpr (std::is_integral_v<T>) {
      auto schema = of_type("integer");
      if constexpr (std::is_unsigned_v<T>)
        add(schema, "minimum", Value{0});
      return schema;
    } else {
      static_assert(std::is_same_v<T, std::string>);
      return of_type("string");
    }
  }

  template <class... Ts> Value choice_of(const std::variant<Ts...>&) {
    return any_of(schema_of<Ts>()...);
  }

  template <class Period> static std::string_view unit() {
    if constexpr (std::is_same_v<Period, std::milli>)
      return "milliseconds";
    else if constexpr (std::is_same_v<Period, std::micro>)
      return "microseconds";
    else if constexpr (std::is_same_v<Period, std::nano>)
      return "nanoseconds";
    else
      return "seconds";
  }

  template <class Enum> Value enum_schema() {
    auto schema = of_type("string");
    std::vector<std::string_view> values;
    const auto [first, last] = json::detail::range_of<Enum>();
    for (int number = first; number <= last; ++number)
      values.push_back(to_string(static_cast<Enum>(number)));
    add(schema, "enum", names(values));
    return schema;
  }

  template <class T> Value formed_schema(Form form) {
    switch (form) {
    case Form::object:
      return of_type("object");
    case Form::format:
      return any_of(constant("json"), of_type("object"));
    case Form::think:
      return any_of(of_type("boolean"), schema_of<T>());
    case Form::keep_alive:
      return any_of(of_type("string"), of_type("number"));
    case Form::plain:
      break;
    }
    return schema_of<T>();
  }

  template <class T> Value object_schema() {
    Value properties{rapidjson::kObjectType};
    std::vector<std::string_view> required;
    auto visit = [&]<class Member>(const Field<Member>& field) {
      using Plain = std::remove_const_t<Member>;
      add(properties, field.name, formed_schema<Plain>(form_of(T::type_name, field.name)));
      if (!json::detail::IsOptional<Plain>::value)
        required.push_back(field.name);
    };
    const T sample{};
    T::fields(sample, [&](const auto&... field) { (visit(field), ...); });
    bool is_sent_by_clients = false;
    if constexpr (requires { T::required; }) {
      is_sent_by_clients = true;
      required = {T::required.begin(), T::required.end()};
      add(properties, "errorDetail", of_type("boolean"));
    } else if (auto input = required_of_input(T::type_name)) {
      is_sent_by_clients = true;
      required = std::move(*input);
    }
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "required", names(required));
    // The sidecar may add members to what it sends; what a client sends must be known.
    if (is_sent_by_clients)
      add(schema, "additionalProperties", Value{false});
    return schema;
  }

  /// Defines a structure once, even if it contains itself.
  template <class Make> void define(std::string_view name, const Make& make) {
    if (json::find(definitions_, name) != nullptr)
      return;
    add(definitions_, name, Value{});
    auto schema = make();
    *json::find(definitions_, name) = std::move(schema);
  }

  Value config_schema() {
    auto schema = of_type("object");
    add(schema, "properties", Value{rapidjson::kObjectType});
    const LLMClientConfig defaults;
    for (const auto& key : config_keys()) {
      Document scratch;
      auto leaf = leaf_schema(key.get(defaults, scratch.GetAllocator()));
      add(leaf, "description", text(key.description + " (" + key.type + ")"));
      auto* group = &schema;
      std::string_view path = key.path;
      for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
        auto* properties = json::find(*group, "properties");
        const auto name = path.substr(0, dot);
        if (json::find(*properties, name) == nullptr) {
          auto child = of_type("object");
          add(child, "properties", Value{rapidjson::kObjectType});
          add(*properties, name, std::move(child));
        }
        group = json::find(*properties, name);
        path.remove_prefix(dot + 1);
      }
      add(*json::find(*group, "properties"), path, std::move(leaf));
    }
    return schema;
  }

  Value leaf_schema(const Value& example) {
    if (example.IsBool())
      return of_type("boolean");
    if (example.IsNumber())
      return of_type("number");
    if (example.IsArray()) {
      auto schema = of_type("array");
      add(schema, "items", of_type("string"));
      return schema;
    }
    if (example.IsObject())
      return of_type("object");
    // A setting without a default is null.
    return example.IsString() ? of_type("string") : Value{rapidjson::kObjectType};
  }

  Value line_schema(std::string_view method, Value params, bool answered) {
    Value properties{rapidjson::kObjectType};
    add(properties, "jsonrpc", constant("2.0"));
    add(properties, "method", constant(method));
    if (answered)
      add(properties, "id", any_of(of_type("string"), of_type("integer")));
    add(properties, "params", std::move(params));
    auto schema = of_type("object");
    add(schema, "properties", std::move(properties));
    add(schema, "required", names({"jsonrpc", "method"}));
    return schema;
  }

  Value answer(std::string_view member, Value content) {
    Value properties{rapidjson::kObjectType};
    add(properties, "jsonrpc", constant("2.0"));
    add(properties, "id", any_of(of_type("string"), of_type("integer"), of_type("null")));
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
                   allocator_);
  }

  template <class Note> void add_notification(Value& notifications, Value& lines) {
    Value entry{rapidjson::kObjectType};
    add(entry, "description", text(Note::about));
    add(entry, "params", schema_of<Note>());
    add(notifications, Note::method, std::move(entry));
    lines.PushBack(line_schema(Note::method, schema_of<Note>(), false), allocator_);
  }

  Document document_;
  json::Allocator& allocator_ = document_.GetAllocator();
  Value definitions_{rapidjson::kObjectType};
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

std::string protocol_schema() { return SchemaBuilder{}.schema(); }

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
