// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/text_generator.hpp"

#include "config/utf8.hpp"
#include "runtime/simulator/json_request.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/model_name.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace nexus::llm::simulator {
namespace {

using rapidjson::Value;

constexpr std::size_t max_token_bytes = 12;
constexpr int max_schema_depth = 16;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::size_t token_end(std::string_view text, std::size_t at) {
  std::size_t i = at;
  while (i < text.size() && is_space(text[i]))
    ++i;
  const std::size_t word = i;
  while (i < text.size() && !is_space(text[i])) {
    const std::size_t length = std::max<std::size_t>(1, first_character(text.substr(i)));
    if (i + length - word > max_token_bytes)
      break;
    i += length;
  }
  return i;
}

std::size_t first_of(std::string_view text, std::initializer_list<std::string_view> words) {
  std::size_t first = std::string_view::npos;
  for (const auto word : words)
    first = std::min(first, text.find(word));
  return first;
}

std::string start_of(std::string_view prompt) {
  constexpr std::size_t limit = 60;
  std::string text;
  for (std::size_t i = 0; i < prompt.size();) {
    const std::size_t length = std::max<std::size_t>(1, first_character(prompt.substr(i)));
    if (text.size() + length > limit)
      return text + "...";
    if (is_space(prompt[i])) {
      if (!text.empty() && text.back() != ' ')
        text += ' ';
    } else {
      text += prompt.substr(i, length);
    }
    i += length;
  }
  return text;
}

std::string pick(std::uint64_t& state, std::initializer_list<std::string_view> choices) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return std::string(
      *(choices.begin() + static_cast<std::ptrdiff_t>((state >> 33U) % choices.size())));
}

std::string plan(std::uint64_t& state, std::string_view topic) {
  return "[simulated] " + pick(state, {"Plan", "A short plan", "Proposed plan"}) + " for \"" +
         start_of(topic) + "\":\n1. " +
         pick(state, {"Clarify the goal and its limits.", "Write down what is asked for.",
                      "Collect the requirements."}) +
         "\n2. " +
         pick(state, {"Define the interfaces.", "Sketch the data structures.",
                      "Split the work into small parts."}) +
         "\n3. " +
         pick(state, {"Implement the smallest useful part.", "Write the core function first.",
                      "Build one part at a time."}) +
         "\n4. " +
         pick(state, {"Test it, then review the result.", "Check every part with a test.",
                      "Verify the behaviour and clean up."});
}

/// The function that a task asks for, as far as its words tell.
std::string function_for(std::uint64_t& state, std::string_view task) {
  constexpr std::string_view add = "int add(int a, int b) {\n  return a + b;\n}";
  constexpr std::string_view clamp =
      "int clamp_to(int value, int low, int high) {\n  return value < low ? low : value > high ? "
      "high : value;\n}";
  constexpr std::string_view sum =
      "#include <vector>\n\nint sum(const std::vector<int>& values) {\n  int total = 0;\n  for "
      "(const int value : values)\n    total += value;\n  return total;\n}";
  constexpr auto none = std::string_view::npos;
  if (first_of(task, {"bound", "clamp", "range", "limit"}) != none)
    return std::string(clamp);
  if (first_of(task, {"sum", "total", "all numbers"}) != none)
    return std::string(sum);
  return first_of(task, {"add ", "addition"}) != none ? std::string(add)
                                                      : pick(state, {add, clamp, sum});
}

std::string code(std::uint64_t& state, std::string_view task) {
  return "[simulated] " + pick(state, {"A possible solution", "A small function", "An example"}) +
         ":\n\n```cpp\n" + function_for(state, task) + "\n```\n";
}

std::string review(std::uint64_t& state, std::string_view reviewed) {
  const bool bounds = first_of(reviewed, {"clamp", "low", "bound"}) != std::string_view::npos;
  return "[simulated] " +
         pick(state, {"It does what was asked for, and its names say what they mean.",
                      "It is short and does one thing.", "It reaches the goal without more."}) +
         " " +
         (bounds ? pick(state, {"Say, or test, what happens when the lower bound is above the "
                                "upper one.",
                                "Add a test for a value at each of the bounds."})
                 : pick(state, {"Add a test for the largest values.",
                                "Say what happens at the edges, and test it."}));
}

