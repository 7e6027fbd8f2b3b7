#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"

namespace nexus::llm {

/// Changes single members of a JSON object in its text. Every byte that a change does not concern
/// stays as it is: digits, layout, line ends, order, duplicates. What is new follows the layout
/// around it. Not thread-safe.
class JsonEditor {
public:
  /// The keys that lead to a member, from the outermost object inwards.
  using Path = std::span<const std::string>;

  /// `text` must be a valid JSON object.
  explicit JsonEditor(std::string text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// Makes the member equal `value`; objects on the way are made where they are missing, and
  /// replaced where they are none. Objects are compared member by member; what is equal already is
  /// not touched. Of several members of one name the last counts.
  void assign(Path path, const json::Value& value);

  /// Removes the member, each of that name in its object. Does nothing where there is none.
  void erase(Path path);

  /// The line of the member, counted from 1; that of the innermost object that is there for one
  /// that is missing.
  [[nodiscard]] std::size_t line_of(Path path) const;

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
  /// How the members of an object are laid out.
  struct Layout {
    bool lines = false;    ///< each member on a line of its own
    std::string indent;    ///< before a member, where it is
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
  std::string line_end_; ///< of the text
  std::string unit_;     ///< by which the text indents
};

} // namespace nexus::llm
