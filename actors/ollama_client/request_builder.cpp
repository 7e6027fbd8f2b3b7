// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/request_builder.hpp"

#include "config/json.hpp"
#include "config/ollama_options.hpp"

namespace nexus::llm::request_builder {

namespace {

using json::Allocator;
using json::Value;

/// A JSON object under construction.
class Body {
public:
  Body() { document_.SetObject(); }

  Allocator& allocator() { return document_.GetAllocator(); }

  void text(std::string_view name, std::string_view value) {
    add(name, json::make_string(value, allocator()));
  }
  void add(std::string_view name, Value value) {
    document_.AddMember(json::make_string(name, allocator()), value, allocator());
  }
  /// JSON text that was validated before.
  void json(std::string_view name, std::string_view text) { add(name, embedded(text)); }

  [[nodiscard]] Value embedded(std::string_view text) {
    Value copy;
    if (const auto parsed = json::parse(text))
      copy.CopyFrom(*parsed, allocator());
    return copy;
  }
  [[nodiscard]] Value texts(const std::vector<std::string>& values) {
    Value list{rapidjson::kArrayType};
    for (const auto& value : values)
      list.PushBack(json::make_string(value, allocator()), allocator());
    return list;
  }
  /// Ollama's options, unless there are none.
  void options(std::string_view raw_options) {
    if (auto options = embedded(raw_options); options.IsObject() && !options.ObjectEmpty())
      add("options", std::move(options));
  }
  void keep_alive(const KeepAlive& keep_alive) {
    if (keep_alive.is_set())
      add("keep_alive", keep_alive_value(keep_alive.value, allocator()));
  }
  [[nodiscard]] std::string str() const { return json::to_text_of_valid(document_); }

private:
  json::Document document_;
};

void set(Value& object, std::string_view name, Value value, Allocator& allocator) {
  if (auto* present = json::find(object, name))
    *present = std::move(value);
  else
    object.AddMember(json::make_string(name, allocator), value, allocator);
}

/// Options with a field of their own take precedence over raw options.
Value options(const LLMRequest& request, Body& body) {
  auto& allocator = body.allocator();
  Value result{rapidjson::kObjectType};
  if (!request.raw_options.empty())
    result = body.embedded(request.raw_options);
  if (request.num_ctx)
    set(result, "num_ctx", Value{*request.num_ctx}, allocator);
  if (request.temperature)
    set(result, "temperature", Value{*request.temperature}, allocator);
  if (request.max_tokens)
    set(result, "num_predict", Value{*request.max_tokens}, allocator);
  if (request.seed)
    set(result, "seed", Value{*request.seed}, allocator);
  if (!request.stop.empty())
    set(result, "stop", body.texts(request.stop), allocator);
  return result;
}

Value message(const ChatMessage& source, Body& body) {
  auto& allocator = body.allocator();
  Value object{rapidjson::kObjectType};
  auto text = [&](std::string_view name, const std::string& value) {
    if (!value.empty())
      set(object, name, json::make_string(value, allocator), allocator);
  };
  set(object, "role", json::make_string(to_string(source.role), allocator), allocator);
  set(object, "content", json::make_string(source.content, allocator), allocator);
  text("thinking", source.thinking);
  if (!source.images.empty())
    set(object, "images", body.texts(source.images), allocator);
  if (!source.tool_calls.empty()) {
    Value calls{rapidjson::kArrayType};
    for (const auto& call : source.tool_calls) {
      Value function{rapidjson::kObjectType};
      set(function, "name", json::make_string(call.name, allocator), allocator);
      set(function, "arguments", body.embedded(call.arguments), allocator);
      if (call.index)
        set(function, "index", Value{*call.index}, allocator);
      Value entry{rapidjson::kObjectType};
      if (!call.id.empty())
        set(entry, "id", json::make_string(call.id, allocator), allocator);
      set(entry, "function", std::move(function), allocator);
      calls.PushBack(entry, allocator);
    }
    set(object, "tool_calls", std::move(calls), allocator);
  }
  text("tool_name", source.tool_name);
  text("tool_call_id", source.tool_call_id);
  return object;
}

/// The conversation, beginning with the system text and the additional context.
Value messages(const LLMRequest& request, Body& body) {
  Value list{rapidjson::kArrayType};
  auto push = [&](const ChatMessage& entry) {
    list.PushBack(message(entry, body), body.allocator());
  };
  auto next = request.messages.begin();
  if (next != request.messages.end() && next->role == ChatRole::system)
    push(*next++);
  else if (request.system && !request.system->empty())
    push({.role = ChatRole::system, .content = *request.system});
  if (request.context && !request.context->empty())
    push({.role = ChatRole::system, .content = *request.context});
  for (; next != request.messages.end(); ++next)
    push(*next);
  return list;
}

Value tools(const LLMRequest& request, Body& body) {
  auto& allocator = body.allocator();
  Value list{rapidjson::kArrayType};
  for (const auto& tool : request.tools) {
    Value function{rapidjson::kObjectType};
    set(function, "name", json::make_string(tool.name, allocator), allocator);
    set(function, "description", json::make_string(tool.description, allocator), allocator);
    set(function, "parameters",
        body.embedded(tool.parameters.empty() ? R"({"type":"object","properties":{}})"
                                              : std::string_view{tool.parameters}),
        allocator);
    Value entry{rapidjson::kObjectType};
    set(entry, "type", json::make_string("function", allocator), allocator);
    set(entry, "function", std::move(function), allocator);
    list.PushBack(entry, allocator);
  }
  return list;
}

void add_generate(Body& body, const LLMRequest& request) {
  const bool with_context = request.context && !request.context->empty();
  body.text("prompt", with_context ? *request.context + "\n\n" + request.prompt : request.prompt);
  if (!request.suffix.empty())
    body.text("suffix", request.suffix);
  if (request.system && !request.raw)
    body.text("system", *request.system);
  if (request.raw)
    body.add("raw", Value{true});
  if (!request.images.empty())
    body.add("images", body.texts(request.images));
  if (!request.continuation.empty()) {
    Value tokens{rapidjson::kArrayType};
    for (const auto token : request.continuation)
      tokens.PushBack(Value{token}, body.allocator());
    body.add("context", std::move(tokens));
  }
}

void add_content(Body& body, const LLMRequest& request) {
  body.text("model", request.model);
  if (request.kind == RequestKind::generate) {
    add_generate(body, request);
  } else {
    body.add("messages", messages(request, body));
    if (!request.tools.empty())
      body.add("tools", tools(request, body));
  }
  // `"format": null` would make thinking models run twice, so it is sent only if it is set.
  if (request.format.is_schema())
    body.json("format", request.format.value);
  else if (!request.format.is_free_text())
    body.text("format", request.format.value);
  if (request.think == Think::on || request.think == Think::off)
    body.add("think", Value{request.think == Think::on});
  else if (request.think)
    body.text("think", std::string{to_string(*request.think)});
  if (auto chosen = options(request, body); !chosen.ObjectEmpty())
    body.add("options", std::move(chosen));
  if (request.truncate)
    body.add("truncate", Value{*request.truncate});
  if (request.shift)
    body.add("shift", Value{*request.shift});
  if (request.logprobs)
    body.add("logprobs", Value{true});
  if (request.top_logprobs)
    body.add("top_logprobs", Value{*request.top_logprobs});
}

} // namespace

std::string_view endpoint(RequestKind kind) noexcept {
  return kind == RequestKind::generate ? "/api/generate" : "/api/chat";
}

std::string body(const LLMRequest& request) {
  Body body;
  add_content(body, request);
  body.add("stream", Value{request.stream});
  body.keep_alive(request.keep_alive);
  return body.str();
}

std::string body(const EmbedRequest& request) {
  Body body;
  body.text("model", request.model);
  body.add("input", body.texts(request.input));
  if (request.dimensions)
    body.add("dimensions", Value{*request.dimensions});
  if (request.truncate)
    body.add("truncate", Value{*request.truncate});
  body.options(request.raw_options);
  body.keep_alive(request.keep_alive);
  return body.str();
}

std::string model_body(std::string_view model) {
  Body body;
  body.text("model", model);
  return body.str();
}

std::string body(const ModelTransfer& transfer) {
  Body body;
  body.text("model", transfer.model);
  if (transfer.insecure)
    body.add("insecure", Value{true});
  return body.str();
}

std::string body(const CreateRequest& request) {
  Body body;
  auto text = [&body](std::string_view name, const std::string& value) {
    if (!value.empty())
      body.text(name, value);
  };
  auto files = [&body](std::string_view name, const std::vector<ModelFile>& list) {
    if (list.empty())
      return;
    Value object{rapidjson::kObjectType};
    for (const auto& file : list)
      set(object, file.name, json::make_string(file.digest, body.allocator()), body.allocator());
    body.add(name, std::move(object));
  };
  body.text("model", request.model);
  text("from", request.from);
  files("files", request.files);
  files("adapters", request.adapters);
  text("template", request.prompt_template);
  text("system", request.system);
  if (!request.license.empty())
    body.add("license", body.texts(request.license));
  if (!request.parameters.empty())
    body.json("parameters", request.parameters);
  if (!request.messages.empty()) {
    Value list{rapidjson::kArrayType};
    for (const auto& entry : request.messages)
      list.PushBack(message(entry, body), body.allocator());
    body.add("messages", std::move(list));
  }
  text("quantize", request.quantize);
  return body.str();
}

std::string body(const LoadRequest& request) {
  Body body;
  body.text("model", request.model);
  body.options(request.raw_options);
  body.keep_alive(request.keep_alive);
  return body.str();
}

std::string copy_body(std::string_view source, std::string_view destination) {
  Body body;
  body.text("source", source);
  body.text("destination", destination);
  return body.str();
}

std::string fingerprint(const LLMRequest& request) {
  Body body;
  body.text("endpoint", endpoint(request.kind));
  add_content(body, request);
  return body.str();
}

} // namespace nexus::llm::request_builder
