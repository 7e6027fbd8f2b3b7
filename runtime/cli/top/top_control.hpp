// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "runtime/cli/top/top_state.hpp"

namespace nexus::llm::cli {

/// The keys of `top`.
enum class TopKey : std::uint8_t {
  up,
  down,
  page_up,
  page_down,
  first,
  last,
  next_list,
  cancel,
  unload,
  yes,
  quit,
  redraw, ///< the terminal was resized
  other,
};

/// What the person wants.
struct CancelRequest {
  AIRole role = AIRole::overseer;
  RequestId id;
};
struct UnloadModel {
  std::string model;
};
struct LeaveTop {};
using TopAction = std::variant<CancelRequest, UnloadModel, LeaveTop>;

/// The selection, the question that is open, and the message of `top`: what keys do. Not
/// thread-safe.
class TopControl {
public:
  enum class List : std::uint8_t { requests, models };

  /// Takes what is shown now. A selected entry stays selected wherever it stands; if it is gone,
  /// the one in its place is.
  void update(const TopState& state);
  /// Takes a key. Returns what is to be done; cancelling and unloading were confirmed.
  [[nodiscard]] std::optional<TopAction> press(TopKey key, const TopState& state);
  /// Shows a message until the next key.
  void tell(std::string message) { message_ = std::move(message); }

  [[nodiscard]] List list() const noexcept { return list_; }
  /// Returns the index of the selected entry of a list.
  [[nodiscard]] std::size_t selected(List list) const noexcept {
    return list == List::requests ? request_ : model_;
  }
  /// Returns the question that `y` confirms; empty if there is none.
  [[nodiscard]] std::string question() const;
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

private:
  void move(const TopState& state, std::ptrdiff_t by);
  void remember(const TopState& state);

  List list_ = List::requests;
  std::size_t request_ = 0;
  std::size_t model_ = 0;
  RequestId request_id_;   ///< of the selected request
  std::string model_name_; ///< of the selected model
  std::optional<TopAction> pending_;
  std::string message_;
};

} // namespace nexus::llm::cli
