// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/message_json.hpp"

#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>

#include <tuple>

#include "config/describe_json.hpp"
#include "config/read_json.hpp"

namespace nexus::llm::testing {

using json::Allocator;
using json::Document;
using json::Value;

namespace {

/// The name of an atom, derived from its type and thus the same for every version of CAF.
template <class T> constexpr std::string_view atom_name = {};
template <> constexpr std::string_view atom_name<generate_atom> = "generate";
template <> constexpr std::string_view atom_name<generate_streaming_atom> = "generate_streaming";
template <> constexpr std::string_view atom_name<chat_atom> = "chat";
template <> constexpr std::string_view atom_name<chat_streaming_atom> = "chat_streaming";
template <> constexpr std::string_view atom_name<batch_atom> = "batch";
template <> constexpr std::string_view atom_name<embed_atom> = "embed";
template <> constexpr std::string_view atom_name<cancel_atom> = "cancel";
template <> constexpr std::string_view atom_name<position_atom> = "position";
template <> constexpr std::string_view atom_name<subscribe_atom> = "subscribe";
template <> constexpr std::string_view atom_name<unsubscribe_atom> = "unsubscribe";
template <> constexpr std::string_view atom_name<stats_atom> = "stats";
template <> constexpr std::string_view atom_name<health_atom> = "health";
template <> constexpr std::string_view atom_name<circuit_atom> = "circuit";
template <> constexpr std::string_view atom_name<get_model_for_role_atom> = "get_model_for_role";
template <> constexpr std::string_view atom_name<set_model_for_role_atom> = "set_model_for_role";
template <> constexpr std::string_view atom_name<check_model_atom> = "check_model";
template <> constexpr std::string_view atom_name<list_models_atom> = "list_models";
template <> constexpr std::string_view atom_name<show_model_atom> = "show_model";
template <> constexpr std::string_view atom_name<running_models_atom> = "running_models";
template <> constexpr std::string_view atom_name<load_model_atom> = "load_model";
template <> constexpr std::string_view atom_name<unload_model_atom> = "unload_model";
template <> constexpr std::string_view atom_name<pull_model_atom> = "pull_model";
template <> constexpr std::string_view atom_name<push_model_atom> = "push_model";
template <> constexpr std::string_view atom_name<create_model_atom> = "create_model";
template <> constexpr std::string_view atom_name<upload_blob_atom> = "upload_blob";
template <> constexpr std::string_view atom_name<delete_model_atom> = "delete_model";
template <> constexpr std::string_view atom_name<copy_model_atom> = "copy_model";
template <> constexpr std::string_view atom_name<version_atom> = "version";
template <> constexpr std::string_view atom_name<get_config_atom> = "get_config";
template <> constexpr std::string_view atom_name<save_config_atom> = "save_config";
template <> constexpr std::string_view atom_name<update_config_atom> = "update_config";
template <> constexpr std::string_view atom_name<reload_config_atom> = "reload_config";
template <> constexpr std::string_view atom_name<requests_atom> = "requests";
template <> constexpr std::string_view atom_name<transfer_atom> = "transfer";
template <> constexpr std::string_view atom_name<tick_atom> = "tick";
template <> constexpr std::string_view atom_name<submit_atom> = "submit";
template <> constexpr std::string_view atom_name<admit_atom> = "admit";
template <> constexpr std::string_view atom_name<announce_atom> = "announce";
template <> constexpr std::string_view atom_name<adopt_atom> = "adopt";
template <> constexpr std::string_view atom_name<release_atom> = "release";
template <> constexpr std::string_view atom_name<open_atom> = "open";
template <> constexpr std::string_view atom_name<finish_atom> = "finish";
template <> constexpr std::string_view atom_name<restart_atom> = "restart";
template <> constexpr std::string_view atom_name<abandoned_atom> = "abandoned";
template <> constexpr std::string_view atom_name<resolve_atom> = "resolve";
template <> constexpr std::string_view atom_name<seen_atom> = "seen";
template <> constexpr std::string_view atom_name<component_atom> = "component";
template <> constexpr std::string_view atom_name<heal_atom> = "heal";
template <> constexpr std::string_view atom_name<partial_atom> = "partial";
template <> constexpr std::string_view atom_name<follow_atom> = "follow";
template <> constexpr std::string_view atom_name<unfollow_atom> = "unfollow";
template <> constexpr std::string_view atom_name<replace_atom> = "replace";

template <class... Ts> struct Types {};

using Atoms =
    Types<generate_atom, generate_streaming_atom, chat_atom, chat_streaming_atom, batch_atom,
          embed_atom, cancel_atom, position_atom, subscribe_atom, unsubscribe_atom, stats_atom,
          health_atom, circuit_atom, get_model_for_role_atom, set_model_for_role_atom,
          check_model_atom, list_models_atom, show_model_atom, running_models_atom, load_model_atom,
          unload_model_atom, pull_model_atom, push_model_atom, create_model_atom, upload_blob_atom,
          delete_model_atom, copy_model_atom, version_atom, get_config_atom, save_config_atom,
          update_config_atom, reload_config_atom, requests_atom, transfer_atom, tick_atom,
          submit_atom, admit_atom, announce_atom, adopt_atom, release_atom, open_atom, finish_atom,
          restart_atom, abandoned_atom, resolve_atom, seen_atom, component_atom, heal_atom,
          partial_atom, follow_atom, unfollow_atom, replace_atom>;

using Structures =
    Types<Ack, LLMError, LLMRequest, GenerateOptions, EmbedRequest, LLMResponse, BatchResponse,
          EmbedResponse, LLMStreamChunk, StreamError, RequestProgress, StreamBatch, PullProgress,
          ModelConfig, ModelList, RunningModels, ModelDetails, QueuePosition, RoleStats,
          CircuitHealth, Health, LLMClientConfig, Limits, Admission, ModelTransfer, LoadRequest,
          CreateRequest, ResolvedModel, SupervisionEvent, ComponentHealth, RunningRequest,
          RunningRequests>;

using Plain = Types<bool, std::uint32_t, std::uint64_t, std::string, std::vector<std::string>,
                    RequestId, KeepAlive, AIRole>;

using Handles =
    Types<caf::strong_actor_ptr, stream_subscriber, chunk_sink, pull_subscriber, settings_handle,
          ollama_models_actor, models_handle, health_handle, llm_service, supervision_subscriber>;

template <class T> constexpr bool is_handle = std::is_same_v<T, caf::strong_actor_ptr> || requires {
  typename T::signatures;
};

template <class T>
constexpr bool is_of_process =
    std::is_same_v<T, ComponentsPtr> || std::is_same_v<T, CataloguePtr> ||
    std::is_same_v<T, OrphanedStreamPtr>;

/// Removes members with the same value as in `defaults`, except those that identify the content of
/// a message.
void drop_defaults(Value& object, const Value& defaults) {
  for (auto member = object.MemberBegin(); member != object.MemberEnd();) {
    const auto* usual = json::find(defaults, json::text_of(member->name));
    const auto name = json::text_of(member->name);
    const bool same =
        usual != nullptr && *usual == member->value && name != "phase" && name != "code";
    member = same ? object.EraseMember(member) : member + 1;
  }
}

template <class T>
void describe_if(const caf::message& message, std::size_t index, bool compact, Value& out,
                 Allocator& allocator) {
  if (!message.match_element<T>(index))
    return;
  auto members = json::to_value(message.get_as<T>(index), allocator);
  if (compact)
    drop_defaults(members, json::to_value(T{}, allocator));
  out.SetObject();
  out.AddMember(json::make_string(T::type_name, allocator), std::move(members), allocator);
}

template <class T>
void describe_plain_if(const caf::message& message, std::size_t index, Value& out,
                       Allocator& allocator) {
  if (message.match_element<T>(index))
    out = json::to_value(message.get_as<T>(index), allocator);
}

template <class T>
void describe_handle_if(const caf::message& message, std::size_t index, const ActorNames& names,
                        Value& out, Allocator& allocator) {
  if (message.match_element<T>(index))
    out = json::make_string(
        names.of(caf::actor_cast<caf::strong_actor_ptr>(message.get_as<T>(index))), allocator);
}

void wrap(Value& out, const char* key, Value inner, Allocator& allocator) {
  out.SetObject();
  out.AddMember(json::make_string(key, allocator), std::move(inner), allocator);
}

Value element(const caf::message& message, std::size_t index, const ActorNames& names, bool compact,
              Allocator& allocator) {
  Value out;
  [&]<class... Ts>(Types<Ts...>) {
    ((is_atom(message, index, Ts{})
          ? static_cast<void>(out = json::make_string(atom_name<Ts>, allocator))
          : static_cast<void>(0)),
     ...);
  }(Atoms{});
  if (!out.IsNull())
    return out;
  [&]<class... Ts>(Types<Ts...>) {
    (describe_if<Ts>(message, index, compact, out, allocator), ...);
  }(Structures{});
  [&]<class... Ts>(Types<Ts...>) {
    (describe_plain_if<Ts>(message, index, out, allocator), ...);
  }(Plain{});
  [&]<class... Ts>(Types<Ts...>) {
    (describe_handle_if<Ts>(message, index, names, out, allocator), ...);
  }(Handles{});
  if (message.match_element<std::vector<ChatMessage>>(index))
    out = json::to_value(message.get_as<std::vector<ChatMessage>>(index), allocator);
  if (message.match_element<caf::error>(index)) {
    auto members = json::to_value(to_llm_error(message.get_as<caf::error>(index)), allocator);
    if (compact)
      drop_defaults(members, json::to_value(LLMError{}, allocator));
    wrap(out, "error", std::move(members), allocator);
  }
  if (message.match_element<CataloguePtr>(index))
    out = json::make_string("catalogue", allocator);
  if (message.match_element<ComponentsPtr>(index))
    out = json::make_string("components", allocator);
  if (message.match_element<OrphanedStreamPtr>(index))
    out = json::make_string("orphaned stream", allocator);
  if (message.match_element<caf::exit_msg>(index))
    wrap(out, "exit",
         json::make_string(describe(message.get_as<caf::exit_msg>(index).reason), allocator),
         allocator);
  if (message.match_element<caf::down_msg>(index))
    wrap(out, "down",
         json::make_string(names.of(caf::actor_cast<caf::strong_actor_ptr>(
                               message.get_as<caf::down_msg>(index).source)),
                           allocator),
         allocator);
  return out;
}

Value elements(const caf::message& message, const ActorNames& names, bool compact,
               Allocator& allocator) {
  Value array{rapidjson::kArrayType};
  for (std::size_t i = 0; i < message.size(); ++i) {
    auto value = element(message, i, names, compact, allocator);
    // An internal type of CAF.
    if (value.IsNull())
      wrap(value, "other", json::make_string(to_string(message), allocator), allocator);
    array.PushBack(std::move(value), allocator);
  }
  return array;
}

// Reading.

template <class T> std::string type_text() {
  if constexpr (!atom_name<T>.empty())
    return "\"" + std::string{atom_name<T>} + "\"";
  else if constexpr (std::is_same_v<T, RequestId>)
    return "a request id";
  else if constexpr (TextLike<T>)
    return "a text (" + std::string{T::type_name} + ")";
  else if constexpr (std::is_same_v<T, AIRole>)
    return "a role";
  else if constexpr (Described<T>)
    return std::string{T::type_name};
  else if constexpr (is_handle<T>)
    return "an actor";
  else if constexpr (is_of_process<T>)
    return "what no script has";
  else if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_integral_v<T>)
    return "a number";
  else if constexpr (std::is_same_v<T, std::string>)
    return "a text";
  else
    return "an array";
}

template <class T>
std::optional<std::string> read_element(const Value& source, T& target, const ActorNames& names) {
  if constexpr (!atom_name<T>.empty()) {
    if (source.IsString() && json::text_of(source) == atom_name<T>)
      return std::nullopt;
    return "is not " + type_text<T>();
  } else if constexpr (is_of_process<T>) {
    return "is what actors of one process hand each other, not a script";
  } else if constexpr (is_handle<T>) {
    const auto found = source.IsString() ? names.find(std::string{json::text_of(source)}) : nullptr;
    if (!found)
      return "names no actor";
    target = caf::actor_cast<T>(found);
    return std::nullopt;
  } else if constexpr (Described<T> && !TextLike<T>) {
    const auto* inner = source.IsObject() ? json::find(source, T::type_name) : nullptr;
    auto problem = json::read_value(inner != nullptr ? *inner : source, target);
    if (problem && problem->front() == '.')
      problem->erase(0, 1);
    return problem;
  } else {
    return json::read_value(source, target);
  }
}

template <class Parts> class HandlerOf final : public MessageReader::Handler {
public:
  Result<caf::message> message(const Value& source, const ActorNames& names) const override {
    return Parts::inputs([&]<class... Ts>() { return read<Ts...>(source, names); });
  }

  Result<caf::message> answer(const Value& result, const ActorNames& names) const override {
    return Parts::outputs([&]<class... Ts>() -> Result<caf::message> {
      if constexpr ((std::is_void_v<Ts> || ...)) {
        if (result.IsNull() || (result.IsArray() && result.Empty()))
          return caf::message{};
        return failure(ErrorCode::invalid_argument, "this message has no answer");
      } else {
        Value array{rapidjson::kArrayType};
        Document document;
        array.PushBack(Value{result, document.GetAllocator()}, document.GetAllocator());
        return read<Ts...>(result.IsArray() && result.Size() == sizeof...(Ts) ? result : array,
                           names);
      }
    });
  }

  bool takes(const caf::message& message) const override {
    return Parts::inputs([&]<class... Ts>() {
      if (message.size() != sizeof...(Ts))
        return false;
      std::size_t index = 0;
      return (matches<Ts>(message, index++) && ...);
    });
  }

  std::string text() const override {
    return Parts::inputs([]<class... Ts>() {
      std::string words;
      ((words += (words.empty() ? "" : ", ") + type_text<Ts>()), ...);
      return "[" + words + "]";
    });
  }

private:
  template <class T> static bool matches(const caf::message& message, std::size_t index) {
    if constexpr (!atom_name<T>.empty())
      return is_atom(message, index, T{});
    else
      return message.match_element<T>(index);
  }

  template <class... Ts>
  static Result<caf::message> read(const Value& source, const ActorNames& names) {
    if (!source.IsArray() || source.Size() != sizeof...(Ts))
      return failure(ErrorCode::invalid_argument, "");
    std::tuple<Ts...> values;
    std::optional<std::string> problem;
    std::string place;
    rapidjson::SizeType index = 0;
    auto one = [&](auto& value) {
      if (problem)
        return;
      problem = read_element(source[index], value, names);
      place = "element " + std::to_string(index++);
    };
    std::apply([&one](auto&... value) { (one(value), ...); }, values);
    if (problem)
      return failure(ErrorCode::invalid_argument, place + " " + *problem);
    return std::apply([](auto&... value) { return caf::make_message(value...); }, values);
  }
};

} // namespace

