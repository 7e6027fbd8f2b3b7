// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/generation.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/inference_options.hpp"
#include "runtime/simulator/json_request.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/model_name.hpp"
#include "runtime/simulator/text_generator.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using rapidjson::Value;

constexpr std::array generate_fields = {
    Field{"model", FieldType::string},         Field{"prompt", FieldType::string},
    Field{"suffix", FieldType::string},        Field{"system", FieldType::string},
    Field{"template", FieldType::string},      Field{"context", FieldType::integers},
    Field{"stream", FieldType::boolean},       Field{"raw", FieldType::boolean},
    Field{"format", FieldType::any},           Field{"keep_alive", FieldType::keep_alive},
    Field{"images", FieldType::images},        Field{"options", FieldType::object},
    Field{"think", FieldType::think},          Field{"truncate", FieldType::boolean},
    Field{"shift", FieldType::boolean},        Field{"logprobs", FieldType::boolean},
    Field{"top_logprobs", FieldType::integer},
};

constexpr std::array chat_fields = {
    Field{"model", FieldType::string},          Field{"messages", FieldType::messages},
    Field{"stream", FieldType::boolean},        Field{"format", FieldType::any},
    Field{"keep_alive", FieldType::keep_alive}, Field{"tools", FieldType::tools},
    Field{"options", FieldType::object},        Field{"think", FieldType::think},
    Field{"truncate", FieldType::boolean},      Field{"shift", FieldType::boolean},
    Field{"logprobs", FieldType::boolean},      Field{"top_logprobs", FieldType::integer},
};

constexpr std::string_view prompt_too_long =
    "the prompt is longer than the context length currently available to the model; shorten the "
    "prompt, adjust the context length in settings, or use a model with a longer context length";

