// SPDX-License-Identifier: BSD-3-Clause
#include "config/json.hpp"
#include "messages/wall_time.hpp"
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_object.hpp"
#include "runtime/simulator/server.hpp"
#include "runtime/simulator/text_generator.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {
namespace {

using namespace std::chrono;
using json::Value;

std::string text_of(const Value& object, std::string_view name) {
  return std::string{json::find_text(object, name).value_or("")};
}

std::int64_t nanos_between(steady_clock::time_point from, steady_clock::time_point to) {
  return duration_cast<nanoseconds>(to - from).count();
}

/// A generate or chat request, from its arrival to its response. Only for the server thread.
class Inference : public std::enable_shared_from_this<Inference> {
public:
  Inference(Server& server, ExchangePtr exchange, bool chat, RequestBody body)
      : server_(server), exchange_(std::move(exchange)), chat_(chat), body_(std::move(body)),
        name_(body_.text("model")), stream_(body_.boolean("stream", true)) {}

  void start() {
    model_ = server_.find_model(*exchange_, name_);
    if (!model_)
      return;
    const bool empty =
        chat_ ? body_.find_list("messages") == nullptr : body_.text("prompt").empty();
    ticket_->model = model_;
    ticket_->options = body_.load_options(model_->config.context_length);
    ticket_->keep_alive = body_.keep_alive();
    ticket_->needs_slot = !empty;
    if (empty && ticket_->keep_alive == nanoseconds(0)) {
      server_.scheduler().unload(model_);
      reply_empty("unload");
    } else if (const auto lacking = missing_capability(); !lacking.empty()) {
      exchange_->reply_error(400, "\"" + name_ + "\" does not support " + lacking);
    } else if (empty) {
      server_.run(exchange_, ticket_, [self = shared_from_this()] {
        self->server_.scheduler().release(self->ticket_);
        self->reply_empty("load");
      });
    } else {
      read_prompt();
      make_answer();
      server_.run(exchange_, ticket_, [self = shared_from_this()] {
        self->ready_at_ = steady_clock::now();
        self->exchange_->pause(self->server_.options().first_token_delay);
        self->exchange_->then([self] { self->send(); });
      });
    }
  }

private:
  struct Line {
    std::string thinking;
    std::string text;
    std::string tool_calls; ///< JSON array; empty: none
  };

  /// Returns what the request needs and the model cannot do; empty if there is nothing.
  [[nodiscard]] std::string missing_capability() const {
    if (!model_->can("completion"))
      return chat_ ? "chat" : "generate";
    if (wants_thinking() && !model_->can("thinking"))
      return "thinking";
    return body_.find_list("tools") != nullptr && !model_->can("tools") ? "tools" : "";
  }

  [[nodiscard]] bool wants_thinking() const {
    const auto* think = body_.find("think");
    return think != nullptr && (think->IsString() || think->IsTrue());
  }

  void read_prompt() {
    prompt_ = body_.text("prompt");
    prompt_tokens_ = count_tokens(body_.text("system")) + count_tokens(prompt_);
    if (const auto* messages = chat_ ? body_.find_list("messages") : nullptr) {
      for (const auto& message : messages->GetArray()) {
        const auto role = text_of(message, "role");
        const auto content = text_of(message, "content");
        prompt_tokens_ += count_tokens(content);
        after_tool_ = role == "tool";
        if (after_tool_)
          tool_result_ = content;
        if (role == "user")
          prompt_ = content;
      }
    }
    // A longer prompt is cut. The template of a real prompt has tokens of its own.
    prompt_tokens_ = std::clamp<std::size_t>(prompt_tokens_, 1,
                                             static_cast<std::size_t>(ticket_->options.num_ctx));
  }

  void make_answer() {
    if (model_->can("thinking") && (body_.find("think") == nullptr || wants_thinking()))
      for (auto& token : tokenize(model_->config.thinking))
        lines_.push_back({std::move(token), "", ""});
    if (const auto* tools = body_.find_list("tools"); tools != nullptr && calls_tools()) {
      lines_.push_back({"", "", calls_of(*tools)});
      return;
    }
    for (auto& token : tokenize(answer_text()))
      lines_.push_back({"", std::move(token), ""});
    const auto wanted = body_.option("num_predict").value_or(0);
    const auto limit =
        static_cast<std::size_t>(wanted > 0 ? wanted : 10 * ticket_->options.num_ctx);
    done_reason_ = lines_.size() > limit ? "length" : "stop";
    lines_.resize(std::min(lines_.size(), limit));
  }

  [[nodiscard]] bool calls_tools() const {
    const auto& config = model_->config;
    return config.calls_tools_endlessly ||
           ((config.calls_first_tool || config.calls_every_tool) && !after_tool_);
  }

  [[nodiscard]] std::string answer_text() {
    auto text = server_.next_reply(model_->name).value_or(model_->config.reply);
    if (!text.empty())
      return text;
    if (const auto* format = body_.find("format"))
      return generate_json(format->IsObject() ? format : nullptr, prompt_);
    if (after_tool_)
      return reply_to_tool(tool_result_);
    return generate_reply(name_, prompt_,
                          static_cast<std::uint64_t>(body_.option("seed").value_or(
                              static_cast<std::int64_t>(exchange_->record()))));
  }