Value to_json(const caf::message& message, const ActorNames& names, Allocator& allocator) {
  return elements(message, names, false, allocator);
}

std::string element_text(const Value& element) {
  if (element.IsObject() && element.MemberCount() == 1) {
    const auto& member = *element.MemberBegin();
    return std::string{json::text_of(member.name)} + " " + json::to_text(member.value);
  }
  return element.IsString() ? std::string{json::text_of(element)} : json::to_text(element);
}

std::string to_text(const caf::message& message, const ActorNames& names) {
  Document document;
  const auto array = elements(message, names, true, document.GetAllocator());
  std::string text;
  for (const auto& each : array.GetArray())
    text += (text.empty() ? "" : ", ") + element_text(each);
  return text.empty() ? "(empty)" : text;
}

Result<caf::message> MessageReader::message(const Value& source, const ActorNames& names) const {
  std::string closest;
  std::string all;
  for (const auto& handler : handlers_) {
    auto made = handler->message(source, names);
    if (made)
      return made;
    // The handler with matching first elements is more helpful than the list of all handlers.
    if (made.error().subject.find("element 0") == std::string::npos &&
        !made.error().subject.empty())
      closest = handler->text() + ": " + made.error().subject;
    all += (all.empty() ? "" : "; ") + handler->text();
  }
  return failure(ErrorCode::invalid_argument,
                 closest.empty() ? "no such message is taken there; these are: " + all
                                 : "it does not fit " + closest);
}

