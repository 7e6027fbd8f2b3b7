// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/generation.hpp"

#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/model_name.hpp"
#include "runtime/simulator/text_generator.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using namespace std::chrono;

constexpr std::size_t corked_lines = 128;
constexpr unsigned max_repeats = 30;

/// At least one nanosecond: zero would be left out.
std::int64_t nanos_between(steady_clock::time_point from, steady_clock::time_point to) {
  return std::max<std::int64_t>(1, duration_cast<nanoseconds>(to - from).count());
}

std::string bytes_json(std::string_view token) {
  std::string out = "[";
  for (const char c : token) {
    if (out.size() > 1)
      out += ',';
    out += std::to_string(static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out + "]";
}

std::string logprob_json(std::string_view token, double logprob, std::string_view top) {
  std::string number;
  append_json_number(number, logprob);
  return JsonObject()
      .text("token", token)
      .json("logprob", number)
      .json("bytes", bytes_json(token))
      .json_unless_empty("top_logprobs", top)
      .str();
}

} // namespace

Generation::Generation(std::shared_ptr<Exchange> exchange, Server& server,
                       std::shared_ptr<Ticket> ticket, GenerationPlan plan)
    : Job(std::move(exchange), server, std::move(ticket)), plan_(std::move(plan)) {}

void Generation::run() {
  ready_at_ = steady_clock::now();
  after(server().options().first_token_delay, [this] { begin(); });
}

void Generation::begin() {
  first_token_at_ = steady_clock::now();
  if (!plan_.error.empty()) {
    release();
    if (plan_.stream)
      exchange().fail_stream(plan_.error_status, plan_.error);
    else
      exchange().reply_error(plan_.error_status, plan_.error);
    return;
  }
  if (plan_.stream) {
    prepare_lines();
    step();
    return;
  }
  const auto tokens = plan_.tokens.size() + plan_.thinking.size();
  const auto pauses = tokens > 0 ? tokens - 1 : 0;
  after(server().options().token_delay * static_cast<std::int64_t>(pauses),
        [this] { reply_at_once(); });
}

void Generation::prepare_lines() {
  for (unsigned i = 0; i < plan_.empty_lines; ++i)
    lines_.push_back({});
  for (const auto& token : plan_.thinking)
    lines_.push_back({"", token, "", 1});
  // The end tag of the thinking text leaves an empty line in generate.
  if (!plan_.thinking.empty() && !plan_.chat)
    lines_.push_back({});
  if (plan_.hold_back && !plan_.tokens.empty()) {
    Line line;
    for (const auto& token : plan_.tokens)
      line.text += token;
    line.tokens = static_cast<unsigned>(plan_.tokens.size());
    lines_.push_back(std::move(line));
  } else {
    for (auto& token : plan_.tokens)
      lines_.push_back({std::move(token), "", "", 1});
  }
  plan_.tokens.clear();
  plan_.thinking.clear();
  if (!plan_.tool_calls.empty() && !plan_.tool_calls_in_final_line)
    lines_.push_back({"", "", plan_.tool_calls, plan_.tool_call_tokens});
}

void Generation::step() {
  const auto delay = server().options().token_delay;
  const std::size_t batch = server().options().cork_writes && delay.count() == 0 ? corked_lines : 1;
  for (std::size_t i = 0; i < batch && !exchange().output_closed(); ++i) {
    if (position_ == lines_.size() || guard_tripped()) {
      finish_stream();
      return;
    }
    const Line line = std::move(lines_[position_++]);
    tokens_ += line.tokens;
    exchange().put_line(render(line, false), line.tokens);
  }
  if (exchange().output_closed()) {
    release();
    return;
  }
  exchange().then([self = std::static_pointer_cast<Generation>(shared_from_this()), delay] {
    if (self->ended())
      return;
    const bool more = self->position_ < self->lines_.size();
    self->after(more ? delay : milliseconds(0), [job = self.get()] { job->step(); });
  });
}

bool Generation::guard_tripped() {
  if (!plan_.repeat_guard)
    return false;
  const std::string token(trim(lines_[position_].text));
  repeats_ = !token.empty() && token == last_token_ ? repeats_ + 1 : 0;
  last_token_ = token;
  return repeats_ > max_repeats;
}

void Generation::finish_stream() {
  release();
  if (position_ == lines_.size()) {
    Line last;
    if (plan_.tool_calls_in_final_line && !plan_.tool_calls.empty()) {
      last.tool_calls = plan_.tool_calls;
      last.tokens = plan_.tool_call_tokens;
      tokens_ += last.tokens;
    }
    exchange().put_line(render(last, true), last.tokens, true);
  }
  exchange().end_stream();
}

Generation::Line Generation::whole_answer() const {
  Line line;
  for (const auto& token : plan_.tokens)
    line.text += token;
  for (const auto& token : plan_.thinking)
    line.thinking += token;
  line.tool_calls = plan_.tool_calls;
  line.tokens = static_cast<unsigned>(plan_.tokens.size() + plan_.thinking.size()) +
                (plan_.tool_calls.empty() ? 0 : plan_.tool_call_tokens);
  return line;
}

void Generation::reply_at_once() {
  const Line line = whole_answer();
  tokens_ = line.tokens;
  release();
  server().statistics().count([this](Counters& c) { c.tokens_sent += tokens_; });
  exchange().reply_json(200, render(line, true));
}

std::string Generation::logprobs_json(const Line& line) const {
  if (!plan_.logprobs || (line.text.empty() && line.thinking.empty()))
    return {};
  std::string out = "[";
  for (const auto& token : tokenize(line.thinking + line.text)) {
    const double logprob = -static_cast<double>(hash_text(token) % 2000) / 10'000;
    std::string top;
    for (int i = 0; i < plan_.top_logprobs; ++i) {
      top += i == 0 ? "[" : ",";
      top += logprob_json(i == 0 ? token : token + std::to_string(i), logprob - 2.5 * i, "");
    }
    if (!top.empty())
      top += "]";
    if (out.size() > 1)
      out += ',';
    out += logprob_json(token, logprob, top);
  }
  return out + "]";
}

std::string Generation::metrics() const {
  const auto now = steady_clock::now();
  return JsonObject()
      .number("total_duration", nanos_between(plan_.received, now))
      .number("load_duration", nanos_between(plan_.received, ready_at_))
      .number_unless_zero("prompt_eval_count", static_cast<std::int64_t>(plan_.prompt_tokens))
      .number("prompt_eval_duration", nanos_between(ready_at_, first_token_at_))
      .number_unless_zero("eval_count", static_cast<std::int64_t>(tokens_))
      .number("eval_duration", nanos_between(first_token_at_, now))
      .str();
}

std::string Generation::render(const Line& line, bool final) {
  JsonObject object;
  object.text("model", plan_.model).text("created_at", format_time_utc(system_clock::now()));
  if (plan_.chat) {
    object.json("message", JsonObject()
                               .text("role", "assistant")
                               .text("content", line.text)
                               .text_unless_empty("thinking", line.thinking)
                               .json_unless_empty("tool_calls", line.tool_calls)
                               .str());
  } else {
    object.text("response", line.text).text_unless_empty("thinking", line.thinking);
  }
  const std::string logprobs = logprobs_json(line);
  if (!final)
    return object.boolean("done", false).json_unless_empty("logprobs", logprobs).str();
  if (plan_.chat && server().old())
    object.text("done_reason", plan_.done_reason).boolean("done", true);
  else
    object.boolean("done", true).text("done_reason", plan_.done_reason);
  if (plan_.chat) {
    object.json_unless_empty("logprobs", logprobs);
  } else if (plan_.context) {
    std::string context = "[";
    for (const auto token : *plan_.context) {
      if (context.size() > 1)
        context += ',';
      context += std::to_string(token);
    }
    object.json("context", context + "]");
  }
  std::string text = object.str();
  text.back() = ',';
  text += metrics().substr(1);
  if (!plan_.chat && !logprobs.empty()) {
    text.back() = ',';
    text += "\"logprobs\":" + logprobs + "}";
  }
  return text;
}

} // namespace nexus::llm::simulator
