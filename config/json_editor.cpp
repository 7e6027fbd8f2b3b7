// SPDX-License-Identifier: BSD-3-Clause
#include "config/json_editor.hpp"

#include <algorithm>

#include "config/text.hpp"

namespace nexus::llm {

namespace {

/// Returns the offset behind the string that begins at `begin`.
std::size_t string_end(std::string_view text, std::size_t begin) {
  auto at = begin + 1;
  while (text[at] != '"')
    at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

/// Returns the offset behind the value that begins at `begin`.
std::size_t value_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  auto at = begin;
  do {
    switch (text[at]) {
    case '"':
      at = string_end(text, at);
      break;
    case '{':
    case '[':
      ++depth;
      ++at;
      break;
    case '}':
    case ']':
      --depth;
      ++at;
      break;
    default:
      if (depth == 0)
        return std::min(text.find_first_of(" \t\r\n,:]}", at), text.size());
      ++at;
    }
  } while (depth > 0);
  return at;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(white_space, at), text.size());
}

bool is_space(std::string_view text) {
  return text.find_first_not_of(white_space) == std::string_view::npos;
}

bool is_scalar(const json::Value& value) { return !value.IsObject() && !value.IsArray(); }

bool is_empty(const json::Value& value) {
  return value.IsObject() ? value.ObjectEmpty() : value.IsArray() && value.Empty();
}

/// Returns whether a value is an array that should be rendered on one line.
bool fits_line(const json::Value& value) {
  return value.IsArray() && std::all_of(value.Begin(), value.End(), is_scalar);
}

/// Renders a value in the layout of its surroundings: with `lines`, each member is on its own line,
/// indented by `unit` per level; otherwise, everything is on one line.
class Renderer {
public:
  Renderer(bool lines, std::string line_end, std::string unit, std::string separator)
      : lines_{lines}, line_end_{std::move(line_end)}, unit_{std::move(unit)}, separator_{std::move(
                                                                                   separator)} {}

  [[nodiscard]] std::string operator()(const json::Value& value, const std::string& indent) const {
    if (is_scalar(value) || is_empty(value))
      return json::to_text(value);
    const bool object = value.IsObject();
    const bool lines = lines_ && !fits_line(value);
    const auto inner = indent + unit_;
    std::string text{object ? '{' : '['};
    bool first = true;
    auto begin_entry = [&] {
      if (!first)
        text += lines ? "," : separator_.ends_with(' ') ? ", " : ",";
      first = false;
      if (lines)
        text += line_end_ + inner;
    };
    if (object) {
      for (const auto& member : value.GetObject()) {
        begin_entry();
        text += json::to_text(member.name) + separator_ + (*this)(member.value, inner);
      }
    } else {
      for (const auto& element : value.GetArray()) {
        begin_entry();
        text += (*this)(element, inner);
      }
    }
    if (lines)
      text += line_end_ + indent;
    return text + (object ? '}' : ']');
  }

private:
  bool lines_;
  std::string line_end_;
  std::string unit_;
  std::string separator_;
};

std::string quoted(std::string_view name) {
  json::Document document;
  return json::to_text(json::make_string(name, document.GetAllocator()));
}

} // namespace

JsonEditor::JsonEditor(std::string text)
    : text_{std::move(text)}, line_end_{text_.find("\r\n") != std::string::npos ? "\r\n" : "\n"},
      unit_{"  "} {
  const auto object = root();
  if (object.members.empty())
    return;
  const auto layout = layout_of(object);
  if (layout.lines && !layout.indent.empty())
    unit_ = layout.indent;
}

const JsonEditor::Member* JsonEditor::Object::find(std::string_view name) const {
  const auto found = std::find_if(members.rbegin(), members.rend(),
                                  [name](const auto& member) { return member.name == name; });
  return found == members.rend() ? nullptr : &*found;
}

JsonEditor::Object JsonEditor::object_at(std::size_t begin) const {
  Object object{.begin = begin, .end = begin + 1, .members = {}};
  auto at = skip_space(text_, begin + 1);
  while (text_[at] != '}') {
    Member member;
    member.key_begin = at;
    member.key_end = string_end(text_, at);
    const auto key = json::parse(
        std::string_view{text_}.substr(member.key_begin, member.key_end - member.key_begin));
    if (key)
      member.name = json::text_of(*key);
    at = skip_space(text_, member.key_end) + 1; // the colon
    member.value_begin = skip_space(text_, at);
    member.value_end = value_end(text_, member.value_begin);
    at = skip_space(text_, member.value_end);
    if (text_[at] == ',')
      at = skip_space(text_, at + 1);
    object.members.push_back(std::move(member));
  }
  object.end = at + 1;
  return object;
}

JsonEditor::Object JsonEditor::root() const { return object_at(skip_space(text_, 0)); }

/// Returns the white space at the beginning of the line that contains this offset.
std::string JsonEditor::indent_of_line(std::size_t offset) const {
  const auto last_break = text_.rfind('\n', offset);
  const auto begin = last_break == std::string::npos ? 0 : last_break + 1;
  const auto end = text_.find_first_not_of(" \t", begin);
  return text_.substr(begin, end == std::string::npos ? end : end - begin);
}

