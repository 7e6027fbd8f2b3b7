// SPDX-License-Identifier: BSD-3-Clause
#include "config/model_name.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace nexus::llm {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool is_part(std::string_view text, std::size_t most, std::string_view further) {
  return !text.empty() && text.size() <= most && is_word(text.front()) &&
         std::all_of(text.begin(), text.end(), [further](char c) {
           return is_word(c) || further.find(c) != std::string_view::npos;
         });
}

std::optional<ModelName> parse(std::string_view text) {
  if (text.size() > 1024)
    return std::nullopt;
  ModelName name;
  const auto colon = text.rfind(':');
  const auto slash = text.rfind('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    name.tag = std::string{text.substr(colon + 1)};
    text = text.substr(0, colon);
  }
  // Moves the last part of the text to `part`. Returns whether a slash preceded it.
  auto cut = [&text](std::string& part) {
    const auto at = text.rfind('/');
    part = std::string{at == std::string_view::npos ? text : text.substr(at + 1)};
    text = at == std::string_view::npos ? std::string_view{} : text.substr(0, at);
    return at != std::string_view::npos;
  };
  if (cut(name.model) && cut(name.name_space)) {
    // Only a name with a host may have a scheme.
    const auto scheme = text.find("://");
    name.host = std::string{scheme == std::string_view::npos ? text : text.substr(scheme + 3)};
  }
  if (!is_part(name.model, 80, "-.") || !is_part(name.tag, 80, "-.") ||
      !is_part(name.name_space, 80, "-") || !is_part(name.host, 350, "-.:"))
    return std::nullopt;
  return name;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  });
}

} // namespace

std::string ModelName::short_text() const {
  const ModelName defaults;
  std::string text;
  if (!equal_ignoring_case(host, defaults.host))
    text = host + "/" + name_space + "/";
  else if (!equal_ignoring_case(name_space, defaults.name_space))
    text = name_space + "/";
  return text + model + ":" + tag;
}

std::string ModelName::key() const {
  std::string text = short_text();
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

bool is_valid_model_name(std::string_view text) { return parse(text).has_value(); }

ModelName parse_model_name(std::string_view text) { return parse(text).value_or(ModelName{}); }

bool is_cloud_name(std::string_view text) {
  const auto name = parse(text);
  if (!name)
    return false;
  constexpr std::string_view mark = "cloud";
  const std::string_view tag = name->tag;
  if (tag.size() < mark.size() || !equal_ignoring_case(tag.substr(tag.size() - mark.size()), mark))
    return false;
  return tag.size() == mark.size() || tag[tag.size() - mark.size() - 1] == '-';
}

bool same_model(std::string_view left, std::string_view right) {
  const auto a = parse(left);
  const auto b = parse(right);
  return a && b && a->key() == b->key();
}

} // namespace nexus::llm
