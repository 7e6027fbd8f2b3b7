#pragma once

#include <chrono>
#include <string>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// How long Ollama keeps a model in memory after a request (Ollama, `keep_alive`). One that is not
/// set leaves it to the settings, or to Ollama.
struct KeepAlive {
  /// A Go duration such as `5m`, or a number of seconds; empty: not set. A request with any other
  /// text is answered with `invalid_option`. `KeepAlive::lasting` and the others make it.
  std::string value = {};

  [[nodiscard]] static KeepAlive lasting(std::chrono::seconds time) {
    return {std::to_string(time.count())};
  }
  /// Until it is unloaded, or Ollama needs the memory.
  [[nodiscard]] static KeepAlive forever() { return {"-1"}; }
  /// Out of memory as soon as the request is done.
  [[nodiscard]] static KeepAlive none() { return {"0"}; }

  [[nodiscard]] bool is_set() const noexcept { return !value.empty(); }

  static constexpr std::string_view type_name = "KeepAlive";
  static constexpr bool is_text = true;
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"value", self.value});
  }
  bool operator==(const KeepAlive&) const = default;
};

} // namespace nexus::llm
