// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"

namespace nexus::llm {

/// Edits single members in the text of a JSON object. Preserves all other bytes: digits, layout,
/// line ends, order, duplicates. New members follow the surrounding layout. Not thread-safe.
class JsonEditor {
public:
  /// The keys of a member, from the outermost object inwards; at least one.
  using Path = std::span<const std::string>;

  /// `text` must be a valid JSON object.
  explicit JsonEditor(std::string text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// Sets the member to `value`. Creates missing parent objects and replaces parents that are not
  /// objects. Compares objects member by member and does not change equal members. Of duplicate
  /// members, only the last one is considered.
  void assign(Path path, const json::Value& value);

  /// Removes the member, including duplicates in its object. Does nothing if there is none.
  void erase(Path path);

  /// Returns the line of the member, counted from 1. If the member is missing, returns the line of
  /// the innermost existing parent.
  [[nodiscard]] std::size_t line_of(Path path) const;

  /// Returns whether the member exists.
  [[nodiscard]] bool contains(Path path) const;

private:
  struct Member {
    std::string name;
    std::size_t key_begin = 0; ///< offset of the opening quote
    std::size_t key_end = 0;   ///< offset behind the closing quote
    std::size_t value_begin = 0;
    std::size_t value_end = 0;
  };
  struct Object {
    std::size_t begin = 0; ///< offset of the opening brace
    std::size_t end = 0;   ///< offset behind the closing brace
    std::vector<Member> members;

    [[nodiscard]] const Member* find(std::string_view name) const;
  };
  /// The layout of the members of an object.
  struct Layout {
    bool lines = false;    ///< each member on a line of its own
    std::string indent;    ///< before a member, if `lines`
    std::string separator; ///< between key and value
  };

  [[nodiscard]] Object object_at(std::size_t begin) const;
  [[nodiscard]] Object root() const;
  [[nodiscard]] Layout layout_of(const Object& object) const;
  [[nodiscard]] std::string indent_of_line(std::size_t offset) const;
  [[nodiscard]] std::string render(const json::Value& value, const Layout& layout) const;
  void insert(const Object& object, std::string_view name, const json::Value& value);
  void replace(const Member& member, const Layout& layout, const json::Value& value);
  void assign_in(std::size_t object_begin, Path path, const json::Value& value);
  void erase_in(std::size_t object_begin, Path path);

  std::string text_;
  std::string line_end_; ///< line end of the text
  std::string unit_;     ///< indentation per level
};

} // namespace nexus::llm
