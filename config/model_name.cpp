// SPDX-License-Identifier: BSD-3-Clause
#include "config/model_name.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "config/suggestion.hpp"

namespace nexus::llm {

namespace {

/// Model names are ASCII, whatever the locale says.
constexpr char to_lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_word(char c) {
  return (to_lower_case(c) >= 'a' && to_lower_case(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_part(std::string_view text, std::size_t most, std::string_view further) {
  return !text.empty() && text.size() <= most && is_word(text.front()) &&
         std::ranges::all_of(text, [further](char c) {
           return is_word(c) || further.find(c) != std::string_view::npos;
         });
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, to_lower_case, to_lower_case);
}

/// The parts of a `ModelName`, in a text that must outlive them.
struct Parts {
  std::string_view host = ModelName::default_host;
  std::string_view name_space = ModelName::default_namespace;
  std::string_view model;
  std::string_view tag = ModelName::default_tag;
};

std::optional<Parts> parse(std::string_view text) {
  if (text.size() > 1024)
    return std::nullopt;
  Parts parts;
  const auto colon = text.rfind(':');
  const auto slash = text.rfind('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    parts.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  // Moves the last part of the text to `part`. Returns whether a slash preceded it.
  auto cut = [&text](std::string_view& part) {
    const auto at = text.rfind('/');
    part = at == std::string_view::npos ? text : text.substr(at + 1);
    text = at == std::string_view::npos ? std::string_view{} : text.substr(0, at);
    return at != std::string_view::npos;
  };
  if (cut(parts.model) && cut(parts.name_space)) {
    // Only a name with a host may have a scheme.
    const auto scheme = text.find("://");
    parts.host = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
  }
  if (!is_part(parts.model, 80, "-.") || !is_part(parts.tag, 80, "-.") ||
      !is_part(parts.name_space, 80, "-") || !is_part(parts.host, 350, "-.:"))
    return std::nullopt;
  return parts;
}

} // namespace

std::string ModelName::short_text() const {
  std::string text;
  if (!equal_ignoring_case(host, default_host))
    text = host + "/" + name_space + "/";
  else if (!equal_ignoring_case(name_space, default_namespace))
    text = name_space + "/";
  return text + model + ":" + tag;
}

std::string ModelName::key() const {
  std::string text = short_text();
  std::ranges::transform(text, text.begin(), to_lower_case);
  return text;
}

bool is_valid_model_name(std::string_view text) { return parse(text).has_value(); }

ModelName parse_model_name(std::string_view text) {
  const auto parts = parse(text);
  if (!parts)
    return {};
  return {.host = std::string{parts->host},
          .name_space = std::string{parts->name_space},
          .model = std::string{parts->model},
          .tag = std::string{parts->tag}};
}

bool is_cloud_name(std::string_view text) {
  const auto name = parse(text);
  if (!name)
    return false;
  constexpr std::string_view mark = "cloud";
  const auto tag = name->tag;
  if (tag.size() < mark.size() || !equal_ignoring_case(tag.substr(tag.size() - mark.size()), mark))
    return false;
  return tag.size() == mark.size() || tag[tag.size() - mark.size() - 1] == '-';
}

std::string nearest_model(std::string_view name, std::span<const std::string> installed) {
  if (auto whole = nearest(name, installed); !whole.empty())
    return whole;
  // Compare without tags: `lama3.1` is far from `llama3.1:70b-instruct-q4_K_M`, yet means it.
  const auto bare = [](std::string_view text) { return text.substr(0, text.rfind(':')); };
  std::vector<std::string> names;
  for (const auto& model : installed)
    names.emplace_back(bare(model));
  const auto found = nearest(bare(name), names);
  if (!found.empty())
    return installed[static_cast<std::size_t>(std::ranges::find(names, found) - names.begin())];
  // A name with another tag alone.
  const auto same = std::ranges::find(names, std::string{bare(name)});
  return same != names.end() ? installed[static_cast<std::size_t>(same - names.begin())]
                             : std::string{};
}

bool same_model(std::string_view left, std::string_view right) {
  const auto a = parse(left);
  if (left == right)
    return a.has_value();
  const auto b = parse(right);
  return a && b && equal_ignoring_case(a->model, b->model) && equal_ignoring_case(a->tag, b->tag) &&
         equal_ignoring_case(a->name_space, b->name_space) && equal_ignoring_case(a->host, b->host);
}

} // namespace nexus::llm
