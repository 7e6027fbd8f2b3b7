// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_object.hpp"
#include "runtime/simulator/server.hpp"
#include "runtime/simulator/sha256.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {
namespace {

constexpr std::uint64_t steps_per_layer = 8;

/// The course of a pull, push or create.
struct Transfer {
  std::vector<std::string> lines;
  /// If set, this error takes the place of the last line.
  std::string error;
  /// Called before the last line, unless there is an error.
  std::function<void()> commit = [] {};

  void add(std::initializer_list<std::string> states) {
    for (const auto& state : states)
      lines.push_back(JsonObject().text("status", state).str());
  }

  /// Adds the progress of the only layer of a model.
  void add_layer(const std::string& verb, const std::string& name, std::uint64_t size) {
    const auto digest = sha256_hex(parse_model_name(name).key());
    for (std::uint64_t step = 0; step <= steps_per_layer; ++step) {
      const auto completed = step == steps_per_layer ? size : size / steps_per_layer * step;
      lines.push_back(JsonObject()
                          .text("status", verb + " " + digest.substr(0, 12))
                          .text("digest", "sha256:" + digest)
                          .number("total", static_cast<std::int64_t>(size))
                          .number("completed", static_cast<std::int64_t>(completed))
                          .str());
    }
  }
};

void send(const Server& server, const ExchangePtr& exchange, const RequestBody& body,
          Transfer transfer) {
  const bool stream = body.boolean("stream", true);
  const bool failed = !transfer.error.empty();
  const auto last = failed ? error_json(transfer.error) : transfer.lines.back();
  transfer.lines.pop_back();
  for (const auto& line : transfer.lines) {
    if (stream)
      exchange->put_line(line);
    exchange->pause(server.options().pull_step_delay);
  }
  exchange->then([=, commit = transfer.commit] {
    if (!failed)
      commit();
    if (!stream) {
      exchange->reply_json(failed ? 500 : 200, last);
      return;
    }
    exchange->put_line(last);
    exchange->end_stream();
  });
}

/// Returns the body of a pull or create. Responds with an error if it or the name is invalid.
std::optional<RequestBody> read_named(Exchange& exchange) {
  auto body = Server::read_body(exchange);
  if (!body || is_valid_model_name(body->model()))
    return body;
  exchange.reply_error(400, "invalid model name");
  return std::nullopt;
}

/// Returns what the registry has under a name.
std::optional<SimulatedModel> registry_model(const SimulatorOptions& options,
                                             const std::string& name) {
  if (!options.registry)
    return SimulatedModel{.name = name};
  const auto found = std::ranges::find_if(
      *options.registry, [&](const SimulatedModel& model) { return same_model(model.name, name); });
  return found == options.registry->end() ? std::nullopt : std::optional{*found};
}

/// Returns the digest of the blob in the path.
std::string digest_of(const Exchange& exchange) {
  const auto path = exchange.request().path();
  return path.substr(path.rfind('/') + 1);
}

} // namespace

void handle_pull(Server& server, const ExchangePtr& exchange) {
  const auto body = read_named(*exchange);
  if (!body)
    return;
  Transfer transfer;
  transfer.add({"pulling manifest"});
  if (const auto model = registry_model(server.options(), body->model())) {
    transfer.add_layer("pulling", body->model(), model->size_bytes);
    transfer.add({"verifying sha256 digest", "writing manifest"});
    transfer.commit = [&server, model = *model] { server.store().add(model); };
  } else {
    transfer.error = "pull model manifest: file does not exist";
  }
  transfer.add({"success"});
  send(server, exchange, *body, std::move(transfer));
}

void handle_push(Server& server, const ExchangePtr& exchange) {
  const auto body = Server::read_body(*exchange);
  const auto model = body ? server.find_model(*exchange, body->model()) : nullptr;
  if (!model)
    return;
  Transfer transfer;
  transfer.add({"retrieving manifest"});
  transfer.add_layer("pushing", body->model(), model->config.size_bytes);
  transfer.add({"pushing manifest", "success"});
  send(server, exchange, *body, std::move(transfer));
}

void handle_create(Server& server, const ExchangePtr& exchange) {
  const auto body = read_named(*exchange);
  if (!body)
    return;
  const auto from = body->text("from");
  const auto* files = body->find("files");
  const auto* file =
      files == nullptr || files->ObjectEmpty() ? nullptr : &files->MemberBegin()->value;
  if (from.empty() && file == nullptr) {
    exchange->reply_error(400, "neither 'from' or 'files' was specified");
    return;
  }
  const auto base = server.store().find(from);
  auto model = base ? base->config : SimulatedModel{};
  model.name = body->model();
  if (const auto system = body->text("system"); !system.empty())
    model.system = system;
  Transfer transfer;
  transfer.add({"reading model", "success"});
  if (!base && !(file != nullptr && file->IsString() && server.store().has_blob(file->GetString())))
    transfer.error = "there is no such model or blob";
  transfer.commit = [&server, model] { server.store().add(model); };
  send(server, exchange, *body, std::move(transfer));
}

void handle_blob_head(Server& server, const ExchangePtr& exchange) {
  exchange->reply(server.store().has_blob(digest_of(*exchange)) ? 200 : 404, "", "");
}

void handle_blob_post(Server& server, const ExchangePtr& exchange) {
  const auto digest = "sha256:" + sha256_hex(exchange->request().body);
  if (digest != digest_of(*exchange)) {
    exchange->reply_error(400, "digest mismatch, got \"" + digest + "\"");
    return;
  }
  server.store().add_blob(digest);
  exchange->reply(201, "", "");
}

} // namespace nexus::llm::simulator
