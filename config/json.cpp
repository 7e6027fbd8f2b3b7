// SPDX-License-Identifier: BSD-3-Clause
#include "config/json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "config/text.hpp"
#include "config/utf8.hpp"

namespace nexus::llm::json {

namespace {

using Buffer = rapidjson::GenericStringBuffer<rapidjson::UTF8<>, CheckedAllocator>;
using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, CheckedAllocator>;

/// Forwards parser events to a document. Stops if the nesting is too deep, a number is too large,
/// or a string is not valid UTF-8.
class DepthGuard {
public:
  DepthGuard(Document& target, std::uint32_t limit) : target_{target}, limit_{limit} {}

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] bool too_large() const { return too_large_; }

  bool Null() { return target_.Null(); }
  bool Bool(bool value) { return target_.Bool(value); }
  bool Int(int value) { return target_.Int(value); }
  bool Uint(unsigned value) { return target_.Uint(value); }
  bool Int64(std::int64_t value) { return target_.Int64(value); }
  bool Uint64(std::uint64_t value) { return target_.Uint64(value); }
  bool Double(double value) { return target_.Double(value); }
  /// Converts numbers without RapidJSON, whose exact conversion has undefined behavior for numbers
  /// such as 0e300.
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view number{text, size};
    if (number.find_first_of(".eE") == std::string_view::npos) {
      if (const auto whole = number_in<std::int64_t>(number))
        return target_.Int64(*whole);
      if (const auto whole = number_in<std::uint64_t>(number))
        return target_.Uint64(*whole);
    }
    // `from_chars` fails with the same error for numbers too large and too close to 0.
    const auto value =
        number_in<double>(number).value_or(std::strtod(std::string{number}.c_str(), nullptr));
    too_large_ = !std::isfinite(value);
    return !too_large_ && target_.Double(value);
  }
  bool String(const char* text, rapidjson::SizeType size, bool copy) {
    return is_whole({text, size}) && target_.String(text, size, copy);
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) {
    return is_whole({text, size}) && target_.Key(text, size, copy);
  }
  bool StartObject() { return enter() && target_.StartObject(); }
  bool EndObject(rapidjson::SizeType count) {
    --depth_;
    return target_.EndObject(count);
  }
  bool StartArray() { return enter() && target_.StartArray(); }
  bool EndArray(rapidjson::SizeType count) {
    --depth_;
    return target_.EndArray(count);
  }

private:
  /// Detects lone low surrogates, whose escapes RapidJSON accepts.
  static bool is_whole(std::string_view text) {
    for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1))
      if (static_cast<unsigned char>(text[at + 1]) >= 0xA0)
        return false;
    return true;
  }
  bool enter() {
    too_deep_ = ++depth_ > limit_;
    return !too_deep_;
  }

  Document& target_;
  std::uint32_t limit_;
  std::uint32_t depth_ = 0;
  bool too_deep_ = false;
  bool too_large_ = false;
};

constexpr unsigned parse_flags = rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

ParseError error_at(std::string_view text, std::size_t offset, std::string what) {
  offset = std::min(offset, text.size());
  const auto before = text.substr(0, offset);
  const auto last_break = before.rfind('\n');
  return {std::move(what), offset,
          1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          last_break == std::string_view::npos ? offset + 1 : offset - last_break};
}

/// Returns the message of RapidJSON without the full stop, for use as part of a sentence.
std::string reason(rapidjson::ParseErrorCode code) {
  std::string text = rapidjson::GetParseError_En(code);
  if (text.ends_with('.'))
    text.pop_back();
  return text;
}

template <unsigned Flags>
tl::expected<Document, ParseError> parse_with(std::string_view text, std::uint32_t max_depth) {
  Document document;
  rapidjson::MemoryStream stream{text.data(), text.size()};
  Reader reader;
  bool too_deep = false;
  bool too_large = false;
  auto generate = [&](Document& target) {
    DepthGuard guard{target, max_depth};
    const auto result = reader.Parse<Flags>(stream, guard);
    too_deep = guard.too_deep();
    too_large = guard.too_large();
    return !result.IsError();
  };
  document.Populate(generate);
  if (too_deep)
    return tl::unexpected{error_at(text, stream.Tell(),
                                   "nested deeper than " + std::to_string(max_depth) + " levels")};
  if (too_large)
    return tl::unexpected{error_at(text, stream.Tell(), "a number is too large")};
  if (reader.HasParseError())
    return tl::unexpected{
        error_at(text, reader.GetErrorOffset(), reason(reader.GetParseErrorCode()))};
  // RapidJSON treats a NUL byte as the end of the text.
  if ((Flags & rapidjson::kParseStopWhenDoneFlag) == 0 && stream.Tell() < text.size())
    return tl::unexpected{error_at(text, stream.Tell(), "a NUL byte follows the value")};
  return document;
}

} // namespace

tl::expected<Document, ParseError> parse(std::string_view text, std::uint32_t max_depth) {
  return parse_with<parse_flags>(text, max_depth);
}

tl::expected<Document, ParseError> parse_first(std::string_view text, std::uint32_t max_depth) {
  return parse_with<parse_flags | rapidjson::kParseStopWhenDoneFlag>(text, max_depth);
}

std::string to_text(const Value& value) { return to_valid_utf8(to_text_of_valid(value)); }

std::string to_text_of_valid(const Value& value) {
  Buffer buffer;
  rapidjson::Writer<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, CheckedAllocator> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string to_pretty_text(const Value& value) {
  Buffer buffer;
  rapidjson::PrettyWriter<Buffer, rapidjson::UTF8<>, rapidjson::UTF8<>, CheckedAllocator> writer{
      buffer};
  writer.SetIndent(' ', 2);
  value.Accept(writer);
  return to_valid_utf8({buffer.GetString(), buffer.GetSize()});
}

const Value* find(const Value& object, std::string_view name) {
  if (!object.IsObject())
    return nullptr;
  for (auto member = object.MemberEnd(); member != object.MemberBegin();)
    if (text_of((--member)->name) == name)
      return &member->value;
  return nullptr;
}

Value* find(Value& object, std::string_view name) {
  return const_cast<Value*>(find(static_cast<const Value&>(object), name));
}

const Value* find_path(const Value& object, std::string_view path) {
  const auto* value = &object;
  while (value != nullptr) {
    const auto dot = path.find('.');
    value = find(*value, path.substr(0, dot));
    if (dot == std::string_view::npos)
      return value;
    path.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::optional<std::string_view> find_text(const Value& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->IsString())
    return std::nullopt;
  return text_of(*value);
}

std::uint64_t find_count(const Value& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->IsNumber())
    return 0;
  if (value->IsUint64())
    return value->GetUint64();
  const auto number = value->GetDouble();
  return number > 0 && number < 1.8e19 ? static_cast<std::uint64_t>(number) : 0;
}

} // namespace nexus::llm::json
