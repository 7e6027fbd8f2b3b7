// SPDX-License-Identifier: BSD-3-Clause
#include "messages/wall_time.hpp"
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_object.hpp"
#include "runtime/simulator/server.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nexus::llm::simulator {
namespace {

JsonObject& add_details(JsonObject& object, const SimulatedModel& model) {
  return object.json("details", JsonObject()
                                    .text("format", "gguf")
                                    .text("family", model.family)
                                    .texts("families", {model.family})
                                    .text("parameter_size", model.parameter_size)
                                    .text("quantization_level", model.quantization_level)
                                    .number("context_length", model.context_length)
                                    .number("embedding_length", model.embedding_length)
                                    .str());
}

JsonObject& add_name(JsonObject& object, const InstalledModel& model) {
  const auto name = model.name.short_text();
  return object.text("name", name).text("model", name).text("digest", model.digest);
}

std::string models_json(const std::vector<std::string>& items) {
  return JsonObject().json("models", json_array(items)).str();
}

} // namespace

void handle_tags(Server& server, const ExchangePtr& exchange) {
  std::vector<std::string> items;
  for (const auto& model : server.store().list()) {
    JsonObject item;
    add_name(item, *model)
        .text("modified_at", format_wall_time(model->modified_at))
        .number("size", static_cast<std::int64_t>(model->config.size_bytes));
    add_details(item, model->config);
    if (!server.old())
      item.texts("capabilities", model->config.capabilities);
    items.push_back(item.str());
  }
  exchange->reply_json(200, models_json(items));
}

void handle_ps(Server& server, const ExchangePtr& exchange) {
  std::vector<std::string> items;
  for (const auto& [key, runner] : server.scheduler().runners()) {
    if (runner->state != Runner::State::loaded)
      continue;
    const auto size = static_cast<std::int64_t>(runner->model->config.size_bytes / 4 * 5);
    JsonObject item;
    add_name(item, *runner->model)
        .number("size", size)
        .number("size_vram", size)
        .text("expires_at", format_wall_time(runner->expires_at));
    add_details(item, runner->model->config);
    if (!server.old())
      item.number("context_length", runner->options.num_ctx);
    items.push_back(item.str());
  }
  exchange->reply_json(200, models_json(items));
}

void handle_show(Server& server, const ExchangePtr& exchange) {
  const auto body = Server::read_body(*exchange);
  const auto model = body ? server.find_model(*exchange, body->model()) : nullptr;
  if (!model)
    return;
  const auto& config = model->config;
  const auto info =
      JsonObject()
          .text("general.architecture", config.family)
          .number("general.parameter_count", static_cast<std::int64_t>(config.size_bytes / 5 * 8))
          .number(config.family + ".context_length", config.context_length)
          .number(config.family + ".embedding_length", config.embedding_length)
          .str();
  JsonObject object;
  object.text_unless_empty("license", config.license)
      .text("modelfile", "FROM " + model->name.short_text() + "\n")
      .text("template", "{{ .Prompt }}")
      .text_unless_empty("system", config.system);
  add_details(object, config).json("model_info", info);
  if (!server.old())
    object.texts("capabilities", config.capabilities);
  exchange->reply_json(200, object.text("modified_at", format_wall_time(model->modified_at)).str());
}

void handle_copy(Server& server, const ExchangePtr& exchange) {
  const auto body = Server::read_body(*exchange);
  const auto model = body ? server.find_model(*exchange, body->text("source")) : nullptr;
  if (!model)
    return;
  const auto destination = body->text("destination");
  if (!is_valid_model_name(destination)) {
    exchange->reply_error(400, "destination \"" + destination + "\" is invalid");
    return;
  }
  auto copy = model->config;
  copy.name = destination;
  server.store().add(copy);
  exchange->reply(200, "", "");
}

void handle_delete(Server& server, const ExchangePtr& exchange) {
  const auto body = Server::read_body(*exchange);
  const auto model = body ? server.find_model(*exchange, body->model()) : nullptr;
  if (!model)
    return;
  server.scheduler().unload(model);
  server.store().remove(body->model());
  exchange->reply(200, "", "");
}

} // namespace nexus::llm::simulator