  /// Returns calls to the first of the tools, or to each, as a JSON array.
  [[nodiscard]] std::string calls_of(const Value& tools) const {
    std::vector<std::string> calls;
    for (const auto& tool : tools.GetArray()) {
      calls.push_back(call_of(tool, calls.size()));
      if (!model_->config.calls_every_tool)
        break;
    }
    return json_array(calls);
  }

  [[nodiscard]] std::string call_of(const Value& tool, std::size_t index) const {
    const auto* function = json::find(tool, "function");
    const auto* parameters = function == nullptr ? nullptr : json::find(*function, "parameters");
    JsonObject called;
    JsonObject call;
    if (!server_.old()) {
      called.number("index", static_cast<std::int64_t>(index));
      call.text("id", "call_" + std::to_string(exchange_->record()) +
                          (index > 0 ? "_" + std::to_string(index) : ""));
    }
    called.text("name", function == nullptr ? "" : text_of(*function, "name"))
        .json("arguments", parameters == nullptr ? "{}" : generate_json(parameters, prompt_));
    return call.json("function", called.str()).str();
  }

  /// Sends the response. Its steps are queued at once, with pauses between the tokens.
  void send() {
    first_token_at_ = steady_clock::now();
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i > 0)
        exchange_->pause(server_.options().token_delay);
      if (stream_)
        exchange_->put_line(render(lines_[i], false));
    }
    exchange_->then([self = shared_from_this()] { self->finish(); });
  }

  void finish() {
    // Before the last line, so that the slot is free when the client has it.
    server_.scheduler().release(ticket_);
    if (stream_) {
      exchange_->put_line(render({}, true));
      exchange_->end_stream();
      return;
    }
    Line all;
    for (const auto& line : lines_) {
      all.thinking += line.thinking;
      all.text += line.text;
      all.tool_calls += line.tool_calls;
    }
    exchange_->reply_json(200, render(all, true));
  }

  void add_text(JsonObject& object, const Line& line) const {
    object.text("model", name_).text("created_at", format_wall_time(system_clock::now()));
    if (chat_)
      object.json("message", JsonObject()
                                 .text("role", "assistant")
                                 .text("content", line.text)
                                 .text_unless_empty("thinking", line.thinking)
                                 .json("tool_calls", line.tool_calls)
                                 .str());
    else
      object.text("response", line.text).text_unless_empty("thinking", line.thinking);
  }

  [[nodiscard]] std::string render(const Line& line, bool final) const {
    JsonObject object;
    add_text(object, line);
    object.boolean("done", final).json("logprobs", logprobs_of(line));
    if (final) {
      const auto now = steady_clock::now();
      object.text("done_reason", done_reason_)
          .number("total_duration", nanos_between(received_, now))
          .number("load_duration", nanos_between(received_, ready_at_))
          .number("prompt_eval_count", static_cast<std::int64_t>(prompt_tokens_))
          .number("prompt_eval_duration", nanos_between(ready_at_, first_token_at_))
          .number("eval_count", static_cast<std::int64_t>(lines_.size()))
          .number("eval_duration", nanos_between(first_token_at_, now));
    }
    return object.str();
  }

  [[nodiscard]] std::string logprobs_of(const Line& line) const {
    if (!body_.boolean("logprobs", false) || (line.text.empty() && line.thinking.empty()))
      return {};
    std::vector<std::string> items;
    for (const auto& token : tokenize(line.thinking + line.text)) {
      std::vector<std::string> top;
      for (std::int64_t i = 0; i < body_.number("top_logprobs"); ++i)
        top.push_back(JsonObject()
                          .text("token", i == 0 ? token : token + std::to_string(i))
                          .real("logprob", -0.1 - static_cast<double>(i))
                          .str());
      items.push_back(JsonObject()
                          .text("token", token)
                          .real("logprob", -0.1)
                          .json("top_logprobs", top.empty() ? "" : json_array(top))
                          .str());
    }
    return json_array(items);
  }

  void reply_empty(std::string_view reason) {
    JsonObject object;
    add_text(object, {});
    exchange_->reply_json(200, object.boolean("done", true).text("done_reason", reason).str());
  }

  Server& server_;
  ExchangePtr exchange_;
  const bool chat_;
  RequestBody body_;
  /// As written by the client.
  std::string name_;
  const bool stream_;
  ModelStore::Entry model_;
  std::shared_ptr<Ticket> ticket_ = std::make_shared<Ticket>();

  std::string prompt_;
  std::size_t prompt_tokens_ = 0;
  bool after_tool_ = false;
  std::string tool_result_;
  std::vector<Line> lines_;
  std::string done_reason_ = "stop";
  steady_clock::time_point received_ = steady_clock::now();
  steady_clock::time_point ready_at_;
  steady_clock::time_point first_token_at_;
};

void infer(Server& server, const ExchangePtr& exchange, bool chat) {
  if (auto body = Server::read_body(*exchange))
    std::make_shared<Inference>(server, exchange, chat, std::move(*body))->start();
}

} // namespace

void handle_generate(Server& server, const ExchangePtr& exchange) {
  infer(server, exchange, false);
}

void handle_chat(Server& server, const ExchangePtr& exchange) { infer(server, exchange, true); }

} // namespace nexus::llm::simulator