Result<caf::message> MessageReader::answer(const caf::message& request, const Value& result,
                                           const ActorNames& names) const {
  for (const auto& handler : handlers_)
    if (handler->takes(request))
      return handler->answer(result, names);
  return failure(ErrorCode::invalid_argument, "nothing is known of the answer to this message");
}

namespace {
template <class Handle> std::vector<std::shared_ptr<const MessageReader::Handler>> handlers_of() {
  std::vector<std::shared_ptr<const MessageReader::Handler>> handlers;
  each_signature<Handle>([&handlers]<class... Parts>() {
    (handlers.push_back(std::make_shared<HandlerOf<Parts>>()), ...);
  });
  return handlers;
}
} // namespace

template <> MessageReader MessageReader::of<role_handle>() {
  return MessageReader{handlers_of<role_handle>()};
}
template <> MessageReader MessageReader::of<model_manager_actor>() {
  return MessageReader{handlers_of<model_manager_actor>()};
}
template <> MessageReader MessageReader::of<models_handle>() {
  return MessageReader{handlers_of<models_handle>()};
}
template <> MessageReader MessageReader::of<ollama_models_actor>() {
  return MessageReader{handlers_of<ollama_models_actor>()};
}
template <> MessageReader MessageReader::of<settings_handle>() {
  return MessageReader{handlers_of<settings_handle>()};
}
template <> MessageReader MessageReader::of<health_handle>() {
  return MessageReader{handlers_of<health_handle>()};
}
template <> MessageReader MessageReader::of<ollama_client_internal>() {
  return MessageReader{handlers_of<ollama_client_internal>()};
}
template <> MessageReader MessageReader::of<streaming_internal>() {
  return MessageReader{handlers_of<streaming_internal>()};
}
template <> MessageReader MessageReader::of<role_actor>() {
  return MessageReader{handlers_of<role_actor>()};
}
template <> MessageReader MessageReader::of<supervisor_internal>() {
  return MessageReader{handlers_of<supervisor_internal>()};
}
template <> MessageReader MessageReader::of<stream_subscriber>() {
  return MessageReader{handlers_of<stream_subscriber>()};
}

} // namespace nexus::llm::testing