const Value* resolve(const Value& root, const Value& schema) {
  const auto* reference = find_field(schema, "$ref");
  if (reference == nullptr || !reference->IsString())
    return &schema;
  std::string_view path(reference->GetString(), reference->GetStringLength());
  const Value* at = &root;
  while (at != nullptr && !path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, slash);
    if (part != "#" && !part.empty()) {
      const Value key(part.data(), static_cast<rapidjson::SizeType>(part.size()));
      const auto member = at->IsObject() ? at->FindMember(key) : at->MemberEnd();
      at = at->IsObject() && member != at->MemberEnd() ? &member->value : nullptr;
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return at;
}

void append_default(std::string& out, const Value& root, const Value& given, int depth);

void append_object(std::string& out, const Value& root, const Value& schema, int depth) {
  const auto* properties = find_field(schema, "properties");
  const auto* required = find_field(schema, "required");
  const bool all = required == nullptr || !required->IsArray() || required->Empty();
  out += '{';
  bool first = true;
  if (properties != nullptr && properties->IsObject()) {
    for (const auto& property : properties->GetObject()) {
      const bool wanted =
          all || std::any_of(required->Begin(), required->End(),
                             [&](const Value& name) { return name == property.name; });
      if (!wanted)
        continue;
      if (!first)
        out += ',';
      first = false;
      append_json_value(out, property.name);
      out += ':';
      append_default(out, root, property.value, depth + 1);
    }
  }
  out += '}';
}

void append_default(std::string& out, const Value& root, const Value& given, int depth) {
  const Value* schema = resolve(root, given);
  if (schema == nullptr || !schema->IsObject() || depth > max_schema_depth) {
    out += "null";
    return;
  }
  for (const std::string_view key : {"const", "default"}) {
    if (const auto* value = find_field(*schema, key)) {
      append_json_value(out, *value);
      return;
    }
  }
  const auto* choices = find_field(*schema, "enum");
  if (choices != nullptr && choices->IsArray() && !choices->Empty()) {
    append_json_value(out, (*choices)[0]);
    return;
  }
  for (const std::string_view key : {"anyOf", "oneOf", "allOf"}) {
    const auto* options = find_field(*schema, key);
    if (options != nullptr && options->IsArray() && !options->Empty()) {
      append_default(out, root, (*options)[0], depth + 1);
      return;
    }
  }
  const auto* type = find_field(*schema, "type");
  if (type != nullptr && type->IsArray() && !type->Empty())
    type = &(*type)[0];
  const std::string_view name = type != nullptr && type->IsString()
                                    ? std::string_view(type->GetString(), type->GetStringLength())
                                    : std::string_view("object");
  if (name == "string") {
    append_json_string(out, "[simulated]");
  } else if (name == "integer" || name == "number") {
    const auto* minimum = find_field(*schema, "minimum");
    out += minimum != nullptr && minimum->IsInt64() ? std::to_string(minimum->GetInt64()) : "0";
  } else if (name == "boolean") {
    out += "false";
  } else if (name == "array") {
    const auto* items = find_field(*schema, "items");
    const auto* least = find_field(*schema, "minItems");
    const auto count = least != nullptr && least->IsUint() ? std::min(least->GetUint(), 16U) : 0U;
    out += '[';
    for (unsigned i = 0; i < count; ++i) {
      out += i == 0 ? "" : ",";
      if (items != nullptr)
        append_default(out, root, *items, depth + 1);
      else
        out += "null";
    }
    out += ']';
  } else if (name == "null") {
    out += "null";
  } else {
    append_object(out, root, *schema, depth);
  }
}

} // namespace

std::vector<std::string> tokenize(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = token_end(text, at);
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

std::uint64_t hash_text(std::string_view text, std::uint64_t start) {
  std::uint64_t hash = start;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

std::string generate_reply(std::string_view model, std::string_view system, std::string_view prompt,
                           std::uint64_t seed) {
  std::uint64_t state = hash_text(model, hash_text(prompt)) ^ (seed * 0x9E3779B97F4A7C15ULL);
  const std::string lower = to_lower(std::string(system) + "\n" + std::string(prompt));
  const auto planning =
      first_of(lower, {"plan", "break down", "steps to", "outline", "decompose", "break the"});
  const auto coding =
      first_of(lower, {"code", "coder", "function", "implement", "program", "c++", "class "});
  const auto reviewing = first_of(lower, {"review", "critique"});
  if (reviewing < std::min(planning, coding))
    return review(state, lower);
  if (planning < coding)
    return plan(state, prompt);
  if (coding != std::string::npos)
    return code(state, lower);
  return "[simulated] " +
         pick(state, {"This is a made-up reply to", "No model ran for", "You wrote"}) + " \"" +
         start_of(prompt) + "\". " +
         pick(state, {"Nothing was inferred here.", "The words come from a fixed list.",
                      "A real model would say more."});
}

std::string generate_json(const Value* schema, std::string_view prompt) {
  if (schema == nullptr) {
    return JsonObject()
        .boolean("simulated", true)
        .text("reply", "[simulated] " + start_of(prompt))
        .str();
  }
  std::string out;
  append_default(out, *schema, *schema, 0);
  return out;
}

std::vector<double> embed(std::string_view text, std::size_t length) {
  std::vector<double> vector(length);
  std::uint64_t state = hash_text(text);
  double sum = 0;
  for (auto& value : vector) {
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    z ^= z >> 31U;
    value = static_cast<double>(z >> 11U) / static_cast<double>(1ULL << 53U) * 2 - 1;
    sum += value * value;
  }
  const double scale = sum > 0 ? 1 / std::sqrt(sum) : 0;
  for (auto& value : vector)
    value *= scale;
  return vector;
}

} // namespace nexus::llm::simulator
