// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/model_store.hpp"

#include <memory>
#include <string>

namespace nexus::llm::simulator {

class Exchange;
class Server;

using ExchangePtr = std::shared_ptr<Exchange>;

// One function per endpoint; each answers the exchange, now or later.

void handle_generate(Server& server, const ExchangePtr& exchange);
void handle_chat(Server& server, const ExchangePtr& exchange);
void handle_embed(Server& server, const ExchangePtr& exchange);
void handle_embeddings(Server& server, const ExchangePtr& exchange);

void handle_tags(Server& server, const ExchangePtr& exchange);
void handle_ps(Server& server, const ExchangePtr& exchange);
void handle_show(Server& server, const ExchangePtr& exchange);
void handle_copy(Server& server, const ExchangePtr& exchange);
void handle_delete(Server& server, const ExchangePtr& exchange);

void handle_pull(Server& server, const ExchangePtr& exchange);
void handle_push(Server& server, const ExchangePtr& exchange);
void handle_create(Server& server, const ExchangePtr& exchange);
void handle_blob_head(Server& server, const ExchangePtr& exchange);
void handle_blob_post(Server& server, const ExchangePtr& exchange);

enum class Endpoint { generate, chat, embed, embeddings, show };

/// Finds the model of a request; answers with the endpoint's error and returns nullptr when that
/// fails.
[[nodiscard]] ModelStore::Entry resolve_model(Server& server, Exchange& exchange,
                                              const std::string& typed, Endpoint endpoint);

} // namespace nexus::llm::simulator
