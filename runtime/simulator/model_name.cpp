// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/model_name.hpp"

#include <algorithm>

namespace nexus::llm::simulator {
namespace {

constexpr std::string_view default_host = "registry.ollama.ai";
constexpr std::string_view default_namespace = "library";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool valid_part(std::string_view part, std::size_t limit, std::string_view more) {
  if (part.empty() || part.size() > limit || !is_word(part.front()))
    return false;
  return std::ranges::all_of(
      part, [&](char c) { return is_word(c) || more.find(c) != std::string_view::npos; });
}

} // namespace

std::optional<ModelName> ModelName::parse(std::string_view text) {
  ModelName name{std::string(default_host), std::string(default_namespace), "", "latest"};
  const auto colon = text.rfind(':');
  const auto slash = text.rfind('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    name.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
  }
  const auto cut_last = [&text](std::string& part) {
    const auto at = text.rfind('/');
    part = at == std::string_view::npos ? text : text.substr(at + 1);
    text = at == std::string_view::npos ? std::string_view() : text.substr(0, at);
    return at != std::string_view::npos;
  };
  if (cut_last(name.model)) {
    if (cut_last(name.name_space)) {
      const auto scheme = text.find("://");
      name.host = scheme == std::string_view::npos ? text : text.substr(scheme + 3);
    }
  }
  const bool valid = valid_part(name.host, 350, "-.:") && valid_part(name.name_space, 80, "-") &&
                     valid_part(name.model, 80, "-.") && valid_part(name.tag, 80, "-.");
  return valid ? std::optional(name) : std::nullopt;
}

std::string ModelName::display() const {
  std::string text;
  const bool own_host = to_lower(host) != default_host;
  if (own_host)
    text += host + "/";
  if (own_host || to_lower(name_space) != default_namespace)
    text += name_space + "/";
  return text + model + ":" + tag;
}

std::string ModelName::full() const { return host + "/" + name_space + "/" + model + ":" + tag; }

std::string ModelName::key() const { return to_lower(full()); }

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

} // namespace nexus::llm::simulator
