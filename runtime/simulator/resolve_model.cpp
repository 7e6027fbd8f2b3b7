// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/handlers.hpp"
#include "runtime/simulator/model_name.hpp"
#include "runtime/simulator/server.hpp"

#include <string_view>

namespace nexus::llm::simulator {
namespace {

bool names_its_endpoint(Endpoint endpoint) {
  return endpoint == Endpoint::generate || endpoint == Endpoint::chat || endpoint == Endpoint::show;
}

/// Takes the source suffix off. Returns false when the exchange was answered.
bool cut_source(Exchange& exchange, std::string_view& name, Endpoint endpoint) {
  const auto ends = [&name](std::string_view suffix) { return to_lower(name).ends_with(suffix); };
  if (names_its_endpoint(endpoint) && (ends(":cloud:local") || ends(":local:cloud"))) {
    exchange.reply_error(400,
                         "use either :local or :cloud, not both: \"" + std::string(name) + "\"");
    return false;
  }
  if (ends(":local")) {
    name.remove_suffix(std::string_view(":local").size());
    return true;
  }
  const bool cloud_tag = name.find(':') != std::string_view::npos && ends("-cloud");
  if ((ends(":cloud") || cloud_tag) && endpoint != Endpoint::embeddings) {
    exchange.reply_error(403, endpoint == Endpoint::show
                                  ? "ollama cloud is disabled: remote model details are unavailable"
                                  : "ollama cloud is disabled: remote model is unavailable");
    return false;
  }
  return true;
}

void reply_missing(Server& server, Exchange& exchange, const std::string& typed,
                   const ModelName& name, Endpoint endpoint) {
  const bool embeds = endpoint == Endpoint::embed || endpoint == Endpoint::embeddings;
  if (embeds || (server.old() && endpoint == Endpoint::chat)) {
    exchange.reply_error(404, "model \"" + typed + "\" not found, try pulling it first");
    return;
  }
  const bool normalised = endpoint == Endpoint::show && !server.old();
  exchange.reply_error(404, "model '" + (normalised ? name.display() : typed) + "' not found");
}

} // namespace

ModelStore::Entry resolve_model(Server& server, Exchange& exchange, const std::string& typed,
                                Endpoint endpoint) {
  if (typed.empty()) {
    const bool missing = endpoint == Endpoint::generate || endpoint == Endpoint::embed;
    exchange.reply_error(missing ? 404 : 400, missing ? "model '' not found" : "model is required");
    return nullptr;
  }
  std::string_view text = typed;
  if (!server.old()) {
    text = trim(typed);
    if (!cut_source(exchange, text, endpoint))
      return nullptr;
  }
  const auto name = ModelName::parse(text);
  if (!name) {
    if (server.old() && endpoint == Endpoint::generate)
      exchange.reply_error(404, "model '" + typed + "' not found");
    else
      exchange.reply_error(400, server.old() && endpoint == Endpoint::chat ? "model is required"
                                                                           : "invalid model name");
    return nullptr;
  }
  auto entry = server.store().find(*name);
  // The old embeddings endpoint looks the name up without folding its case.
  if (entry && endpoint == Endpoint::embeddings && entry->name.full() != name->full())
    entry = nullptr;
  if (!entry)
    reply_missing(server, exchange, typed, *name, endpoint);
  return entry;
}

} // namespace nexus::llm::simulator
