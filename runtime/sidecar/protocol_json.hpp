// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/describe_json.hpp"
#include "config/json.hpp"
#include "config/read_json.hpp"
#include "nexus_llm/field.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/result.hpp"

/// Conversion between message structures and the JSON of the sidecar protocol. It is the JSON of
/// `json::to_value`, except that what a message holds as JSON text is an object here.
namespace nexus::llm::sidecar {

/// How a member that is a text in the message appears in the protocol.
enum class Form : std::uint8_t {
  plain,      ///< as in the message
  object,     ///< a JSON object; its text is accepted, too
  format,     ///< `json`, or a JSON schema as an object
  think,      ///< true or false, or a level as text
  keep_alive, ///< a number of seconds, or a duration as text
};

/// Returns the form of a member of a structure.
[[nodiscard]] Form form_of(std::string_view type, std::string_view member);

/// Converts a member from the protocol to the form of the message.
void from_protocol_form(json::Value& member, Form form, json::Allocator& allocator);
/// Converts a member from the message to the form of the protocol.
void to_protocol_form(json::Value& member, Form form, json::Allocator& allocator);

/// Removes the members of all objects in `value` that are null: they count as missing.
void drop_nulls(json::Value& value);

/// Returns the settings as in the `llm` section of a file, complete.
[[nodiscard]] json::Value config_section(const LLMClientConfig& config, json::Allocator& allocator);

namespace detail {

template <class T> struct Element { using type = T; };
template <class T> struct Element<std::optional<T>> : Element<T> {};
template <class T> struct Element<std::vector<T>> : Element<T> {};

/// Calls `change(member, form)` for each member in `value` whose form is not plain.
template <class T, class Change> void each_formed_member(json::Value& value, const Change& change) {
  if (value.IsArray()) {
    for (auto& element : value.GetArray())
      each_formed_member<T>(element, change);
  } else if constexpr (Described<T> && !TextLike<T>) {
    if (!value.IsObject())
      return;
    auto visit = [&]<class Member>(const Field<Member>& field) {
      auto* member = json::find(value, field.name);
      if (member == nullptr)
        return;
      if (const auto form = form_of(T::type_name, field.name); form != Form::plain)
        change(*member, form);
      else
        each_formed_member<typename Element<std::remove_const_t<Member>>::type>(*member, change);
    };
    const T sample{};
    T::fields(sample, [&](const auto&... field) { (visit(field), ...); });
  }
}

} // namespace detail

/// Converts a structure, or an array of them, to the JSON of the protocol.
template <class T>
[[nodiscard]] json::Value to_protocol(const T& source, json::Allocator& allocator) {
  auto value = json::to_value(source, allocator);
  detail::each_formed_member<typename detail::Element<T>::type>(
      value,
      [&allocator](json::Value& member, Form form) { to_protocol_form(member, form, allocator); });
  return value;
}

/// Reads the parameters of a method. Null members count as missing.
/// Errors: `invalid_argument` with the member and what it must be.
template <class Params> [[nodiscard]] Result<Params> read_params(json::Document& source) {
  detail::each_formed_member<Params>(source, [&source](json::Value& member, Form form) {
    from_protocol_form(member, form, source.GetAllocator());
  });
  drop_nulls(source);
  for (const std::string_view name : Params::required)
    if (json::find(source, name) == nullptr)
      return failure(ErrorCode::invalid_argument, "`" + std::string{name} + "` is missing");
  Params params;
  if (const auto problem = json::read_value(source, params))
    return failure(ErrorCode::invalid_argument, problem->substr(problem->starts_with('.') ? 1 : 0));
  return params;
}

} // namespace nexus::llm::sidecar