JsonEditor::Layout JsonEditor::layout_of(const Object& object) const {
  const std::string_view text{text_};
  Layout layout{.lines = false, .indent = {}, .separator = ": "};
  if (object.members.empty()) {
    // Use the layout of the enclosing object, or that of a new file.
    const auto last_break = text.rfind('\n', object.begin);
    const bool first_of_line =
        last_break != std::string_view::npos && text[skip_space(text, last_break)] == '"';
    layout.lines = is_space(text.substr(0, object.begin)) || first_of_line;
    if (layout.lines)
      layout.indent = indent_of_line(object.begin) + unit_;
    return layout;
  }
  const auto& last = object.members.back();
  const auto gap_begin = object.members.size() == 1 ? object.begin + 1 : (&last - 1)->value_end;
  const auto gap = text.substr(gap_begin, last.key_begin - gap_begin);
  if (const auto last_break = gap.rfind('\n'); last_break != std::string_view::npos) {
    layout.lines = true;
    layout.indent = std::string{gap.substr(last_break + 1)};
    // The comma may precede the key on the same line.
    layout.indent.erase(0, layout.indent.find_last_of(',') + 1);
  }
  layout.separator = std::string{text.substr(last.key_end, last.value_begin - last.key_end)};
  if (layout.separator.find('\n') != std::string::npos)
    layout.separator = ": ";
  return layout;
}

std::string JsonEditor::render(const json::Value& value, const Layout& layout) const {
  return Renderer{layout.lines, line_end_, unit_, layout.separator}(value, layout.indent);
}

void JsonEditor::insert(const Object& object, std::string_view name, const json::Value& value) {
  const auto layout = layout_of(object);
  const auto entry = quoted(name) + layout.separator + render(value, layout);
  if (object.members.empty()) {
    const auto content =
        layout.lines ? line_end_ + layout.indent + entry + line_end_ + indent_of_line(object.begin)
                     : entry;
    text_.replace(object.begin + 1, object.end - object.begin - 2, content);
    return;
  }
  const auto gap = layout.lines                                      ? line_end_ + layout.indent
                   : layout.separator.find(' ') != std::string::npos ? std::string{" "}
                                                                     : std::string{};
  text_.insert(object.members.back().value_end, "," + gap + entry);
}

void JsonEditor::replace(const Member& member, const Layout& layout, const json::Value& value) {
  const auto old = text_.substr(member.value_begin, member.value_end - member.value_begin);
  auto style = layout;
  // A list or object on one line remains on one line.
  const bool filled = old.size() > 2 && (old.front() == '[' || old.front() == '{');
  if (filled && old.find('\n') == std::string::npos)
    style.lines = false;
  text_.replace(member.value_begin, old.size(), render(value, style));
}

void JsonEditor::assign_in(std::size_t object_begin, Path path, const json::Value& value) {
  const auto object = object_at(object_begin);
  const auto* member = object.find(path.front());
  if (member == nullptr) {
    json::Document fresh;
    auto& allocator = fresh.GetAllocator();
    json::Value content{value, allocator};
    for (auto name = path.rbegin(); name != path.rend() - 1; ++name) {
      json::Value around{rapidjson::kObjectType};
      around.AddMember(json::make_string(*name, allocator), content, allocator);
      content = std::move(around);
    }
    insert(object, path.front(), content);
    return;
  }
  const bool is_object = text_[member->value_begin] == '{';
  if (path.size() > 1) {
    if (is_object)
      return assign_in(member->value_begin, path.subspan(1), value);
    text_.replace(member->value_begin, member->value_end - member->value_begin, "{}");
    return assign_in(member->value_begin, path.subspan(1), value);
  }
  const auto old = json::parse(
      std::string_view{text_}.substr(member->value_begin, member->value_end - member->value_begin));
  if (old && *old == value)
    return;
  if (!is_object || !value.IsObject() || value.ObjectEmpty())
    return replace(*member, layout_of(object), value);
  const auto begin = member->value_begin;
  for (const auto& before : object_at(begin).members)
    if (json::find(value, before.name) == nullptr) {
      const std::vector<std::string> only{before.name};
      erase_in(begin, only);
    }
  for (const auto& wanted : value.GetObject()) {
    const std::vector<std::string> only{std::string{json::text_of(wanted.name)}};
    assign_in(begin, only, wanted.value);
  }
}

void JsonEditor::assign(Path path, const json::Value& value) {
  assign_in(root().begin, path, value);
}

void JsonEditor::erase(Path path) { erase_in(root().begin, path); }

void JsonEditor::erase_in(std::size_t object_begin, Path path) {
  const auto object = object_at(object_begin);
  const auto* member = object.find(path.front());
  if (member == nullptr)
    return;
  if (path.size() > 1) {
    if (text_[member->value_begin] == '{')
      erase_in(member->value_begin, path.subspan(1));
    return;
  }
  const auto index = static_cast<std::size_t>(member - object.members.data());
  const auto count = object.members.size();
  if (count == 1)
    text_.replace(object.begin + 1, object.end - object.begin - 2, "");
  else if (index + 1 < count)
    text_.erase(member->key_begin, object.members[index + 1].key_begin - member->key_begin);
  else
    text_.erase(object.members[index - 1].value_end,
                member->value_end - object.members[index - 1].value_end);
  erase_in(object_begin, path);
}

std::size_t JsonEditor::line_of(Path path) const {
  std::size_t offset = root().begin;
  auto object = root();
  for (const auto& name : path) {
    const auto* member = object.find(name);
    if (member == nullptr)
      break;
    offset = member->key_begin;
    if (text_[member->value_begin] != '{')
      break;
    object = object_at(member->value_begin);
  }
  return 1 + static_cast<std::size_t>(std::count(
                 text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

bool JsonEditor::contains(Path path) const {
  auto object = root();
  for (const auto& name : path.first(path.size() - 1)) {
    const auto* member = object.find(name);
    if (member == nullptr || text_[member->value_begin] != '{')
      return false;
    object = object_at(member->value_begin);
  }
  return object.find(path.back()) != nullptr;
}

} // namespace nexus::llm
