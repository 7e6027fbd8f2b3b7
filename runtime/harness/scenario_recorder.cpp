// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/scenario_recorder.hpp"

#include <algorithm>

#include "config/config_keys.hpp"
#include "config/config_update.hpp"
#include "config/describe_json.hpp"
#include "config/utf8.hpp"
#include "runtime/harness/duration_text.hpp"

namespace nexus::llm::testing {

using json::Allocator;
using json::Document;
using json::Value;

namespace {

using Exchange = Recording::Exchange;
using Time = Recording::Clock::time_point;

/// How long to wait for a retried request in virtual time: longer than any delay of the settings.
constexpr const char* patience = "10m";

/// An event of the recorded HTTP traffic.
struct Happening {
  enum class Kind : std::uint8_t { begin, piece, end };
  Time time;
  Kind kind;
  std::size_t exchange;
  std::size_t piece = 0;
};

std::vector<Happening> in_order(const std::vector<Exchange>& wire) {
  std::vector<Happening> all;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    all.push_back({wire[i].begun, Happening::Kind::begin, i});
    for (std::size_t piece = 0; piece < wire[i].pieces.size(); ++piece)
      all.push_back({wire[i].pieces[piece].time, Happening::Kind::piece, i, piece});
    if (wire[i].over)
      all.push_back({wire[i].ended, Happening::Kind::end, i});
  }
  std::ranges::stable_sort(all, {}, &Happening::time);
  return all;
}

class Writer {
public:
  Writer() : allocator_{document_.GetAllocator()}, steps_{rapidjson::kArrayType} {
    document_.SetObject();
  }

  Result<std::string> write(const std::string& name, const LLMClientConfig& config,
                            const std::vector<RecordedPrompt>& prompts,
                            const std::vector<Exchange>& wire) {
    add(document_, "name", name);
    document_.AddMember("config", config_of(config), allocator_);
    // The steps contain every exchange, including requests about models.
    document_.AddMember("models", Value{rapidjson::kArrayType}, allocator_);
    document_.AddMember("everythingAsks", true, allocator_);
    auto next = wire.begin();
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      auto end = next;
      while (end != wire.end() && (i + 1 == prompts.size() || end->begun < prompts[i + 1].asked))
        ++end;
      if (auto problem = write_prompt(i, prompts[i], {next, end}))
        return failure(ErrorCode::invalid_argument, std::move(*problem));
      next = end;
    }
    document_.AddMember("steps", std::move(steps_), allocator_);
    return json::to_pretty_text(document_) + "\n";
  }

private:
  void add(Value& object, const char* key, std::string_view text) {
    object.AddMember(rapidjson::StringRef(key), json::make_string(text, allocator_), allocator_);
  }
  Value& step(const char* key, std::string_view text) {
    Value made{rapidjson::kObjectType};
    add(made, key, text);
    steps_.PushBack(std::move(made), allocator_);
    return steps_[steps_.Size() - 1];
  }
  void pass(Time from, Time to) {
    // Accumulate fractions of a millisecond.
    rest_ += to - from;
    const auto gap = std::chrono::duration_cast<std::chrono::milliseconds>(rest_);
    if (gap.count() <= 0)
      return;
    rest_ -= gap;
    step("pass", duration_text(gap));
  }

  Value config_of(const LLMClientConfig& config) {
    Value section{rapidjson::kObjectType};
    const LLMClientConfig usual;
    for (const auto& key : config_keys())
      // The base URL of the live Ollama is irrelevant for playing the scenario.
      if (key.path != "baseUrl" && value_text(key, config) != value_text(key, usual))
        set_path(section, key.path, key.get(config, allocator_), allocator_);
    return section;
  }

