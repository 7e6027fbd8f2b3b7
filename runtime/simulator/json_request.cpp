// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/json_request.hpp"

#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/model_name.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using rapidjson::Value;
using std::chrono::nanoseconds;

constexpr std::size_t max_depth = 10'000;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string kind_of(const Value& value) {
  if (value.IsString())
    return "string";
  if (value.IsBool())
    return "bool";
  if (value.IsNumber())
    return "number";
  return value.IsArray() ? "array" : "object";
}

bool is_high_surrogate(std::string_view text) {
  return text.size() >= 4 && (text[0] == 'd' || text[0] == 'D') &&
         std::string_view("89abAB").find(text[1]) != std::string_view::npos;
}

bool is_low_surrogate(std::string_view text) {
  return text.size() >= 4 && (text[0] == 'd' || text[0] == 'D') &&
         std::string_view("cdefCDEF").find(text[1]) != std::string_view::npos;
}

/// Replaces surrogate escapes without a partner, which Go accepts and RapidJSON does not. Returns
/// nothing when the nesting is too deep.
std::optional<std::string> prepare(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  bool in_string = false;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (!in_string) {
      if (c == '[' || c == '{') {
        if (++depth > max_depth)
          return std::nullopt;
      } else if ((c == ']' || c == '}') && depth > 0) {
        --depth;
      }
      in_string = c == '"';
      out += c;
      continue;
    }
    if (c != '\\' || i + 1 >= body.size()) {
      in_string = c != '"';
      out += c;
      continue;
    }
    if (body[i + 1] == 'u') {
      const auto digits = body.substr(i + 2, 4);
      const bool pair = is_high_surrogate(digits) && body.substr(i + 6, 2) == "\\u" &&
                        is_low_surrogate(body.substr(std::min(i + 8, body.size()), 4));
      if (pair) {
        out += body.substr(i, 12);
        i += 11;
        continue;
      }
      if (is_high_surrogate(digits) || is_low_surrogate(digits)) {
        out += "\\ufffd";
        i += 5;
        continue;
      }
    }
    out += body.substr(i, 2);
    ++i;
  }
  return out;
}

std::string describe_parse_error(std::string_view body, const rapidjson::Document& document) {
  const std::size_t at = document.GetErrorOffset();
  if (at >= body.size())
    return "unexpected EOF";
  const auto byte = static_cast<unsigned char>(body[at]);
  std::string character;
  if (byte < 0x20) {
    character = byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : byte == '\r' ? "\\r" : "\\x";
    if (character == "\\x") {
      constexpr std::string_view digits = "0123456789abcdef";
      character += {digits[byte >> 4U], digits[byte & 0xFU]};
    }
  } else if (byte < 0x80) {
    character = byte == '\'' ? "\\'" : std::string(1, static_cast<char>(byte));
  } else {
    // Go prints the byte as a code point of its own.
    character = {static_cast<char>(0xC0U | byte >> 6U), static_cast<char>(0x80U | (byte & 0x3FU))};
  }
  const std::string start = "invalid character '" + character + "' ";
  switch (document.GetParseError()) {
  case rapidjson::kParseErrorObjectMissName:
    return start + "looking for beginning of object key string";
  case rapidjson::kParseErrorObjectMissColon:
    return start + "after object key";
  case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
    return start + "after object key:value pair";
  case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
    return start + "after array element";
  case rapidjson::kParseErrorStringEscapeInvalid:
    return start + "in string escape code";
  case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
    return start + "in \\u hexadecimal character escape";
  case rapidjson::kParseErrorStringMissQuotationMark:
    return "unexpected EOF";
  case rapidjson::kParseErrorStringInvalidEncoding:
    return start + "in string literal";
  default:
    return start + "looking for beginning of value";
  }
}

std::optional<std::string> base64_error(std::string_view text) {
  std::string clean;
  std::size_t position = 0;
  std::size_t padding = 0;
  const auto fail = [](std::size_t at) {
    return "illegal base64 data at input byte " + std::to_string(at);
  };
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      ++position;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (c == '=') {
      if (clean.size() % 4 < 2)
        return fail(position);
      ++padding;
    } else if (!letter || padding > 0) {
      return fail(position);
    }
    clean += c;
    ++position;
  }
  return clean.size() % 4 == 0 ? std::nullopt : std::optional(fail(position));
}

std::optional<nanoseconds> saturated(double nanos) {
  if (nanos < 0)
    return nanoseconds(-1);
  if (nanos >= static_cast<double>(std::numeric_limits<std::int64_t>::max()))
    return nanoseconds(-1);
  return nanoseconds(static_cast<std::int64_t>(nanos));
}

