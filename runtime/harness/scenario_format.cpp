// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/scenario_format.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/errors.hpp"
#include "runtime/harness/duration_text.hpp"

namespace nexus::llm::testing {

using json::Document;
using json::Value;

namespace {

using T = FieldType;

constexpr FieldInfo as_field(std::string_view about) { return {"as", T::text, false, about}; }
constexpr FieldInfo on{"on", T::text, false, "the request that is answered; the latest one"};
constexpr FieldInfo from{"from", T::text, false, "the sender; anybody"};
constexpr FieldInfo to{"to", T::text, false, "the receiver; anybody"};
constexpr FieldInfo times{"times", T::number, false, "how many messages; 1"};
constexpr FieldInfo within{"within", T::duration, false,
                           "how much virtual time may pass before; 0s"};
constexpr FieldInfo options{"options", T::object, false,
                            "`GenerateOptions` in JSON, such as `{\"temperature\": 0}`"};
constexpr FieldInfo role{"role", T::role, false, "the role that is asked; `overseer`"};
constexpr FieldInfo listener{"to", T::text, false,
                             "a listener, made where there is none of this name: its answer is "
                             "streamed"};
constexpr FieldInfo caller = as_field("the name of the requester, and the id of the request");
constexpr FieldInfo messages{"messages", T::array, true, "the messages, in their order"};

constexpr std::array top{
    FieldInfo{"$schema", T::text, false, "for editors"},
    FieldInfo{"name", T::text, true, "what the scenario shows"},
    FieldInfo{"about", T::text, false, "more words about it"},
    FieldInfo{"config", T::object, false, "settings as in the `llm` section of the configuration"},
    FieldInfo{"models", T::models, false,
              "installed models: names, or `{\"name\": ..., \"reply\": ...}` for one that answers "
              "by itself; the models of the roles"},
    FieldInfo{"replaces", T::texts, false, "components in whose place the scenario stands"},
    FieldInfo{"everythingAsks", T::truth, false,
              "questions about models wait for the scenario, too"},
    FieldInfo{"orders", T::number, false, "in how many other orders of messages it is played; 0"},
    FieldInfo{"steps", T::steps, true, "what happens, and what is expected"},
};

constexpr std::array listen{FieldInfo{"listen", T::text, true, "the name of a new listener"},
                            FieldInfo{"hears", T::hears, false,
                                      "`everything`, or only the `stream`: no news of how the "
                                      "request fares"}};
constexpr std::array prompt{FieldInfo{"prompt", T::text, true, "the prompt"}, role, caller,
                            listener, options};
constexpr std::array chat{FieldInfo{"chat", T::array, true, "the conversation: `ChatMessage`s"},
                          role, caller, listener, options};
constexpr std::array ask{FieldInfo{"ask", T::text, true, "an actor"},
                         FieldInfo{"message", T::array, true, "the message"},
                         as_field("the name of the requester")};
constexpr std::array tell{FieldInfo{"tell", T::text, true, "an actor"},
                          FieldInfo{"message", T::array, true, "the message"}};
constexpr std::array cancel{FieldInfo{"cancel", T::text, true, "a requester"}};
constexpr std::array join{FieldInfo{"join", T::text, true, "a listener"},
                          FieldInfo{"stream", T::text, true, "the requester whose stream it is"}};
constexpr std::array leave{FieldInfo{"leave", T::text, true, "a listener"},
                           FieldInfo{"stream", T::text, true, "the requester whose stream it is"}};
constexpr std::array configure{
    FieldInfo{"configure", T::object, true, "a merge patch of the settings"}};
constexpr std::array answered{FieldInfo{"answered", T::text, true, "a requester"},
                              FieldInfo{"with", T::anything, false, "what its answer is like"},
                              within};
constexpr std::array failed{FieldInfo{"failed", T::text, true, "a requester"},
                            FieldInfo{"code", T::error_code, true, "the name of the error"},
                            FieldInfo{"with", T::object, false, "what the error is like"}, within};
constexpr std::array waiting{FieldInfo{"waiting", T::text, true, "a requester"}};
constexpr std::array see{FieldInfo{"see", T::text, true, "a listener"}, messages};
constexpr std::array see_stream{FieldInfo{"seeStream", T::text, true, "a listener"},
                                FieldInfo{"text", T::text, true, "the whole text"}};
constexpr std::array see_error{FieldInfo{"seeError", T::text, true, "a listener"},
                               FieldInfo{"code", T::error_code, true, "the name of the error"}};
constexpr std::array pause{FieldInfo{"pause", T::text, true, "a listener"}};
constexpr std::array go_on{FieldInfo{"goOn", T::text, true, "a listener"}};
constexpr std::array asked{
    FieldInfo{"asked", T::text, true, "such as `POST /api/generate`"},
    FieldInfo{"body", T::anything, false, "what the body is like"}, within,
    as_field("a name for this request"),
    FieldInfo{"inAnyOrder", T::truth, false, "`true`: it may be any of those not seen yet"}};
constexpr std::array not_asked{FieldInfo{"notAsked", T::truth, true, "`true`"}};
constexpr std::array say{FieldInfo{"say", T::texts, true, "the texts of lines of a stream"}, on};
constexpr std::array finish{FieldInfo{"finish", T::text, true, "the `done_reason`: `stop`"}, on};
constexpr std::array answer{FieldInfo{"answer", T::text, true, "the text of a whole answer"}, on};
constexpr std::array answer_json{FieldInfo{"answerJson", T::anything, true, "a whole body"},
                                 FieldInfo{"status", T::number, false, "the HTTP status; 200"}, on};
constexpr std::array refuse{FieldInfo{"refuse", T::number, true, "an HTTP status"},
                            FieldInfo{"error", T::text, true, "what Ollama says"},
                            FieldInfo{"retryAfter", T::number, false, "seconds, as a header"}, on};
constexpr std::array begin_answer{FieldInfo{"begin", T::number, true, "an HTTP status"},
                                  FieldInfo{"retryAfter", T::number, false, "seconds, as a header"},
                                  on};
constexpr std::array send{FieldInfo{"send", T::text, true, "bytes of the body, as they are"}, on};
constexpr std::array end{FieldInfo{"end", T::answer_end, true, "how the answer ends"}, on};
constexpr std::array abandoned{FieldInfo{"abandoned", T::text, true, "a request, by its name"}};
constexpr std::array ollama{FieldInfo{"ollama", T::up_or_down, true, "`stops` or `starts`"}};
constexpr std::array install{FieldInfo{"install", T::text, true, "a model"}};
constexpr std::array remove_model{FieldInfo{"remove", T::text, true, "a model"}};
constexpr std::array pass{FieldInfo{"pass", T::duration, true, "how much virtual time"}};
constexpr std::array kill{FieldInfo{"kill", T::text, true, "a component, requester or listener"}};
constexpr std::array gets{FieldInfo{"gets", T::text, true, "a component that is replaced"},
                          FieldInfo{"message", T::anything, true, "what it gets"},
                          as_field("a name for this message")};
constexpr std::array reply{FieldInfo{"reply", T::text, true, "a message, by its name"},
                           FieldInfo{"with", T::anything, false, "the answer"},
                           FieldInfo{"error", T::object, false, "the `LLMError` instead"}};
constexpr std::array observe{FieldInfo{"observe", T::text, true, "a name for what is observed"},
                             from, to,
                             FieldInfo{"only", T::anything, false, "the messages that count"}};
constexpr std::array carries{FieldInfo{"carries", T::text, true, "what is observed, by its name"},
                             messages};
constexpr std::array drop{FieldInfo{"drop", T::anything, true, "what the message is like"}, from,
                          to, times};
constexpr std::array delay{FieldInfo{"delay", T::anything, true, "what the message is like"},
                           FieldInfo{"by", T::duration, true, "how long"}, from, to, times};
constexpr std::array replace{FieldInfo{"replace", T::anything, true, "what the message is like"},
                             FieldInfo{"with", T::array, true, "the message that comes instead"},
                             from, FieldInfo{"to", T::text, true, "the receiver"}, times};

constexpr std::array kinds{
    StepInfo{listen, "A subscriber of streams comes in."},
    StepInfo{prompt, "A role gets a prompt."},
    StepInfo{chat, "A role gets a conversation."},
    StepInfo{ask, "A requester sends an actor any message that has an answer."},
    StepInfo{tell, "An actor gets a message that has none."},
    StepInfo{cancel, "A request is cancelled, which is there."},
    StepInfo{join, "A listener joins a stream that is under way."},
    StepInfo{leave, "A listener leaves a stream."},
    StepInfo{configure, "The settings change."},
    StepInfo{answered, "A requester has this answer."},
    StepInfo{failed, "A requester has this error."},
    StepInfo{waiting, "A requester has no answer yet."},
    StepInfo{see, "A listener got these messages next."},
    StepInfo{see_stream, "A listener got a stream with this text, in order, and its good end."},
    StepInfo{see_error, "A listener got the pieces of a stream, in order, and this bad end."},
    StepInfo{pause, "A listener handles no more chunks."},
    StepInfo{go_on, "A listener handles what waits, and what comes."},
    StepInfo{asked, "Ollama is asked this next."},
    StepInfo{not_asked, "Ollama was asked nothing else."},
    StepInfo{say, "Ollama sends lines of a stream."},
    StepInfo{finish, "Ollama sends the last line of a stream."},
    StepInfo{answer, "Ollama gives a whole answer."},
    StepInfo{answer_json, "Ollama answers with this body."},
    StepInfo{refuse, "Ollama answers with an error."},
    StepInfo{begin_answer, "The answer of Ollama begins with this; 200 where it is left out."},
    StepInfo{send, "Ollama sends these bytes."},
    StepInfo{end, "The answer of Ollama ends so."},
    StepInfo{abandoned, "The client has broken off a request."},
    StepInfo{ollama, "Ollama goes down, or comes up again."},
    StepInfo{install, "A model is installed."},
    StepInfo{remove_model, "A model is removed."},
    StepInfo{pass, "Virtual time passes."},
    StepInfo{kill, "An actor dies."},
    StepInfo{gets, "A component that the scenario stands for got this message next."},
    StepInfo{reply, "It answers a message."},
    StepInfo{observe, "Messages between two actors are kept from now on."},
    StepInfo{carries, "These messages were kept, in this order."},
    StepInfo{drop, "The next message like this is lost."},
    StepInfo{delay, "The next message like this comes later."},
    StepInfo{replace, "Another message comes in the place of the next one like this."},
};

std::optional<std::string> problem_of(const LocatedJson& field, FieldType type);

std::optional<std::string> role_problem(const Value& value) {
  if (value.IsString() && parse_role(json::text_of(value)))
    return std::nullopt;
  return "must be one of " + role_names(", ");
}

std::optional<std::string> one_of(const Value& value, std::initializer_list<std::string_view> all) {
  std::string words;
  for (const auto each : all) {
    if (value.IsString() && json::text_of(value) == each)
      return std::nullopt;
    words += (words.empty() ? "" : ", ") + std::string{each};
  }
  return "must be one of " + words;
}

bool is_error_code(std::string_view name) {
  return std::ranges::any_of(error_table, [name](const auto& row) { return row.name == name; });
}

std::optional<std::string> models_problem(const LocatedJson& field) {
  for (const auto& each : field.elements) {
    if (each.value.IsString())
      continue;
    if (!each.value.IsObject() || each.find("name") == nullptr)
      return "must have names of models, or objects with `name` and `reply`";
    for (const auto& [key, value] : each.members)
      if ((key != "name" && key != "reply") || !value.value.IsString())
        return "has a model with `" + key + "`; there are `name` and `reply`, which are texts";
  }
  return std::nullopt;
}

std::optional<std::string> problem_of(const LocatedJson& field, FieldType type) {
  const auto& value = field.value;
  auto unless = [](bool good, const char* words) {
    return good ? std::nullopt : std::optional<std::string>{words};
  };
  switch (type) {
  case T::text:
    return unless(value.IsString(), "must be a text");
  case T::texts:
    return unless(value.IsArray() &&
                      std::ranges::all_of(field.elements,
                                          [](const auto& each) { return each.value.IsString(); }),
                  "must be an array of texts");
  case T::duration:
    return unless(value.IsString() && parse_duration(json::text_of(value)),
                  "must be a time such as 250ms, 1.5s, 2m or 1h");
  case T::number:
    return unless(value.IsUint(), "must be a whole number that is not negative");
  case T::truth:
    return unless(value.IsTrue(), "must be true");
  case T::object:
    return unless(value.IsObject(), "must be an object");
  case T::array:
  case T::steps:
    return unless(value.IsArray(), "must be an array");
  case T::anything:
    return std::nullopt;
  case T::role:
    return role_problem(value);
  case T::answer_end:
    return one_of(value, {"complete", "close", "reset"});
  case T::hears:
    return one_of(value, {"everything", "stream"});
  case T::up_or_down:
    return one_of(value, {"stops", "starts"});
  case T::error_code:
    return unless(value.IsString() && is_error_code(json::text_of(value)),
                  "must be the name of an error, such as request_timeout");
  case T::models:
    return value.IsArray() ? models_problem(field) : "must be an array";
  }
  return std::nullopt;
}

/// Validates the members of an object against its fields.
std::optional<LLMError> check_fields(const LocatedJson& object, std::span<const FieldInfo> fields,
                                     const std::string& file, const std::string& path) {
  auto at = [&file](std::size_t line, const std::string& words) {
    return LLMError{.code = ErrorCode::invalid_argument,
                    .subject = file + ":" + std::to_string(line) + ": " + words};
  };
  for (const auto& member : object.members) {
    const auto field = std::ranges::find_if(
        fields, [&member](const auto& each) { return each.name == member.name; });
    if (field == fields.end())
      return at(member.value.line, "`" + path + member.name + "` means nothing there");
    if (const auto problem = problem_of(member.value, field->type))
      return at(member.value.line, "`" + path + member.name + "` " + *problem);
  }
  for (const auto& field : fields)
    if (field.required && object.find(field.name) == nullptr)
      return at(object.line, "`" + path + std::string{field.name} + "` is missing");
  return std::nullopt;
}

const StepInfo* find_kind(const LocatedJson& step) {
  // The first key that identifies a kind decides.
  for (const auto& [key, value] : step.members)
    for (const auto& kind : kinds)
      if (kind.name() == key)
        return &kind;
  return nullptr;
}

std::string_view type_words(FieldType type) {
  switch (type) {
  case T::text:
    return "text";
  case T::texts:
    return "texts";
  case T::duration:
    return "time";
  case T::number:
    return "number";
  case T::truth:
    return "true";
  case T::object:
    return "object";
  case T::array:
    return "array";
  case T::anything:
    return "pattern";
  case T::role:
    return "role";
  case T::answer_end:
    return "complete, close, reset";
  case T::hears:
    return "everything, stream";
  case T::up_or_down:
    return "stops, starts";
  case T::error_code:
    return "error";
  case T::models:
    return "models";
  case T::steps:
    return "steps";
  }
  return "";
}

/// The schema of one field, as JSON text.
std::string type_schema(FieldType type) {
  switch (type) {
  case T::text:
    return R"("type": "string")";
  case T::texts:
    return R"("type": "array", "items": {"type": "string"})";
  case T::duration:
    return R"("type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$")";
  case T::number:
    return R"("type": "integer", "minimum": 0)";
  case T::truth:
    return R"("enum": [true])";
  case T::object:
    return R"("type": "object")";
  case T::array:
    return R"("type": "array")";
  case T::anything:
    return "";
  case T::role: {
    std::string names;
    for (const auto each : all_roles())
      names += (names.empty() ? "\"" : ", \"") + std::string{to_string(each)} + "\"";
    return "\"enum\": [" + names + "]";
  }
  case T::answer_end:
    return R"("enum": ["complete", "close", "reset"])";
  case T::hears:
    return R"("enum": ["everything", "stream"])";
  case T::up_or_down:
    return R"("enum": ["stops", "starts"])";
  case T::error_code: {
    std::string names;
    for (const auto& row : error_table)
      names += (names.empty() ? "\"" : ", \"") + std::string{row.name} + "\"";
    return "\"enum\": [" + names + "]";
  }
  case T::models:
    return R"("type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "object", )"
           R"("properties": {"name": {"type": "string"}, "reply": {"type": "string"}}, )"
           R"("required": ["name"], "additionalProperties": false}]})";
  case T::steps:
    return R"("type": "array", "minItems": 1, "items": {"$ref": "#/definitions/step"})";
  }
  return "";
}

std::string quoted(std::string_view text) {
  return json::to_text(Value{rapidjson::StringRef(text.data(), text.size())});
}

std::string object_schema(std::span<const FieldInfo> fields, std::string_view about) {
  std::string properties;
  std::string required;
  for (const auto& field : fields) {
    const auto type = type_schema(field.type);
    properties += (properties.empty() ? "" : ", ") + quoted(field.name) + ": {" + type +
                  (type.empty() ? "" : ", ") + "\"description\": " + quoted(field.about) + "}";
    if (field.required)
      required += (required.empty() ? "" : ", ") + quoted(field.name);
  }
  return "{\"type\": \"object\", \"description\": " + quoted(about) + ", \"properties\": {" +
         properties + "}, \"required\": [" + required + "], \"additionalProperties\": false";
}

} // namespace

