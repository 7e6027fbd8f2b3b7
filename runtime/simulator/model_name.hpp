// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

/// A parsed model name `[scheme://][host/][namespace/]model[:tag]` with its defaults filled in.
struct ModelName {
  std::string host;
  std::string name_space;
  std::string model;
  std::string tag;

  /// Nothing when the name is not valid. White space around it is not removed.
  [[nodiscard]] static std::optional<ModelName> parse(std::string_view text);

  /// Short form, e.g. `llama3.2:latest`: default host and namespace omitted, tag always there.
  [[nodiscard]] std::string display() const;
  /// All four parts, e.g. `registry.ollama.ai/library/llama3.2:latest`.
  [[nodiscard]] std::string full() const;
  /// full() in lower case: equal for names of the same model.
  [[nodiscard]] std::string key() const;
};

[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);

} // namespace nexus::llm::simulator