/// Go's duration syntax; on failure an error text.
std::pair<std::optional<nanoseconds>, std::string> parse_duration(std::string_view text) {
  const std::string invalid = "time: invalid duration " + quoted(text);
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+'))
    rest.remove_prefix(1);
  if (rest == "0")
    return {nanoseconds(0), ""};
  if (rest.empty())
    return {std::nullopt, invalid};
  constexpr std::array<std::pair<std::string_view, double>, 8> units = {{{"ns", 1},
                                                                         {"us", 1e3},
                                                                         {"\xC2\xB5s", 1e3},
                                                                         {"ms", 1e6},
                                                                         {"s", 1e9},
                                                                         {"m", 60e9},
                                                                         {"h", 3600e9},
                                                                         {"\xCE\xBCs", 1e3}}};
  double total = 0;
  while (!rest.empty()) {
    const auto length = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const std::string number(rest.substr(0, length));
    if (number.empty() || number == "." || number.find('.') != number.rfind('.'))
      return {std::nullopt, invalid};
    rest.remove_prefix(length);
    const auto unit = rest.substr(0, rest.find_first_of("0123456789."));
    if (unit.empty())
      return {std::nullopt, "time: missing unit in duration " + quoted(text)};
    double factor = 0;
    for (const auto& [name, value] : units) {
      if (name == unit)
        factor = value;
    }
    if (factor == 0) {
      return {std::nullopt, "time: unknown unit " + quoted(unit) + " in duration " + quoted(text)};
    }
    total += std::stod(number) * factor;
    rest.remove_prefix(unit.size());
  }
  return {saturated(negative ? -total : total), ""};
}

std::pair<std::optional<nanoseconds>, std::string> parse_keep_alive(const Value& value) {
  if (value.IsNumber())
    return {saturated(value.GetDouble() * 1e9), ""};
  if (value.IsString())
    return parse_duration({value.GetString(), value.GetStringLength()});
  const std::string type = value.IsBool()    ? "bool"
                           : value.IsArray() ? "[]interface {}"
                                             : "map[string]interface {}";
  return {std::nullopt, "Unsupported type: '" + type + "'"};
}

std::string think_error(const Value& value) {
  if (value.IsBool())
    return {};
  if (!value.IsString())
    return R"(think must be a boolean or string ("high", "medium", "low", "max", true, or false))";
  const std::string_view level(value.GetString(), value.GetStringLength());
  if (level == "high" || level == "medium" || level == "low" || level == "max")
    return {};
  return "invalid think value: " + quoted(level) +
         R"( (must be "high", "medium", "low", "max", true, or false))";
}

/// Checks values and remembers the first error.
class Checker {
public:
  explicit Checker(std::string_view struct_name) : struct_name_(struct_name) {}

  [[nodiscard]] std::string take_error() { return std::move(error_); }

  void field(const std::string& path, const Value& value, FieldType type) {
    if (value.IsNull())
      return;
    switch (type) {
    case FieldType::string:
      require(value.IsString(), path, value, "string");
      break;
    case FieldType::boolean:
      require(value.IsBool(), path, value, "bool");
      break;
    case FieldType::integer:
      require(value.IsInt64(), path, value, "int");
      break;
    case FieldType::object:
      require(value.IsObject(), path, value, "map[string]interface {}");
      break;
    case FieldType::strings:
      list(path, value, FieldType::string, "[]string");
      break;
    case FieldType::integers:
      list(path, value, FieldType::integer, "[]int");
      break;
    case FieldType::images:
      images(path, value);
      break;
    case FieldType::messages:
      messages(path, value);
      break;
    case FieldType::tools:
      tools(path, value);
      break;
    case FieldType::keep_alive:
      fail(parse_keep_alive(value).second);
      break;
    case FieldType::think:
      fail(think_error(value));
      break;
    case FieldType::any:
      break;
    }
  }

private:
  void fail(const std::string& text) {
    if (error_.empty())
      error_ = text;
  }

  bool require(bool fine, const std::string& path, const Value& value, std::string_view type) {
    if (!fine)
      fail("json: cannot unmarshal " + kind_of(value) + " into Go struct field " + struct_name_ +
           "." + path + " of type " + std::string(type));
    return fine;
  }

  void list(const std::string& path, const Value& value, FieldType type, std::string_view name) {
    if (!require(value.IsArray(), path, value, name))
      return;
    for (const auto& item : value.GetArray())
      field(path, item, type);
  }

  void images(const std::string& path, const Value& value) {
    if (!require(value.IsArray(), path, value, "[]api.ImageData"))
      return;
    for (const auto& item : value.GetArray()) {
      if (item.IsNull() || !require(item.IsString(), path, item, "api.ImageData"))
        continue;
      if (const auto text = base64_error({item.GetString(), item.GetStringLength()}))
        fail(*text);
    }
  }

  void member(const Value& object, const std::string& path, std::string_view name, FieldType type) {
    for (const auto& item : object.GetObject()) {
      if (to_lower({item.name.GetString(), item.name.GetStringLength()}) == name)
        field(path + "." + std::string(name), item.value, type);
    }
  }

