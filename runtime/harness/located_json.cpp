// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/located_json.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <optional>
#include <set>

namespace nexus::llm::testing {

namespace {

/// Records the line of every value, in document order.
class Lines : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Lines> {
public:
  Lines(std::string_view text, const rapidjson::MemoryStream& stream)
      : text_{text}, stream_{stream} {}

  bool Default() {
    note();
    return true;
  }
  bool StartObject() { return Default(); }
  bool StartArray() { return Default(); }
  bool Key(const char*, rapidjson::SizeType, bool) { return true; }
  bool EndObject(rapidjson::SizeType) { return true; }
  bool EndArray(rapidjson::SizeType) { return true; }

  std::vector<std::size_t> lines;

private:
  void note() {
    const auto here = std::min(stream_.Tell(), text_.size());
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(here),
                                                 '\n'));
    at_ = here;
    lines.push_back(line_);
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

/// Assigns each value its line, and reports a duplicate name in an object.
struct Builder {
  const std::vector<std::size_t>& lines;
  std::size_t next = 0;
  std::optional<std::string> twice;
  std::size_t twice_line = 0;

  LocatedJson build(const json::Value& value) {
    LocatedJson located;
    located.line = next < lines.size() ? lines[next] : 1;
    ++next;
    located.value.CopyFrom(value, located.value.GetAllocator());
    if (value.IsObject()) {
      std::set<std::string_view> names;
      for (const auto& member : value.GetObject()) {
        const auto name = json::text_of(member.name);
        auto inner = build(member.value);
        if (!names.insert(name).second && !twice) {
          twice = name;
          twice_line = inner.line;
        }
        located.members.push_back({std::string{name}, std::move(inner)});
      }
    }
    if (value.IsArray())
      for (const auto& element : value.GetArray())
        located.elements.push_back(build(element));
    return located;
  }
};

} // namespace

const LocatedJson* LocatedJson::find(std::string_view name) const {
  for (const auto& [key, value_of] : members)
    if (key == name)
      return &value_of;
  return nullptr;
}

Result<LocatedJson> read_located_json(std::string_view text, const std::string& file) {
  auto document = json::parse(text);
  if (!document)
    return failure(ErrorCode::invalid_argument, file + ":" + std::to_string(document.error().line) +
                                                    ": it is not JSON: " + document.error().what);
  rapidjson::MemoryStream stream{text.data(), text.size()};
  Lines lines{text, stream};
  rapidjson::Reader reader;
  reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(stream,
                                                                                       lines);
  Builder builder{lines.lines};
  auto located = builder.build(*document);
  if (builder.twice)
    return failure(ErrorCode::invalid_argument, file + ":" + std::to_string(builder.twice_line) +
                                                    ": `" + *builder.twice +
                                                    "` stands twice in one object");
  return located;
}

} // namespace nexus::llm::testing
