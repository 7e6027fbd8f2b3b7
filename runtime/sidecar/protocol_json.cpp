// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/protocol_json.hpp"

#include <array>

#include "config/config_keys.hpp"
#include "config/config_update.hpp"

namespace nexus::llm::sidecar {

namespace {

struct FormedMember {
  std::string_view type;
  std::string_view member;
  Form form;
};

constexpr std::array formed_members{
    FormedMember{"GenerateOptions", "rawOptions", Form::object},
    FormedMember{"GenerateOptions", "format", Form::format},
    FormedMember{"GenerateOptions", "think", Form::think},
    FormedMember{"GenerateOptions", "keepAlive", Form::keep_alive},
    FormedMember{"LLMRequest", "rawOptions", Form::object},
    FormedMember{"LLMRequest", "format", Form::format},
    FormedMember{"LLMRequest", "think", Form::think},
    FormedMember{"LLMRequest", "keepAlive", Form::keep_alive},
    FormedMember{"LoadParams", "keepAlive", Form::keep_alive},
    FormedMember{"Tool", "parameters", Form::object},
    FormedMember{"ToolCall", "arguments", Form::object},
    FormedMember{"ModelDetails", "modelInfo", Form::object},
    FormedMember{"UpdateConfigParams", "updates", Form::object},
};

void become_text(json::Value& value, json::Allocator& allocator) {
  value = json::make_string(json::to_text(value), allocator);
}

} // namespace

Form form_of(std::string_view type, std::string_view member) {
  for (const auto& row : formed_members)
    if (row.type == type && row.member == member)
      return row.form;
  return Form::plain;
}

void from_protocol_form(json::Value& member, Form form, json::Allocator& allocator) {
  const bool structured = form == Form::object || form == Form::format;
  if ((structured && member.IsObject()) || (form == Form::think && member.IsBool()) ||
      (form == Form::keep_alive && member.IsNumber()))
    become_text(member, allocator);
}

void to_protocol_form(json::Value& member, Form form, json::Allocator& allocator) {
  if (form != Form::object || !member.IsString())
    return;
  const auto parsed = json::parse(json::text_of(member));
  if (parsed && parsed->IsObject())
    member.CopyFrom(*parsed, allocator);
  else
    member.SetObject();
}

void drop_nulls(json::Value& value) {
  if (value.IsArray()) {
    for (auto& element : value.GetArray())
      drop_nulls(element);
  } else if (value.IsObject()) {
    for (auto member = value.MemberBegin(); member != value.MemberEnd();) {
      drop_nulls(member->value);
      member = member->value.IsNull() ? value.EraseMember(member) : member + 1;
    }
  }
}

json::Value config_section(const LLMClientConfig& config, json::Allocator& allocator) {
  json::Value section{rapidjson::kObjectType};
  for (const auto& key : config_keys())
    set_path(section, key.path, key.get(config, allocator), allocator);
  return section;
}

} // namespace nexus::llm::sidecar
