// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/tools/tool_file.hpp"

#include <algorithm>
#include <array>

#include "config/json.hpp"
#include "runtime/cli/prompt_source.hpp"
#include "runtime/harness/located_json.hpp"

namespace nexus::llm::cli {

namespace {

using testing::LocatedJson;

/// Reads one file, and adds its tools.
class ToolReader {
public:
  ToolReader(std::string file, std::vector<Tool>& tools) : file_{std::move(file)}, tools_{tools} {}

  Result<void> read() {
    const auto text = read_text_file(file_);
    if (!text)
      return failure(text.error());
    const auto located = testing::read_located_json(*text, file_);
    if (!located)
      return failure(located.error());
    if (!located->value.IsArray())
      return add(*located);
    if (located->elements.empty())
      return wrong(*located, "the list holds no tool");
    for (const auto& element : located->elements)
      if (auto added = add(element); !added)
        return added;
    return {};
  }

private:
  [[nodiscard]] tl::unexpected<LLMError> wrong(const LocatedJson& place,
                                               const std::string& what) const {
    return failure(ErrorCode::invalid_argument,
                   file_ + ":" + std::to_string(place.line) + ": " + what);
  }

  /// Checks that an object has no other members.
  template <std::size_t Count>
  [[nodiscard]] Result<void> check_members(const LocatedJson& object,
                                           const std::array<std::string_view, Count>& known) const {
    for (const auto& [name, value] : object.members)
      if (std::ranges::find(known, name) == known.end())
        return wrong(value, "a tool has no member `" + name + "`");
    return {};
  }

  Result<void> add(const LocatedJson& entry) {
    if (!entry.value.IsObject())
      return wrong(entry, "a tool must be an object");
    const auto* function = entry.find("function");
    if (function == nullptr)
      return add_function(entry);
    constexpr std::array<std::string_view, 2> known{"type", "function"};
    if (auto fine = check_members(entry, known); !fine)
      return fine;
    if (const auto* type = entry.find("type");
        type != nullptr && (!type->value.IsString() || json::text_of(type->value) != "function"))
      return wrong(*type, "the `type` of a tool must be `function`");
    if (!function->value.IsObject())
      return wrong(*function, "`function` must be an object");
    return add_function(*function);
  }

  Result<void> add_function(const LocatedJson& function) {
    // Ollama ignores `strict`, which OpenAI's tools may have.
    constexpr std::array<std::string_view, 4> known{"name", "description", "parameters", "strict"};
    if (auto fine = check_members(function, known); !fine)
      return fine;
    const auto* name = function.find("name");
    if (name == nullptr)
      return wrong(function, "the tool has no `name`");
    if (!name->value.IsString() || name->value.GetStringLength() == 0)
      return wrong(*name, "the `name` of a tool must be a text that is not empty");
    Tool tool{.name = std::string{json::text_of(name->value)}};
    if (tool.name.find('\0') != std::string::npos)
      return wrong(*name, "the `name` of a tool must not hold a NUL character");
    if (std::ranges::find(tools_, tool.name, &Tool::name) != tools_.end())
      return wrong(*name, "there are two tools of the name `" + tool.name + "`");
    if (const auto* description = function.find("description")) {
      if (!description->value.IsString())
        return wrong(*description, "the `description` of a tool must be a text");
      tool.description = json::text_of(description->value);
    }
    if (const auto* parameters = function.find("parameters")) {
      if (!parameters->value.IsObject())
        return wrong(*parameters, "the `parameters` of a tool must be a JSON schema (an object)");
      tool.parameters = json::to_text(parameters->value);
    }
    tools_.push_back(std::move(tool));
    return {};
  }

  std::string file_;
  std::vector<Tool>& tools_;
};

} // namespace

Result<std::vector<Tool>> read_tools(const std::vector<std::string>& files) {
  std::vector<Tool> tools;
  for (const auto& file : files)
    if (auto read = ToolReader{file, tools}.read(); !read)
      return failure(std::move(read.error()));
  return tools;
}

} // namespace nexus::llm::cli
