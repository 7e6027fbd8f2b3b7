// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/server.hpp"

#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_object.hpp"

#include <utility>

namespace nexus::llm::simulator {
namespace {

void handle_root(Server&, const ExchangePtr& exchange) {
  exchange->reply(200, "text/plain; charset=utf-8", "Ollama is running");
}

void handle_version(Server& server, const ExchangePtr& exchange) {
  exchange->reply_json(200, JsonObject().text("version", server.old() ? "0.5.4" : "0.32.15").str());
}

struct Route {
  std::string_view method;
  /// With a trailing slash: the beginning of a path.
  std::string_view path;
  void (*handler)(Server&, const ExchangePtr&);
};

constexpr Route routes[] = {
    {"GET", "/", handle_root},
    {"HEAD", "/", handle_root},
    {"GET", "/api/version", handle_version},
    {"GET", "/api/tags", handle_tags},
    {"GET", "/api/ps", handle_ps},
    {"POST", "/api/show", handle_show},
    {"POST", "/api/generate", handle_generate},
    {"POST", "/api/chat", handle_chat},
    {"POST", "/api/embed", handle_embed},
    {"POST", "/api/copy", handle_copy},
    {"DELETE", "/api/delete", handle_delete},
    {"POST", "/api/pull", handle_pull},
    {"POST", "/api/push", handle_push},
    {"POST", "/api/create", handle_create},
    {"HEAD", "/api/blobs/", handle_blob_head},
    {"POST", "/api/blobs/", handle_blob_post},
};

bool has_path(const Route& route, std::string_view path) {
  const bool prefix = route.path.size() > 1 && route.path.ends_with('/');
  return prefix ? path.starts_with(route.path) : path == route.path;
}

bool is_inference(std::string_view path) {
  return path == "/api/generate" || path == "/api/chat" || path == "/api/embed";
}

} // namespace

Server::Server(boost::asio::io_context& io, const SimulatorOptions& options, Statistics& statistics)
    : io_(io), options_(options), statistics_(statistics), scheduler_(io, options, statistics) {
  for (const auto& model : options.models)
    store_.add(model);
}

void Server::queue_reply(std::string_view model, std::string text) {
  replies_[model.empty() ? "" : parse_model_name(model).key()].push_back(std::move(text));
}

std::optional<std::string> Server::next_reply(const ModelName& model) {
  for (const auto& key : {model.key(), std::string()}) {
    auto& queue = replies_[key];
    if (queue.empty())
      continue;
    auto text = std::move(queue.front());
    queue.pop_front();
    return text;
  }
  return std::nullopt;
}

std::shared_ptr<Exchange> Server::find_exchange(std::uint64_t record) const {
  for (const auto& [id, connection] : connections_)
    if (auto exchange = connection->exchange(); exchange && exchange->record() == record)
      return exchange;
  return nullptr;
}

void Server::add_connection(std::shared_ptr<Connection> connection) {
  const auto id = connection->id();
  connections_[id] = std::move(connection);
  statistics_.count([](Counters& c) {
    ++c.accepts;
    ++c.open_connections;
  });
}

void Server::connection_closed(const Connection& connection) {
  if (connections_.erase(connection.id()) > 0)
    statistics_.count([](Counters& c) { --c.open_connections; });
}

void Server::close_all() {
  while (!connections_.empty()) {
    const auto connection = connections_.begin()->second;
    connection->close();
  }
  scheduler_.reset();
}

void Server::handle(const std::shared_ptr<Exchange>& exchange) {
  const auto& request = exchange->request();
  const auto path = request.path();
  // The body of a blob may be large, and is not JSON.
  const RequestBody body(path.starts_with("/api/blobs/") ? "" : std::string_view(request.body));
  const auto fault = match_fault(path, body.model());
  RequestRecord record;
  record.method = request.method;
  record.target = request.target;
  record.body = request.body;
  record.model = body.model();
  if (fault)
    record.fault = fault->kind;
  exchange->begin(statistics_.add(record), record.model, fault);
  statistics_.count([&](Counters& c) {
    ++c.requests;
    c.faults_fired += fault ? 1 : 0;
  });
  if (!exchange->answer_by_fault())
    exchange->after_stall([this, exchange] { route(exchange); });
}

std::optional<Fault> Server::match_fault(const std::string& path, const std::string& model) {
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    const bool hit = (fault->path.empty() ? is_inference(path) : fault->path == path) &&
                     (fault->model.empty() || fault->model == model);
    if (!hit)
      continue;
    if (fault->skip > 0) {
      --fault->skip;
      continue;
    }
    Fault copy = *fault;
    if (fault->count == 1)
      faults_.erase(fault);
    else if (fault->count > 1)
      --fault->count;
    return copy;
  }
  return std::nullopt;
}

void Server::route(const std::shared_ptr<Exchange>& exchange) {
  const auto path = exchange->request().path();
  bool known = false;
  for (const auto& route : routes) {
    if (!has_path(route, path))
      continue;
    known = true;
    if (route.method == exchange->request().method) {
      route.handler(*this, exchange);
      return;
    }
  }
  if (known && !old())
    exchange->reply(405, "text/plain", "405 method not allowed");
  else
    exchange->reply(404, "text/plain", "404 page not found");
}

void Server::run(const ExchangePtr& exchange, const std::shared_ptr<Ticket>& ticket,
                 std::function<void()> action) {
  exchange->on_end([this, ticket, &own = *exchange](bool client_left) {
    if (client_left && ticket->state != Ticket::State::released)
      statistics_.count([](Counters& c) { ++c.cancelled; });
    const bool wedge = client_left && options_.wedge_on_disconnect &&
                       ticket->state == Ticket::State::ready && own.stream_begun();
    scheduler_.release(ticket, wedge);
  });
  ticket->on_ready = std::move(action);
  if (!scheduler_.submit(ticket))
    exchange->reply_error(503, "server busy, please try again.  maximum pending requests exceeded");
}

std::optional<RequestBody> Server::read_body(Exchange& exchange) {
  std::optional<RequestBody> body{exchange.request().body};
  if (body->error().empty())
    return body;
  exchange.reply_error(400, body->error());
  return std::nullopt;
}

ModelStore::Entry Server::find_model(Exchange& exchange, const std::string& name) const {
  auto entry = store_.find(name);
  if (name.empty())
    exchange.reply_error(400, "model is required");
  else if (!is_valid_model_name(name))
    exchange.reply_error(400, "invalid model name");
  else if (!entry)
    exchange.reply_error(404, "model '" + name + "' not found");
  return entry;
}

} // namespace nexus::llm::simulator
