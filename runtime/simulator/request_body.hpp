// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/json.hpp"
#include "runtime/simulator/ticket.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

/// The JSON object in the body of a request. Checks the types of the fields that the simulator
/// uses. A field that is null counts as missing. Not thread-safe.
class RequestBody {
public:
  explicit RequestBody(std::string_view text);

  /// What is wrong with the body; empty if nothing is.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// Returns the value of a field, or nullptr if it is missing.
  [[nodiscard]] const json::Value* find(std::string_view name) const;
  /// Returns a list that has elements, otherwise nullptr.
  [[nodiscard]] const json::Value* find_list(std::string_view name) const;
  /// Returns "" if the field is missing.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name, bool fallback) const;
  /// Returns 0 if the field is missing.
  [[nodiscard]] std::int64_t number(std::string_view name) const;
  /// Returns a number of the field `options`.
  [[nodiscard]] std::optional<std::int64_t> option(std::string_view name) const;
  /// `context_length` of the model limits the context.
  [[nodiscard]] LoadOptions load_options(std::uint32_t context_length) const;
  /// The field `keep_alive`. Negative: forever.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> keep_alive() const;
  /// The field `model`, or its older name `name`.
  [[nodiscard]] std::string model() const;

private:
  json::Document document_;
  std::string error_;
};

} // namespace nexus::llm::simulator
