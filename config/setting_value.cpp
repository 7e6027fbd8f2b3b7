// SPDX-License-Identifier: BSD-3-Clause
#include "config/setting_value.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "config/ollama_options.hpp"
#include "config/text.hpp"

namespace nexus::llm {

namespace {

constexpr double largest_exact = 9007199254740992.0; // 2^53

} // namespace

std::optional<double> number_of(const json::Value& value) {
  const auto number = value.IsNumber()   ? std::optional{value.GetDouble()}
                      : value.IsString() ? number_in<double>(trim(json::text_of(value)))
                                         : std::nullopt;
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::uint64_t> count_of(const json::Value& value) {
  if (value.IsUint64())
    return value.GetUint64();
  if (value.IsString())
    if (const auto count = number_in<std::uint64_t>(trim(json::text_of(value))))
      return count;
  const auto number = number_of(value);
  if (!number || *number < 0 || *number > largest_exact || *number != std::floor(*number))
    return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::optional<double> seconds_of(const json::Value& value, double unit) {
  if (const auto number = number_of(value))
    return *number * unit;
  if (!value.IsString())
    return std::nullopt;
  return parse_go_duration(trim(json::text_of(value)));
}

std::optional<bool> truth_of(const json::Value& value) {
  if (value.IsBool())
    return value.GetBool();
  if (!value.IsString())
    return std::nullopt;
  std::string word{trim(json::text_of(value))};
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (word == "true" || word == "false")
    return word == "true";
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const json::Value& value) {
  std::vector<std::string> texts;
  if (value.IsString()) {
    for (auto rest = json::text_of(value); !rest.empty();) {
      const auto comma = std::min(rest.find(','), rest.size());
      texts.emplace_back(trim(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return texts;
  }
  if (!value.IsArray())
    return std::nullopt;
  for (const auto& element : value.GetArray()) {
    if (!element.IsString())
      return std::nullopt;
    texts.emplace_back(json::text_of(element));
  }
  return texts;
}

std::optional<std::string> text_or_number_of(const json::Value& value) {
  if (value.IsString())
    return std::string{json::text_of(value)};
  if (value.IsNumber())
    return json::to_text(value);
  return std::nullopt;
}

} // namespace nexus::llm
