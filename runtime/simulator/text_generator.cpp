// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/text_generator.hpp"

#include "config/json.hpp"
#include "config/utf8.hpp"
#include "runtime/simulator/json_object.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <random>

namespace nexus::llm::simulator {
namespace {

using json::Value;

constexpr std::size_t max_token_bytes = 12;
constexpr std::size_t max_quoted_bytes = 60;
constexpr int max_schema_depth = 16;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::size_t token_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at]))
    ++at;
  const auto word = at;
  while (at < text.size() && !is_space(text[at])) {
    const auto length = std::max<std::size_t>(1, first_character(text.substr(at)));
    if (at + length - word > max_token_bytes)
      break;
    at += length;
  }
  return at;
}

/// Returns the beginning of a text.
std::string beginning_of(std::string_view text) {
  std::string beginning;
  for (const auto& token : tokenize(text)) {
    if (beginning.size() + token.size() > max_quoted_bytes)
      return beginning + "...";
    beginning += token;
  }
  return beginning;
}

std::size_t first_of(std::string_view text, std::initializer_list<std::string_view> words) {
  std::size_t first = std::string_view::npos;
  for (const auto word : words)
    first = std::min(first, text.find(word));
  return first;
}

std::string plan(std::string_view goal) {
  return " plan for \"" + beginning_of(goal) +
         "\":\n1. Write down what is asked for.\n2. Split the work into small parts.\n3. Write the "
         "core function first.\n4. Check every part with a test.";
}

std::string code(std::string_view task) {
  const bool bounds = first_of(task, {"bound", "clamp", "range", "limit"}) != std::string::npos;
  return std::string{" function:\n\n```cpp\n"} +
         (bounds ? "int clamp_to(int value, int low, int high) {\n  return value < low ? low : "
                   "value > high ? high : value;\n}"
                 : "int add(int a, int b) {\n  return a + b;\n}") +
         "\n```\n";
}

std::string default_value(const Value& schema, int depth);

std::string default_object(const Value& schema, int depth) {
  const auto* properties = json::find(schema, "properties");
  const auto* required = json::find(schema, "required");
  const bool all = required == nullptr || !required->IsArray() || required->Empty();
  JsonObject object;
  if (properties != nullptr && properties->IsObject())
    for (const auto& property : properties->GetObject())
      if (all || std::find(required->Begin(), required->End(), property.name) != required->End())
        object.json(json::text_of(property.name), default_value(property.value, depth + 1));
  return object.str();
}

std::string default_value(const Value& schema, int depth) {
  if (!schema.IsObject() || depth > max_schema_depth)
    return "null";
  const auto* choices = json::find(schema, "enum");
  if (choices != nullptr && choices->IsArray() && !choices->Empty())
    return json::to_text((*choices)[0]);
  const auto type = json::find_text(schema, "type").value_or("object");
  if (type == "object")
    return default_object(schema, depth);
  if (type == "string")
    return "\"[simulated]\"";
  if (type == "integer" || type == "number")
    return "0";
  if (type == "boolean")
    return "false";
  return type == "array" ? "[]" : "null";
}

} // namespace

std::vector<std::string> tokenize(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = token_end(text, at);
    tokens.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

std::size_t count_tokens(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count)
    at = token_end(text, at);
  return count;
}

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

std::string generate_reply(std::string_view model, std::string_view prompt, std::uint64_t seed) {
  std::string words{prompt};
  std::ranges::transform(words, words.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  constexpr std::array openings{"A short", "A simple", "A possible", "A first"};
  const auto text = std::string{"[simulated] "} +
                    openings[(hash_text(model) ^ hash_text(prompt) ^ seed) % openings.size()];
  const auto planning = first_of(words, {"plan", "outline", "steps to", "break down"});
  const auto coding = first_of(words, {"code", "function", "implement", "program", "c++"});
  const auto reviewing = first_of(words, {"review", "critique"});
  if (reviewing < std::min(planning, coding))
    return text + " review: it does what was asked for, and its names say what they mean. Add a "
                  "test for a value at each of the bounds.";
  if (planning < coding)
    return text + plan(prompt);
  if (coding != std::string::npos)
    return text + code(words);
  return text + " answer to \"" + beginning_of(prompt) + "\". No model ran for it.";
}

std::string reply_to_tool(std::string_view result) {
  return "[simulated] The tool said \"" + beginning_of(result) + "\". No model ran for this.";
}

std::string generate_json(const Value* schema, std::string_view prompt) {
  if (schema != nullptr)
    return default_value(*schema, 0);
  return JsonObject()
      .boolean("simulated", true)
      .text("reply", "[simulated] " + beginning_of(prompt))
      .str();
}

std::vector<double> embed(std::string_view text, std::size_t length) {
  std::vector<double> vector(length);
  std::mt19937_64 random{hash_text(text)};
  double sum = 0;
  for (auto& value : vector) {
    value = static_cast<double>(random() >> 11U) / static_cast<double>(1ULL << 52U) - 1;
    sum += value * value;
  }
  for (auto& value : vector)
    value /= sum > 0 ? std::sqrt(sum) : 1;
  return vector;
}

} // namespace nexus::llm::simulator
