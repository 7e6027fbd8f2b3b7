// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/testing/pattern.hpp"

#include <algorithm>

#include "config/json.hpp"
#include "nexus_llm/testing/script_failure.hpp"

namespace nexus::llm::testing {

using json::Document;
using json::Value;

namespace {

std::optional<std::string> compare(const Value& pattern, const Value& actual);

std::string at(std::string_view step, const std::string& rest) {
  const bool nested = rest.front() == '.' || rest.front() == '[';
  return std::string{step} + (nested ? "" : " ") + rest;
}

std::optional<std::string> compare_objects(const Value& pattern, const Value& actual) {
  if (const auto* part = json::find(pattern, "$contains"); part != nullptr && part->IsString()) {
    if (pattern.MemberCount() > 1)
      return "is compared with a pattern that has more than `$contains`";
    if (actual.IsString() &&
        json::text_of(actual).find(json::text_of(*part)) != std::string_view::npos)
      return std::nullopt;
    return "is " + json::to_text(actual) + ", which does not contain " + json::to_text(*part);
  }
  if (!actual.IsObject())
    return "is " + json::to_text(actual) + ", not an object";
  for (const auto& member : pattern.GetObject()) {
    const auto name = json::text_of(member.name);
    const auto* value = json::find(actual, name);
    const auto step = "." + std::string{name};
    if (value == nullptr) {
      // An absent value is equal to null.
      if (member.value.IsNull())
        continue;
      return step + " is missing";
    }
    if (auto problem = compare(member.value, *value))
      return at(step, *problem);
  }
  return std::nullopt;
}

std::optional<std::string> compare_arrays(const Value& pattern, const Value& actual) {
  if (!actual.IsArray())
    return "is " + json::to_text(actual) + ", not an array";
  if (pattern.Size() != actual.Size())
    return "has " + std::to_string(actual.Size()) + " elements, not " +
           std::to_string(pattern.Size());
  for (rapidjson::SizeType i = 0; i < pattern.Size(); ++i)
    if (auto problem = compare(pattern[i], actual[i]))
      return at("[" + std::to_string(i) + "]", *problem);
  return std::nullopt;
}

std::optional<std::string> compare(const Value& pattern, const Value& actual) {
  if (pattern.IsString() && json::text_of(pattern) == "*")
    return std::nullopt;
  if (pattern.IsObject())
    return compare_objects(pattern, actual);
  if (pattern.IsArray())
    return compare_arrays(pattern, actual);
  // Numbers are equal regardless of whether they have a fraction.
  const bool fraction =
      pattern.IsNumber() && actual.IsNumber() && (pattern.IsDouble() || actual.IsDouble());
  if (fraction ? pattern.GetDouble() != actual.GetDouble() : !(pattern == actual))
    return "is " + json::to_text(actual) + ", not " + json::to_text(pattern);
  return std::nullopt;
}

/// Whether a text is an unquoted atom name or an unquoted star.
bool is_word(std::string_view text) {
  return text == "*" ||
         (!text.empty() && text != "true" && text != "false" && text != "null" &&
          std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
}

Pattern structure(std::string_view type, std::string_view member, std::string_view text) {
  Document document;
  auto& allocator = document.GetAllocator();
  Value members{rapidjson::kObjectType};
  members.AddMember(json::make_string(member, allocator), json::make_string(text, allocator),
                    allocator);
  document.SetObject();
  document.AddMember(json::make_string(type, allocator), std::move(members), allocator);
  return Pattern{document};
}

} // namespace

Pattern::Pattern() : Pattern{std::string_view{"\"*\""}} {}

Pattern::Pattern(std::string_view text) {
  std::string words{text};
  if (is_word(text))
    words.insert(0, 1, '"').push_back('"');
  auto document = json::parse(words);
  if (!document)
    throw ScriptFailure{"A pattern is not JSON: " + document.error().what + " in " +
                        std::string{text}};
  value_ = std::make_shared<const Document>(std::move(*document));
}

Pattern::Pattern(const Value& value) {
  Document copy;
  copy.CopyFrom(value, copy.GetAllocator());
  value_ = std::make_shared<const Document>(std::move(copy));
}

const Value& Pattern::value() const { return *value_; }

std::optional<std::string> Pattern::mismatch(const Value& actual) const {
  return compare(*value_, actual);
}

std::optional<std::string> Pattern::mismatch_of_message(const Value& elements) const {
  if (value_->IsString()) {
    if (json::text_of(*value_) == "*")
      return std::nullopt;
    if (!elements.Empty() && elements[0] == *value_)
      return std::nullopt;
    return "it does not begin with " + json::to_text(*value_);
  }
  if (value_->IsArray())
    return compare(*value_, elements);
  if (elements.Size() != 1)
    return "it has " + std::to_string(elements.Size()) + " elements, not one";
  return compare(*value_, elements[0]);
}

std::string Pattern::text() const {
  if (value_->IsObject() && value_->MemberCount() == 1) {
    const auto& member = *value_->MemberBegin();
    return std::string{json::text_of(member.name)} + " " + json::to_text(member.value);
  }
  return json::to_text(*value_);
}

Pattern chunk(std::string_view text) { return structure("LLMStreamChunk", "response", text); }

Pattern ending(std::string_view whole_text) {
  Document document;
  auto& allocator = document.GetAllocator();
  document.SetObject();
  Value final{rapidjson::kObjectType};
  final.AddMember("response", json::make_string(whole_text, allocator), allocator);
  Value members{rapidjson::kObjectType};
  members.AddMember("done", true, allocator);
  members.AddMember("final", std::move(final), allocator);
  document.AddMember("LLMStreamChunk", std::move(members), allocator);
  return Pattern{document};
}

Pattern stream_error(ErrorCode code) {
  Document document;
  auto& allocator = document.GetAllocator();
  document.SetObject();
  Value error{rapidjson::kObjectType};
  error.AddMember("code", json::make_string(to_string(code), allocator), allocator);
  Value members{rapidjson::kObjectType};
  members.AddMember("error", std::move(error), allocator);
  document.AddMember("StreamError", std::move(members), allocator);
  return Pattern{document};
}

Pattern progress(Phase phase) { return structure("RequestProgress", "phase", to_string(phase)); }

} // namespace nexus::llm::testing
