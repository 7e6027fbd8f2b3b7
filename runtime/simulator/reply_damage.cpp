// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/reply_damage.hpp"

#include "runtime/simulator/json_text.hpp"

#include <string_view>
#include <utility>

namespace nexus::llm::simulator {

std::string without_done(std::string json) {
  constexpr std::string_view done = R"("done":true)";
  const auto at = json.find(done);
  if (at != std::string::npos)
    json.replace(at, done.size(), R"("done":false)");
  return json;
}

std::string with_wrong_types(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject())
    return json;
  JsonObject changed;
  for (const auto& member : document.GetObject()) {
    const std::string_view key(member.name.GetString(), member.name.GetStringLength());
    if (member.value.IsString())
      changed.number(key, 7);
    else if (member.value.IsBool())
      changed.text(key, member.value.GetBool() ? "yes" : "no");
    else if (member.value.IsNumber())
      changed.text(key, "many");
    else if (member.value.IsObject())
      changed.json(key, "[1,2]");
    else
      changed.text(key, "list");
  }
  return changed.str();
}

} // namespace nexus::llm::simulator
