// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// Holds one value per role.
template <class T> class PerRole {
public:
  PerRole() : values_(role_table().size()) {}

  [[nodiscard]] T& operator[](AIRole role) noexcept { return values_[index_of(role)]; }
  [[nodiscard]] const T& operator[](AIRole role) const noexcept { return values_[index_of(role)]; }

  [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] auto end() const noexcept { return values_.end(); }

  static constexpr std::string_view type_name = "PerRole";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"values", self.values_});
  }
  /// Returns false if a peer with different roles sent this object.
  [[nodiscard]] bool is_valid() const noexcept { return values_.size() == role_table().size(); }
  bool operator==(const PerRole&) const = default;

private:
  std::vector<T> values_ = {};
};

/// Whether a type is a `PerRole`.
template <class T> struct IsPerRole : std::false_type {};
template <class T> struct IsPerRole<PerRole<T>> : std::true_type {};

} // namespace nexus::llm
