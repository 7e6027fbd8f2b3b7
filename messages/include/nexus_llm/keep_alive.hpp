// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// How long Ollama keeps a model in memory after a request (Ollama, `keep_alive`). If unset, the
/// settings decide, then Ollama.
struct KeepAlive {
  /// A Go duration such as `5m`, or a number of seconds; empty: unset. A request with any other
  /// text fails with `invalid_option`. Created by `lasting`, `forever` and `none`.
  std::string value = {};

  /// Keeps the model for `time` after the request.
  [[nodiscard]] static KeepAlive lasting(std::chrono::seconds time) {
    return {std::to_string(time.count())};
  }
  /// Keeps the model until it is unloaded or Ollama needs the memory.
  [[nodiscard]] static KeepAlive forever() { return {"-1"}; }
  /// Unloads the model after the request.
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
