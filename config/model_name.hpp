// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nexus::llm {

/// A model name in Ollama's grammar, `[scheme://][host/][namespace/]model[:tag]`, with defaults for
/// missing parts. Like in Ollama, comparisons ignore case.
struct ModelName {
  static constexpr std::string_view default_host = "registry.ollama.ai";
  static constexpr std::string_view default_namespace = "library";
  static constexpr std::string_view default_tag = "latest";

  std::string host{default_host};
  std::string name_space{default_namespace};
  std::string model;
  std::string tag{default_tag};

  /// Returns the short form that Ollama displays: without default host and namespace, always with a
  /// tag.
  [[nodiscard]] std::string short_text() const;

  /// Returns the short form in lower case. Names of the same model have equal keys.
  [[nodiscard]] std::string key() const;
};

/// Returns whether a text is a model name that Ollama accepts (at most 1024 bytes).
[[nodiscard]] bool is_valid_model_name(std::string_view text);

/// Parses a model name. An invalid name results in an empty `model`.
[[nodiscard]] ModelName parse_model_name(std::string_view text);

/// Returns whether Ollama treats a name as a cloud model, which runs at ollama.com: its tag is
/// `cloud` or ends with `-cloud`.
[[nodiscard]] bool is_cloud_name(std::string_view text);

/// Returns whether two names refer to the same model, such as `llama3.1` and `LLAMA3.1:latest`.
[[nodiscard]] bool same_model(std::string_view left, std::string_view right);

/// Returns the model that a mistyped name was meant to be, or an empty string. A name without a tag
/// may mean any tag.
[[nodiscard]] std::string nearest_model(std::string_view name,
                                        std::span<const std::string> installed);

} // namespace nexus::llm
