// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/inference_options.hpp"
#include "runtime/simulator/job.hpp"
#include "runtime/simulator/json_request.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/text_generator.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace nexus::llm::simulator {
namespace {

constexpr std::array embed_fields = {
    Field{"model", FieldType::string},     Field{"input", FieldType::any},
    Field{"truncate", FieldType::boolean}, Field{"dimensions", FieldType::integer},
    Field{"options", FieldType::object},   Field{"keep_alive", FieldType::keep_alive},
};

constexpr std::array embedding_fields = {
    Field{"model", FieldType::string},
    Field{"prompt", FieldType::string},
    Field{"options", FieldType::object},
    Field{"keep_alive", FieldType::keep_alive},
};

/// The inputs; nothing when their type is wrong.
std::optional<std::vector<std::string>> read_input(const rapidjson::Value* input) {
  std::vector<std::string> texts;
  if (input == nullptr)
    return texts;
  if (input->IsString()) {
    if (input->GetStringLength() > 0)
      texts.emplace_back(input->GetString(), input->GetStringLength());
    return texts;
  }
  if (!input->IsArray())
    return std::nullopt;
  for (const auto& item : input->GetArray()) {
    if (!item.IsString())
      return std::nullopt;
    texts.emplace_back(item.GetString(), item.GetStringLength());
  }
  return texts;
}

std::string vector_json(const std::vector<double>& vector, bool single) {
  std::string out = "[";
  for (const double value : vector) {
    if (out.size() > 1)
      out += ',';
    if (single)
      append_json_number(out, static_cast<float>(value));
    else
      append_json_number(out, value);
  }
  return out + "]";
}

std::vector<double> cut(std::vector<double> vector, std::int64_t dimensions) {
  if (dimensions <= 0 || static_cast<std::uint64_t>(dimensions) >= vector.size())
    return vector;
  vector.resize(static_cast<std::size_t>(dimensions));
  double sum = 0;
  for (const double value : vector)
    sum += value * value;
  for (double& value : vector)
    value /= sum > 0 ? std::sqrt(sum) : 1;
  return vector;
}

std::shared_ptr<Ticket> make_ticket(Exchange& exchange, Server& server, const JsonRequest& json,
                                    ModelStore::Entry model) {
  const auto options = InferenceOptions::parse(
      json.find("options"), server.options().default_num_ctx, model->config.context_length);
  if (!options.error.empty()) {
    exchange.reply_error(500, options.error);
    return nullptr;
  }
  auto ticket = std::make_shared<Ticket>();
  ticket->model = std::move(model);
  ticket->options = options.load;
  ticket->keep_alive = json.keep_alive();
  return ticket;
}

void fail(Server& server, Exchange& exchange, int status, std::string_view text) {
  if (server.old())
    exchange.reply_json(500, R"({"error":{}})");
  else
    exchange.reply_error(status, text);
}

} // namespace

void handle_embed(Server& server, const ExchangePtr& exchange) {
  const JsonRequest json(exchange->request().body, "EmbedRequest", embed_fields);
  if (!json.error().empty()) {
    exchange->reply_error(400, json.error());
    return;
  }
  const auto started = std::chrono::steady_clock::now();
  const std::string typed = json.string("model");
  const auto texts = read_input(json.find("input"));
  if (!texts) {
    exchange->reply_error(400, "invalid input type");
    return;
  }
  const auto model = resolve_model(server, *exchange, typed, Endpoint::embed);
  if (!model)
    return;
  const auto ticket = make_ticket(*exchange, server, json, model);
  if (!ticket)
    return;
  ticket->needs_slot = !texts->empty();
  const bool truncate = json.boolean("truncate").value_or(true);
  const auto dimensions = json.integer("dimensions", 0);
  const auto action = [&server, typed, model, texts = *texts, truncate, dimensions, started,
                       num_ctx = static_cast<std::size_t>(ticket->options.num_ctx)](Exchange& out) {
    JsonObject object;
    object.text("model", typed);
    if (texts.empty()) {
      out.reply_json(200, object.json("embeddings", "[]").str());
      return;
    }
    if (!model->config.run_error.empty()) {
      fail(server, out, 500, model->config.run_error);
      return;
    }
    std::string vectors = "[";
    std::size_t tokens = 0;
    for (const auto& text : texts) {
      const std::size_t count = count_tokens(text);
      if (count > num_ctx && !truncate) {
        out.reply_error(400, server.old() ? "input length exceeds maximum context length"
                                          : "the input length exceeds the context length");
        return;
      }
      tokens += std::min(count, num_ctx);
      if (vectors.size() > 1)
        vectors += ',';
      vectors += vector_json(cut(embed(text, model->config.embedding_length), dimensions), true);
    }
    const auto elapsed = std::chrono::nanoseconds(std::chrono::steady_clock::now() - started);
    object.json("embeddings", vectors + "]")
        .number("total_duration", std::max<std::int64_t>(2, elapsed.count()))
        .number("load_duration", std::max<std::int64_t>(1, elapsed.count() / 2))
        .number_unless_zero("prompt_eval_count", static_cast<std::int64_t>(tokens));
    out.reply_json(200, object.str());
  };
  std::make_shared<SimpleJob>(
      exchange, server, ticket,
      texts->empty() ? std::chrono::milliseconds(0) : server.options().first_token_delay, action)
      ->start();
}

void handle_embeddings(Server& server, const ExchangePtr& exchange) {
  const JsonRequest json(exchange->request().body, "EmbeddingRequest", embedding_fields);
  if (!json.error().empty()) {
    exchange->reply_error(400, json.error());
    return;
  }
  const auto model = resolve_model(server, *exchange, json.string("model"), Endpoint::embeddings);
  if (!model)
    return;
  const auto ticket = make_ticket(*exchange, server, json, model);
  if (!ticket)
    return;
  const std::string prompt = json.string("prompt");
  ticket->needs_slot = !prompt.empty();
  const auto action = [&server, model, prompt](Exchange& out) {
    if (!prompt.empty() && !model->config.run_error.empty()) {
      fail(server, out, 500, model->config.run_error);
      return;
    }
    auto vector = embed(prompt, prompt.empty() ? 0 : model->config.embedding_length);
    // This endpoint does not normalise.
    for (double& value : vector)
      value *= 11.5;
    out.reply_json(200, JsonObject().json("embedding", vector_json(vector, false)).str());
  };
  std::make_shared<SimpleJob>(exchange, server, ticket, server.options().first_token_delay, action)
      ->start();
}

} // namespace nexus::llm::simulator