std::span<const FieldInfo> scenario_fields() { return top; }

std::span<const StepInfo> step_kinds() { return kinds; }

const StepInfo& kind_of(const LocatedJson& step) { return *find_kind(step); }

Result<void> check_scenario(const LocatedJson& scenario, const std::string& file) {
  if (!scenario.value.IsObject())
    return failure(ErrorCode::invalid_argument, file + ":1: a scenario is an object");
  if (auto error = check_fields(scenario, top, file, ""))
    return failure(std::move(*error));
  const auto& steps = scenario.find("steps")->elements;
  if (steps.empty())
    return failure(ErrorCode::invalid_argument, file + ":" +
                                                    std::to_string(scenario.find("steps")->line) +
                                                    ": `steps` must have at least one step");
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto path = "steps[" + std::to_string(i) + "]";
    const auto* kind = find_kind(steps[i]);
    if (kind == nullptr) {
      std::string problem = file;
      problem.append(":").append(std::to_string(steps[i].line)).append(": `").append(path);
      problem += "` is no step; a step has one of ";
      for (const auto& each : kinds) {
        problem += &each == &kinds.front() ? "" : ", ";
        problem += each.name();
      }
      return failure(ErrorCode::invalid_argument, std::move(problem));
    }
    if (auto error = check_fields(steps[i], kind->fields, file, path + "."))
      return failure(std::move(*error));
  }
  return {};
}

