// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/server.hpp"

#include "runtime/simulator/access_check.hpp"
#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/json_request.hpp"
#include "runtime/simulator/json_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using Handler = void (*)(Server&, const ExchangePtr&);

void handle_root(Server&, const ExchangePtr& exchange) {
  exchange->reply(200, "text/plain; charset=utf-8", "Ollama is running");
}

void handle_version(Server& server, const ExchangePtr& exchange) {
  const auto& version = server.options().version;
  exchange->reply_json(200, JsonObject()
                                .text("version", !version.empty() ? version
                                                 : server.old()   ? "0.5.4"
                                                                  : "0.32.15")
                                .str());
}

void handle_status(Server&, const ExchangePtr& exchange) {
  exchange->reply_json(200, R"({"cloud":{"disabled":true,"source":"env"}})");
}

void handle_me(Server&, const ExchangePtr& exchange) {
  exchange->reply_json(401, R"({"error":"unauthorized"})");
}

void handle_signout(Server&, const ExchangePtr& exchange) { exchange->reply_json(200, "null"); }

void handle_recommendations(Server&, const ExchangePtr& exchange) {
  exchange->reply_json(200, R"({"recommendations":[]})");
}

struct Route {
  std::string_view method;
  /// With a trailing slash: the beginning of a path.
  std::string_view path;
  Handler handler;
  bool since_current = false;
};

constexpr Route routes[] = {
    {"POST", "/api/pull", handle_pull},
    {"POST", "/api/push", handle_push},
    {"HEAD", "/api/tags", handle_tags},
    {"GET", "/api/tags", handle_tags},
    {"POST", "/api/show", handle_show},
    {"DELETE", "/api/delete", handle_delete},
    {"POST", "/api/me", handle_me, true},
    {"POST", "/api/signout", handle_signout, true},
    {"GET", "/api/experimental/model-recommendations", handle_recommendations, true},
    {"POST", "/api/create", handle_create},
    {"POST", "/api/blobs/", handle_blob_post},
    {"HEAD", "/api/blobs/", handle_blob_head},
    {"POST", "/api/copy", handle_copy},
    {"GET", "/api/ps", handle_ps},
    {"POST", "/api/generate", handle_generate},
    {"POST", "/api/chat", handle_chat},
    {"POST", "/api/embed", handle_embed},
    {"POST", "/api/embeddings", handle_embeddings},
    {"HEAD", "/", handle_root},
    {"GET", "/", handle_root},
    {"HEAD", "/api/version", handle_version},
    {"GET", "/api/version", handle_version},
    {"GET", "/api/status", handle_status, true},
};

bool matches(const Route& route, std::string_view path, bool old) {
  if (route.since_current && old)
    return false;
  if (route.path.size() > 1 && route.path.ends_with('/')) {
    return path.starts_with(route.path) && path.size() > route.path.size() &&
           path.find('/', route.path.size()) == std::string_view::npos;
  }
  return path == route.path;
}

Handler find_handler(std::string_view method, std::string_view path, bool old) {
  const auto* found = std::ranges::find_if(routes, [&](const Route& route) {
    return route.method == method && matches(route, path, old);
  });
  return found == std::end(routes) ? nullptr : found->handler;
}

std::string methods_of(std::string_view path, bool old) {
  std::string methods;
  for (const auto& route : routes) {
    if (matches(route, path, old))
      methods += (methods.empty() ? "" : ", ") + std::string(route.method);
  }
  return methods;
}

/// The path without doubled slashes and without one at its end.
std::string clean_path(std::string_view path) {
  std::string clean;
  for (const char c : path) {
    if (c != '/' || clean.empty() || clean.back() != '/')
      clean += c;
  }
  if (clean.size() > 1 && clean.back() == '/')
    clean.pop_back();
  return clean;
}

bool is_inference(std::string_view path) {
  return path == "/api/generate" || path == "/api/chat" || path == "/api/embed" ||
         path == "/api/embeddings";
}

void redirect(const ExchangePtr& exchange, const std::string& path) {
  const std::string location = path + exchange->request().query();
  exchange->add_header("Location", location);
  if (exchange->request().method == "GET")
    exchange->reply(301, "text/html; charset=utf-8",
                    "<a href=\"" + location + "\">Moved Permanently</a>.\n\n");
  else
    exchange->reply(307, "", "");
}

void preflight(const ExchangePtr& exchange) {
  exchange->add_header(
      "Access-Control-Allow-Headers",
      "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta,X-Stainless-Arch,"
      "X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method,"
      "X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper,"
      "X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,"
      "X-Stainless-Timeout");
  exchange->add_header("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS");
  exchange->add_header("Access-Control-Allow-Origin", exchange->request().header("origin"));
  exchange->add_header("Access-Control-Max-Age", "43200");
  for (const auto* name :
       {"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"})
    exchange->add_header("Vary", name);
  exchange->reply(204, "", "");
}

