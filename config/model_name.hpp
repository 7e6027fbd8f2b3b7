#pragma once

#include <string>
#include <string_view>

namespace nexus::llm {

/// A model name by Ollama's grammar, `[scheme://][host/][namespace/]model[:tag]`, with its defaults
/// filled in. Names are compared without regard to case, as Ollama does.
struct ModelName {
  std::string host = "registry.ollama.ai";
  std::string name_space = "library";
  std::string model;
  std::string tag = "latest";

  /// The short form that Ollama shows: defaults of host and namespace left out, the tag always
  /// there.
  [[nodiscard]] std::string short_text() const;
};

/// Whether a text is a model name that Ollama accepts (at most 1024 bytes).
[[nodiscard]] bool is_valid_model_name(std::string_view text);

/// Reads a valid name; an invalid one gives an empty `model`.
[[nodiscard]] ModelName parse_model_name(std::string_view text);

/// Whether Ollama takes a name for that of a cloud model, which runs at ollama.com: its tag is
/// `cloud` or ends in `-cloud`.
[[nodiscard]] bool is_cloud_name(std::string_view text);

/// Whether two names mean the same model: `llama3.1` is `LLAMA3.1:latest`.
[[nodiscard]] bool same_model(std::string_view left, std::string_view right);

} // namespace nexus::llm