std::string_view view(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

std::string text_of(const Value& object, std::string_view key) {
  const auto* value = find_field(object, key);
  return value != nullptr && value->IsString() ? std::string(view(*value)) : std::string();
}

bool is_empty_list(const Value* value) {
  return value == nullptr || !value->IsArray() || value->Empty();
}

std::string done_reply(bool chat, const std::string& model, std::string_view reason, bool old) {
  JsonObject object;
  object.text("model", model).text("created_at", format_time_utc(std::chrono::system_clock::now()));
  if (chat)
    object.json("message", R"({"role":"assistant","content":""})");
  else
    object.text("response", "");
  if (old && chat)
    return object.text("done_reason", reason).boolean("done", true).str();
  return object.boolean("done", true).text("done_reason", reason).str();
}

/// Cuts the text at the first stop sequence. Returns whether there was one.
bool apply_stop(std::string& text, const std::vector<std::string>& stop) {
  std::size_t first = std::string::npos;
  for (const auto& sequence : stop) {
    if (!sequence.empty())
      first = std::min(first, text.find(sequence));
  }
  if (first == std::string::npos)
    return false;
  text.resize(first);
  return true;
}

/// Reads a generate or chat request and decides on its answer.
class Inference {
public:
  Inference(Server& server, ExchangePtr exchange, bool chat)
      : server_(server), exchange_(std::move(exchange)), chat_(chat),
        json_(exchange_->request().body, chat ? "ChatRequest" : "GenerateRequest",
              chat ? std::span<const Field>(chat_fields) : generate_fields) {}

  void handle() {
    if (!json_.error().empty()) {
      exchange_->reply_error(400, json_.error());
      return;
    }
    const auto top = json_.integer("top_logprobs", 0);
    if (!server_.old() && (top < 0 || top > 20)) {
      exchange_->reply_error(400, "top_logprobs must be between 0 and 20");
      return;
    }
    plan_.received = std::chrono::steady_clock::now();
    plan_.chat = chat_;
    plan_.model = json_.string("model");
    plan_.stream = json_.boolean("stream").value_or(true);
    model_ = resolve_model(server_, *exchange_, plan_.model,
                           chat_ ? Endpoint::chat : Endpoint::generate);
    if (!model_)
      return;
    prompt_ = json_.string("prompt");
    const bool empty = chat_ ? is_empty_list(json_.find("messages")) : prompt_.empty();
    const auto keep_alive = json_.keep_alive();
    if (empty && keep_alive && keep_alive->count() == 0) {
      server_.scheduler().unload(model_);
      exchange_->reply_json(200, done_reply(chat_, plan_.model, "unload", server_.old()));
      return;
    }
    if (refused())
      return;
    auto options = InferenceOptions::parse(json_.find("options"), server_.options().default_num_ctx,
                                           model_->config.context_length);
    if (!options.error.empty()) {
      exchange_->reply_error(500, options.error);
      return;
    }
    if (!server_.old())
      options.load.shift = json_.boolean("shift");
    const auto ticket = std::make_shared<Ticket>();
    ticket->model = model_;
    ticket->options = options.load;
    ticket->keep_alive = keep_alive;
    ticket->needs_slot = !empty;
    if (empty) {
      std::make_shared<SimpleJob>(exchange_, server_, ticket, std::chrono::nanoseconds(0),
                                  [reply = done_reply(chat_, plan_.model, "load", server_.old())](
                                      Exchange& exchange) { exchange.reply_json(200, reply); })
          ->start();
      return;
    }
    make_plan(options);
    std::make_shared<Generation>(exchange_, server_, ticket, std::move(plan_))->start();
  }

private:
  bool refuse(int status, const std::string& text) {
    exchange_->reply_error(status, text);
    return true;
  }

  bool refused() {
    if (!chat_ && json_.boolean("raw").value_or(false) &&
        (!json_.string("template").empty() || !json_.string("system").empty() ||
         !is_empty_list(json_.find("context"))))
      return refuse(400, "raw mode does not support template, system, or context");
    if (!model_->can("completion"))
      return refuse(400,
                    "\"" + plan_.model + "\" does not support " + (chat_ ? "chat" : "generate"));
    const auto* think = server_.old() ? nullptr : json_.find("think");
    const bool wants = think != nullptr && (think->IsString() || think->IsBool()) &&
                       (think->IsString() || think->GetBool());
    if (wants && !model_->can("thinking"))
      return refuse(400, "\"" + plan_.model + "\" does not support thinking");
    thinks_ = !server_.old() && model_->can("thinking") && (think == nullptr || wants);
    if (chat_ && !is_empty_list(json_.find("tools")) && !model_->can("tools"))
      return refuse(400, model_->name.full() + " does not support tools");
    if (!chat_ && !json_.string("suffix").empty() && !model_->can("insert"))
      return refuse(400, model_->name.full() + " does not support insert");
    return false;
  }

  void make_plan(const InferenceOptions& options) {
    plan_.logprobs = !server_.old() && json_.boolean("logprobs").value_or(false);
    plan_.top_logprobs = static_cast<int>(json_.integer("top_logprobs", 0));
    plan_.empty_lines = model_->config.empty_lines;
    plan_.repeat_guard = server_.options().repeat_guard;
    read_prompt();
    // A real prompt is never empty: its template has tokens.
    plan_.prompt_tokens = std::max<std::size_t>(1, plan_.prompt_tokens);
    if (!model_->config.run_error.empty())
      plan_.error = model_->config.run_error;
    check_format();
    const bool truncate = server_.old() || json_.boolean("truncate").value_or(true);
    const bool shift = server_.old() || json_.boolean("shift").value_or(true);
    const auto num_ctx = static_cast<std::size_t>(options.load.num_ctx);
    if (plan_.prompt_tokens > num_ctx) {
      if (!truncate || !shift) {
        plan_.error = prompt_too_long;
        plan_.error_status = 400;
      }
      plan_.prompt_tokens = num_ctx;
    }
    // As the server does, zero and negative numbers mean ten times the context.
    std::size_t limit = 10 * num_ctx;
    if (options.num_predict > 0)
      limit = std::min(limit, static_cast<std::size_t>(options.num_predict));
    if (!shift)
      limit = std::min(limit, std::max<std::size_t>(1, num_ctx - plan_.prompt_tokens));
    make_answer(options, limit);
    if (!chat_ && !json_.boolean("raw").value_or(false))
      make_context();
  }

  void read_prompt() {
    system_ = model_->config.system;
    std::size_t tokens = count_tokens(system_);
    if (!chat_) {
      const std::string system = json_.string("system");
      if (!system.empty())
        system_ = system;
      tokens = (system.empty() ? tokens : count_tokens(system)) + count_tokens(prompt_) +
               count_tokens(json_.string("suffix"));
      if (const auto* context = json_.find("context"); context != nullptr)
        tokens += context->Size();
      plan_.prompt_tokens = tokens;
      return;
    }
    bool first = true;
    for (const auto& message : json_.find("messages")->GetArray()) {
      const std::string content = text_of(message, "content");
      tokens += count_tokens(content);
      const std::string role = to_lower(text_of(message, "role"));
      if (role == "system") {
        // It takes the place of the model's own.
        if (first)
          tokens -= count_tokens(system_);
        system_ = content;
      }
      first = false;
      if (role == "user" || (prompt_.empty() && role != "system"))
        prompt_ = content;
      after_tool_ = role == "tool";
    }
    plan_.prompt_tokens = tokens;
  }

  void check_format() {
    const auto* format = json_.find("format");
    if (format == nullptr || (format->IsString() && format->GetStringLength() == 0))
      return;
    if (format->IsObject()) {
      schema_ = format;
    } else if (!(format->IsString() && view(*format) == "json")) {
      std::string text;
      append_json_value(text, *format);
      std::string quoted;
      for (const char c : text) {
        if (c == '"' || c == '\\')
          quoted += '\\';
        quoted += c;
      }
      plan_.error =
          "invalid format: \"" + quoted + "\"; expected \"json\" or a valid JSON Schema object";
      plan_.error_status = 500;
      return;
    }
    json_answer_ = true;
  }

  void make_answer(const InferenceOptions& options, std::size_t limit) {
    const auto script = server_.next_script(model_->name);
    auto calls = script ? script->tool_calls : std::vector<SimulatedToolCall>();
    std::string text = script ? script->text : model_->config.reply;
    if (!script && !after_tool_)
      calls = calls_of_model();
    if (!calls.empty()) {
      answer_with_calls(calls);
      return;
    }
    if (text.empty() && json_answer_) {
      text = generate_json(schema_, prompt_);
    } else if (text.empty()) {
      text = generate_reply(model_->name.display(), system_, prompt_,
                            options.seed ? static_cast<std::uint64_t>(*options.seed)
                                         : exchange_->record());
    }
    if (thinks_) {
      const auto& thinking = model_->config.thinking;
      plan_.thinking =
          tokenize(thinking.empty() ? "[simulated] Nothing is thought here." : thinking);
    }
    const bool stopped = apply_stop(text, options.stop);
    plan_.tokens = tokenize(text);
    const std::size_t all = plan_.thinking.size() + plan_.tokens.size();
    plan_.done_reason = all > limit ? "length" : "stop";
    if (stopped && all <= limit)
      plan_.done_reason = "stop";
    plan_.thinking.resize(std::min(plan_.thinking.size(), limit));
    plan_.tokens.resize(std::min(plan_.tokens.size(), limit - plan_.thinking.size()));
    plan_.hold_back = server_.old() && chat_ && !is_empty_list(json_.find("tools"));
  }

  [[nodiscard]] std::vector<SimulatedToolCall> calls_of_model() const {
    const auto* tools = chat_ ? json_.find("tools") : nullptr;
    if (is_empty_list(tools))
      return {};
    const auto& config = model_->config;
    if (!config.tool_calls.empty() || !config.calls_first_tool)
      return config.tool_calls;
    const auto* function = find_field((*tools)[0], "function");
    if (function == nullptr)
      return {};
    const auto* parameters = find_field(*function, "parameters");
    return {{text_of(*function, "name"),
             parameters == nullptr ? "{}" : generate_json(parameters, prompt_)}};
  }

  [[nodiscard]] bool offered(const std::string& name) const {
    const auto* tools = json_.find("tools");
    return !is_empty_list(tools) &&
           std::any_of(tools->Begin(), tools->End(), [&](const Value& tool) {
             const auto* function = find_field(tool, "function");
             return function != nullptr && text_of(*function, "name") == name;
           });
  }

  void answer_with_calls(const std::vector<SimulatedToolCall>& calls) {
    plan_.tool_calls_in_final_line = model_->config.tool_calls_in_final_line && !server_.old();
    unsigned index = 0;
    for (const auto& call : calls) {
      plan_.tool_call_tokens += 9;
      // A call of a tool that was not offered vanishes.
      if (!offered(call.name))
        continue;
      plan_.tool_calls += plan_.tool_calls.empty() ? "[" : ",";
      plan_.tool_calls += render_call(call, index++);
    }
    if (!plan_.tool_calls.empty())
      plan_.tool_calls += "]";
  }

  [[nodiscard]] std::string render_call(const SimulatedToolCall& call, unsigned index) const {
    rapidjson::Document arguments;
    arguments.Parse(call.arguments.data(), call.arguments.size());
    std::string text = "{}";
    if (!arguments.HasParseError() && arguments.IsObject()) {
      text.clear();
      append_json_value(text, arguments);
    }
    JsonObject function;
    if (!server_.old() || index != 0)
      function.number("index", index);
    function.text("name", call.name).json("arguments", text);
    JsonObject object;
    if (!server_.old())
      object.text("id", call_id(index));
    return object.json("function", function.str()).str();
  }

  [[nodiscard]] std::string call_id(unsigned index) const {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::uint64_t state = hash_text(std::to_string(exchange_->record() * 64 + index));
    std::string id = "call_";
    for (int i = 0; i < 8; ++i) {
      id += letters[state % letters.size()];
      state /= letters.size();
    }
    return id;
  }

  void make_context() {
    std::vector<std::uint32_t> context;
    if (const auto* given = json_.find("context"); given != nullptr) {
      for (const auto& token : given->GetArray())
        context.push_back(token.IsUint() ? token.GetUint() : 0);
    }
    const auto add = [&context](std::string_view token) {
      context.push_back(static_cast<std::uint32_t>(hash_text(token) % 128'000));
    };
    for (const auto& token : tokenize(prompt_))
      add(token);
    for (const auto& token : plan_.tokens)
      add(token);
    plan_.context = std::move(context);
  }

  Server& server_;
  ExchangePtr exchange_;
  const bool chat_;
  JsonRequest json_;
  GenerationPlan plan_;
  ModelStore::Entry model_;
  std::string system_;
  std::string prompt_;
  const Value* schema_ = nullptr;
  bool json_answer_ = false;
  bool thinks_ = false;
  bool after_tool_ = false;
};

} // namespace

void handle_generate(Server& server, const ExchangePtr& exchange) {
  Inference(server, exchange, false).handle();
}

void handle_chat(Server& server, const ExchangePtr& exchange) {
  Inference(server, exchange, true).handle();
}

} // namespace nexus::llm::simulator