/// Checks origin and host. Returns false when the exchange was answered.
bool admit(const SimulatorOptions& options, const ExchangePtr& exchange) {
  const auto& request = exchange->request();
  if (options.check_origin) {
    const auto verdict = check_origin(request);
    if (verdict == OriginVerdict::refused) {
      exchange->reply(403, "", "");
      return false;
    }
    if (verdict == OriginVerdict::allowed) {
      if (request.method == "OPTIONS") {
        preflight(exchange);
        return false;
      }
      exchange->add_header("Access-Control-Allow-Origin", request.header("origin"));
      exchange->add_header("Vary", "Origin");
    }
  }
  const std::string host = request.header("host");
  const bool loopback = options.address.starts_with("127.") || options.address == "::1";
  if (!options.check_host || !loopback)
    return true;
  if (!host_allowed(host)) {
    exchange->reply(403, "", "");
    return false;
  }
  if (request.method == "OPTIONS" && !host_is_address(host)) {
    exchange->reply(204, "", "");
    return false;
  }
  return true;
}

} // namespace

Server::Server(boost::asio::io_context& io, SimulatorOptions& options, Statistics& statistics)
    : io_(io), options_(options), statistics_(statistics), scheduler_(io, options, statistics) {
  for (const auto& model : options.models)
    store_.add(model);
}

void Server::script(std::string_view model, ScriptedAnswer answer) {
  const auto name = ModelName::parse(model);
  scripts_[name ? name->key() : std::string()].push_back(std::move(answer));
}

std::optional<ScriptedAnswer> Server::next_script(const ModelName& model) {
  for (const std::string& key : {model.key(), std::string()}) {
    const auto found = scripts_.find(key);
    if (found == scripts_.end() || found->second.empty())
      continue;
    ScriptedAnswer answer = std::move(found->second.front());
    found->second.pop_front();
    return answer;
  }
  return std::nullopt;
}

void Server::hold(std::uint64_t record, std::weak_ptr<Exchange> exchange) {
  std::erase_if(held_, [](const auto& entry) { return entry.second.expired(); });
  held_[record] = std::move(exchange);
}

std::shared_ptr<Exchange> Server::held(std::uint64_t record) const {
  const auto entry = held_.find(record);
  return entry == held_.end() ? nullptr : entry->second.lock();
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

bool Server::reads_body(const std::string& method, const std::string& target) const {
  return find_handler(method, target.substr(0, target.find('?')), old()) != nullptr;
}

void Server::handle(const std::shared_ptr<Exchange>& exchange) {
  note(exchange);
  if (exchange->answer_by_fault())
    return;
  if (exchange->stalls_first())
    exchange->stall_first([this, exchange] { route(exchange); });
  else
    route(exchange);
}

void Server::note(const std::shared_ptr<Exchange>& exchange) {
  const auto& request = exchange->request();
  const std::string path = request.path();
  const JsonRequest json(path.starts_with("/api/blobs/") ? "" : std::string_view(request.body), "",
                         {});
  std::string model = json.string("model");
  if (model.empty())
    model = json.string("name");

  RequestRecord record;
  record.connection = exchange->connection_id();
  record.method = request.method;
  record.target = request.target;
  record.headers = request.headers;
  record.body = request.body.substr(0, options_.max_recorded_body);
  record.model = model;
  record.received = std::chrono::steady_clock::now();
  auto fault = match_fault(path, model);
  if (fault)
    record.fault = fault->kind;
  exchange->set_record(statistics_.add(std::move(record)), std::move(model));
  statistics_.count([&](Counters& c) {
    ++c.requests;
    c.faults_fired += fault ? 1 : 0;
  });
  if (fault)
    exchange->set_fault(std::move(*fault));
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
  const auto& request = exchange->request();
  const std::string path = request.path();
  const auto handler = find_handler(request.method, path, old());
  if (handler == nullptr && path != "/") {
    const std::string clean = clean_path(path);
    const bool slashes = path.find("//") != std::string::npos;
    if (clean != path && (slashes ? !methods_of(clean, old()).empty()
                                  : find_handler(request.method, clean, old()) != nullptr)) {
      redirect(exchange, clean);
      return;
    }
  }
  if (!admit(options_, exchange))
    return;
  if (handler != nullptr) {
    handler(*this, exchange);
    return;
  }
  const std::string methods = methods_of(path, old());
  if (methods.empty() || old()) {
    exchange->reply(404, "text/plain", "404 page not found");
    return;
  }
  exchange->add_header("Allow", methods);
  exchange->reply(405, "text/plain", "405 method not allowed");
}

} // namespace nexus::llm::simulator