  std::optional<std::string> write_prompt(std::size_t number, const RecordedPrompt& prompt,
                                          const std::vector<Exchange>& wire) {
    const auto caller = "requester " + std::to_string(number + 1);
    const auto listener = "view " + std::to_string(number + 1);
    if (number > 0)
      pass(last_, prompt.asked);
    const bool down = !wire.empty() && refused(wire.front());
    if (down)
      step("ollama", "stops");
    add(step("listen", listener), "hears", "stream");
    auto& asks = step("prompt", prompt.prompt);
    add(asks, "role", to_string(prompt.role));
    add(asks, "as", caller);
    add(asks, "to", listener);
    asks.AddMember("options", options_of(prompt.options), allocator_);
    bool stopped = down;
    auto now = prompt.asked;
    std::vector<std::string> pending(wire.size());
    for (const auto& happening : in_order(wire)) {
      const auto& exchange = wire[happening.exchange];
      if (refused(exchange)) {
        if (!std::exchange(stopped, true))
          step("ollama", "stops");
        continue;
      }
      if (std::exchange(stopped, false)) {
        pass(now, happening.time);
        step("ollama", "starts");
      }
      const auto name =
          "request " + std::to_string(number + 1) + "." + std::to_string(happening.exchange + 1);
      write_happening(happening, exchange, name, now, pending[happening.exchange]);
      now = happening.time;
    }
    last_ = now;
    if (std::ranges::any_of(pending, [](const auto& bytes) { return !bytes.empty(); }))
      return "an answer is not UTF-8, which a scenario cannot hold";
    write_answer(prompt, caller, listener);
    if (stopped)
      step("ollama", "starts");
    return std::nullopt;
  }

  static bool refused(const Exchange& exchange) {
    return exchange.over && exchange.outcome.failure == HttpOutcome::Failure::refused;
  }

  Value options_of(const GenerateOptions& options) {
    auto all = json::to_value(options, allocator_);
    const auto usual = json::to_value(GenerateOptions{}, allocator_);
    all.RemoveMember("id");
    for (auto member = all.MemberBegin(); member != all.MemberEnd();) {
      const auto* same = json::find(usual, json::text_of(member->name));
      member = same != nullptr && *same == member->value ? all.EraseMember(member) : member + 1;
    }
    return all;
  }

  void write_happening(const Happening& happening, const Exchange& exchange,
                       const std::string& name, Time now, std::string& pending) {
    switch (happening.kind) {
    case Happening::Kind::begin: {
      auto& asked = step("asked", exchange.method + " " + exchange.target);
      if (auto body = json::parse(exchange.body))
        asked.AddMember("body", Value{*body, allocator_}, allocator_);
      add(asked, "within", patience);
      add(asked, "as", name);
      return;
    }
    case Happening::Kind::piece:
      if (happening.piece == 0 && exchange.status != 200)
        write_status(exchange, name);
      pending += exchange.pieces[happening.piece].bytes;
      // A character may be split into two pieces.
      if (!is_valid_utf8(pending))
        return;
      pass(now, happening.time);
      add(step("send", std::exchange(pending, {})), "on", name);
      return;
    case Happening::Kind::end:
      pass(now, happening.time);
      if (exchange.pieces.empty() && exchange.status > 200)
        write_status(exchange, name);
      add(step("end",
               exchange.outcome.failure == HttpOutcome::Failure::none ? "complete" : "close"),
          "on", name);
    }
  }

  void write_status(const Exchange& exchange, const std::string& name) {
    Value made{rapidjson::kObjectType};
    made.AddMember("begin", exchange.status, allocator_);
    if (const auto retry_after = exchange.outcome.retry_after)
      made.AddMember("retryAfter", static_cast<std::int64_t>(retry_after->count()), allocator_);
    add(made, "on", name);
    steps_.PushBack(std::move(made), allocator_);
  }

  void write_answer(const RecordedPrompt& prompt, const std::string& caller,
                    const std::string& listener) {
    if (!prompt.answer) {
      auto& failed = step("failed", caller);
      add(failed, "code", to_string(prompt.answer.error().code));
      add(failed, "within", patience);
      add(step("seeError", listener), "code", to_string(prompt.answer.error().code));
      return;
    }
    add(step("seeStream", listener), "text", prompt.answer->response);
    Value with{rapidjson::kObjectType};
    add(with, "model", prompt.answer->model);
    add(with, "response", prompt.answer->response);
    add(with, "thinking", prompt.answer->thinking);
    add(with, "doneReason", prompt.answer->done_reason);
    with.AddMember("stats", json::to_value(prompt.answer->stats, allocator_), allocator_);
    auto& answered = step("answered", caller);
    answered.AddMember("with", std::move(with), allocator_);
  }

  Document document_;
  Allocator& allocator_;
  Value steps_;
  Time last_; ///< time of the last written event
  Recording::Clock::duration rest_{};
};

} // namespace

Result<std::string> recorded_scenario(const std::string& name, const LLMClientConfig& config,
                                      const std::vector<RecordedPrompt>& prompts,
                                      const std::vector<Exchange>& wire) {
  return Writer{}.write(name, config, prompts, wire);
}

} // namespace nexus::llm::testing
