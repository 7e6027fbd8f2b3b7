// SPDX-License-Identifier: BSD-3-Clause
#include "config/ollama_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "config/text.hpp"

namespace nexus::llm {

namespace {

std::optional<double> plain_number(std::string_view text) {
  const auto value = number_in<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

enum class OptionType { integer, number, boolean, texts };

struct OptionRule {
  std::string_view name;
  OptionType type;
};

constexpr std::array option_rules{
    OptionRule{"num_ctx", OptionType::integer},
    OptionRule{"num_batch", OptionType::integer},
    OptionRule{"num_gpu", OptionType::integer},
    OptionRule{"main_gpu", OptionType::integer},
    OptionRule{"use_mmap", OptionType::boolean},
    OptionRule{"num_thread", OptionType::integer},
    OptionRule{"draft_num_predict", OptionType::integer},
    OptionRule{"num_keep", OptionType::integer},
    OptionRule{"seed", OptionType::integer},
    OptionRule{"num_predict", OptionType::integer},
    OptionRule{"top_k", OptionType::integer},
    OptionRule{"top_p", OptionType::number},
    OptionRule{"min_p", OptionType::number},
    OptionRule{"typical_p", OptionType::number},
    OptionRule{"repeat_last_n", OptionType::integer},
    OptionRule{"temperature", OptionType::number},
    OptionRule{"repeat_penalty", OptionType::number},
    OptionRule{"presence_penalty", OptionType::number},
    OptionRule{"frequency_penalty", OptionType::number},
    OptionRule{"stop", OptionType::texts},
};

std::string_view violated(OptionType type, const json::Value& value) {
  switch (type) {
  case OptionType::integer:
  case OptionType::number:
    return value.IsNumber() ? "" : "a number";
  case OptionType::boolean:
    return value.IsBool() ? "" : "true or false";
  case OptionType::texts: {
    const bool texts =
        value.IsArray() && std::all_of(value.Begin(), value.End(),
                                       [](const auto& element) { return element.IsString(); });
    return texts ? "" : "a list of texts";
  }
  }
  return "";
}

} // namespace

std::optional<double> parse_go_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  // Units with a common prefix are sorted by length, longest first.
  constexpr std::array units{Unit{"ns", 1e-9}, Unit{"us", 1e-6}, Unit{"µs", 1e-6}, Unit{"μs", 1e-6},
                             Unit{"ms", 1e-3}, Unit{"s", 1},     Unit{"m", 60},    Unit{"h", 3600}};
  const double sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with('-') || text.starts_with('+'))
    text.remove_prefix(1);
  if (text.empty())
    return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    const auto number_end = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = text.substr(0, number_end);
    const auto amount = plain_number(number);
    text.remove_prefix(number_end);
    const auto unit = std::find_if(units.begin(), units.end(), [text](const auto& candidate) {
      return text.starts_with(candidate.name);
    });
    if (!amount || unit == units.end())
      return std::nullopt;
    text.remove_prefix(unit->name.size());
    seconds += *amount * unit->seconds;
  }
  return sign * seconds;
}

bool is_valid_keep_alive(std::string_view text) {
  return plain_number(text).has_value() || parse_go_duration(text).has_value();
}

json::Value keep_alive_value(std::string_view text, json::Allocator& allocator) {
  if (const auto number = plain_number(text)) {
    if (*number == std::floor(*number) && std::abs(*number) < 1e15)
      return json::Value{static_cast<std::int64_t>(*number)};
    return json::Value{*number};
  }
  return json::make_string(text, allocator);
}

std::string check_options(const json::Value& options) {
  for (const auto& member : options.GetObject())
    for (const auto& rule : option_rules)
      if (json::text_of(member.name) == rule.name && !member.value.IsNull())
        if (const auto wanted = violated(rule.type, member.value); !wanted.empty())
          return "`" + std::string{rule.name} + "` must be " + std::string{wanted};
  return {};
}

std::vector<std::string_view> option_names() {
  std::vector<std::string_view> names;
  for (const auto& rule : option_rules)
    names.push_back(rule.name);
  return names;
}

} // namespace nexus::llm