std::string scenario_schema() {
  std::string steps;
  for (const auto& kind : kinds)
    steps += (steps.empty() ? "" : ", ") + object_schema(kind.fields, kind.about) + "}";
  const auto text = object_schema(top, "A sequence of messages for `nexus-llm script`.") +
                    R"(, "$schema": "http://json-schema.org/draft-07/schema#", )" +
                    R"("title": "nexus-llm scenario", "definitions": {"step": {"anyOf": [)" +
                    steps + "]}}}";
  return json::to_pretty_text(*json::parse(text)) + "\n";
}

std::string scenario_reference() {
  std::string out = "| key of the scenario | type | |\n| --- | --- | --- |\n";
  auto row = [&out](const FieldInfo& field) {
    out += "| `" + std::string{field.name} + "`" + (field.required ? " (required)" : "") + " | " +
           std::string{type_words(field.type)} + " | " + std::string{field.about} + " |\n";
  };
  for (const auto& field : top)
    row(field);
  out += "\n| step | type | |\n| --- | --- | --- |\n";
  for (const auto& kind : kinds) {
    const auto& first = kind.fields.front();
    out += "| **`" + std::string{first.name} + "`** | " + std::string{type_words(first.type)} +
           " | **" + std::string{kind.about} + "** Its value: " + std::string{first.about} + " |\n";
    for (const auto& field : kind.fields.subspan(1))
      row(field);
  }
  return out;
}

} // namespace nexus::llm::testing