  void messages(const std::string& path, const Value& value) {
    if (!require(value.IsArray(), path, value, "[]api.Message"))
      return;
    for (const auto& item : value.GetArray()) {
      if (item.IsNull() || !require(item.IsObject(), path, item, "api.Message"))
        continue;
      for (const std::string_view text :
           {"role", "content", "thinking", "tool_name", "tool_call_id"})
        member(item, path, text, FieldType::string);
      member(item, path, "images", FieldType::images);
      const auto* calls = find_field(item, "tool_calls");
      if (calls == nullptr ||
          !require(calls->IsArray(), path + ".tool_calls", *calls, "[]api.ToolCall"))
        continue;
      for (const auto& call : calls->GetArray())
        tool_call(path + ".tool_calls", call);
    }
  }

  void tool_call(const std::string& path, const Value& call) {
    if (call.IsNull() || !require(call.IsObject(), path, call, "api.ToolCall"))
      return;
    const auto* function = find_field(call, "function");
    if (function == nullptr ||
        !require(function->IsObject(), path + ".function", *function, "api.ToolCallFunction"))
      return;
    const auto* arguments = find_field(*function, "arguments");
    if (arguments == nullptr || arguments->IsObject())
      return;
    // The server decodes this part on its own, so the text tells no struct field.
    if (arguments->IsString())
      fail("Value looks like object, but can't find closing '}' symbol");
    else
      fail("json: cannot unmarshal " + kind_of(*arguments) +
           " into Go value of type map[string]interface {}");
  }

  void tools(const std::string& path, const Value& value) {
    if (!require(value.IsArray(), path, value, "api.Tools"))
      return;
    for (const auto& item : value.GetArray()) {
      if (item.IsNull() || !require(item.IsObject(), path, item, "api.Tool"))
        continue;
      if (const auto* function = find_field(item, "function");
          function != nullptr &&
          require(function->IsObject(), path + ".function", *function, "api.ToolFunction"))
        member(*function, path + ".function", "name", FieldType::string);
    }
  }

  std::string struct_name_;
  std::string error_;
};

} // namespace

const Value* find_field(const Value& object, std::string_view name) {
  if (!object.IsObject())
    return nullptr;
  const Value* found = nullptr;
  for (const auto& member : object.GetObject()) {
    const std::string_view key(member.name.GetString(), member.name.GetStringLength());
    if (!member.value.IsNull() && (key == name || to_lower(key) == name))
      found = &member.value;
  }
  return found;
}

JsonRequest::JsonRequest(std::string_view body, std::string_view struct_name,
                         std::span<const Field> fields) {
  if (trim(body).empty()) {
    error_ = "missing request body";
    return;
  }
  const auto prepared = prepare(body);
  if (!prepared) {
    error_ = "exceeded max depth";
    return;
  }
  if (prepared->starts_with("\xEF\xBB\xBF")) {
    error_ = "invalid character '\xC3\xAF' looking for beginning of value";
    return;
  }
  constexpr unsigned flags = rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseIterativeFlag;
  document_.Parse<flags>(prepared->data(), prepared->size());
  if (document_.HasParseError()) {
    error_ = describe_parse_error(*prepared, document_);
    return;
  }
  check(struct_name, fields);
}

void JsonRequest::check(std::string_view struct_name, std::span<const Field> fields) {
  if (document_.IsNull())
    return;
  if (!document_.IsObject()) {
    error_ = "json: cannot unmarshal " + kind_of(document_) + " into Go value of type api." +
             std::string(struct_name);
    return;
  }
  Checker checker(struct_name);
  for (const auto& member : document_.GetObject()) {
    const std::string key = to_lower({member.name.GetString(), member.name.GetStringLength()});
    for (const auto& field : fields) {
      if (field.name == key)
        checker.field(key, member.value, field.type);
    }
  }
  error_ = checker.take_error();
}

const Value* JsonRequest::find(std::string_view name) const { return find_field(document_, name); }

bool JsonRequest::has(std::string_view name) const {
  if (!document_.IsObject())
    return false;
  for (const auto& member : document_.GetObject()) {
    if (to_lower({member.name.GetString(), member.name.GetStringLength()}) == name)
      return true;
  }
  return false;
}

std::string JsonRequest::string(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->IsString()
             ? std::string(value->GetString(), value->GetStringLength())
             : std::string();
}

std::optional<bool> JsonRequest::boolean(std::string_view name) const {
  const auto* value = find(name);
  return value != nullptr && value->IsBool() ? std::optional(value->GetBool()) : std::nullopt;
}

std::int64_t JsonRequest::integer(std::string_view name, std::int64_t fallback) const {
  const auto* value = find(name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : fallback;
}

std::optional<nanoseconds> JsonRequest::keep_alive() const {
  const auto* value = find("keep_alive");
  return value == nullptr ? std::nullopt : parse_keep_alive(*value).first;
}

} // namespace nexus::llm::simulator
