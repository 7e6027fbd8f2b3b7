// SPDX-License-Identifier: BSD-3-Clause
#include "config/json.hpp"
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_object.hpp"
#include "runtime/simulator/server.hpp"
#include "runtime/simulator/text_generator.hpp"

#include <algorithm>
#include <chrono>

namespace nexus::llm::simulator {
namespace {

std::vector<std::string> texts_of(const json::Value* input) {
  std::vector<std::string> texts;
  if (input != nullptr && input->IsString())
    texts.emplace_back(json::text_of(*input));
  if (input != nullptr && input->IsArray())
    for (const auto& item : input->GetArray())
      texts.emplace_back(json::text_of(item));
  return texts;
}

std::string embeddings_of(const std::vector<std::string>& texts, std::size_t length) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  writer.SetMaxDecimalPlaces(8);
  writer.StartArray();
  for (const auto& text : texts) {
    writer.StartArray();
    for (const double value : embed(text, length))
      writer.Double(value);
    writer.EndArray();
  }
  writer.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

} // namespace

void handle_embed(Server& server, const ExchangePtr& exchange) {
  const auto started = std::chrono::steady_clock::now();
  const auto body = Server::read_body(*exchange);
  if (!body)
    return;
  const auto typed = body->text("model");
  const auto model = server.find_model(*exchange, typed);
  if (!model)
    return;
  const auto texts = texts_of(body->find("input"));
  const auto ticket = std::make_shared<Ticket>();
  ticket->model = model;
  ticket->options = body->load_options(model->config.context_length);
  ticket->keep_alive = body->keep_alive();
  ticket->needs_slot = !texts.empty();
  const std::int64_t longest = model->config.embedding_length;
  const auto wanted = body->number("dimensions");
  const auto length = static_cast<std::size_t>(wanted > 0 ? std::min(wanted, longest) : longest);
  server.run(exchange, ticket, [=, &server] {
    exchange->pause(server.options().first_token_delay);
    exchange->then([=, &server] {
      server.scheduler().release(ticket);
      std::size_t tokens = 0;
      for (const auto& text : texts)
        tokens += count_tokens(text);
      const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - started;
      exchange->reply_json(200, JsonObject()
                                    .text("model", typed)
                                    .json("embeddings", embeddings_of(texts, length))
                                    .number("total_duration", elapsed.count())
                                    .number("load_duration", elapsed.count() / 2)
                                    .number("prompt_eval_count", static_cast<std::int64_t>(tokens))
                                    .str());
    });
  });
}

} // namespace nexus::llm::simulator
