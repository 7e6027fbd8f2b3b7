// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

namespace nexus::llm::simulator {

class Exchange;
class Server;

using ExchangePtr = std::shared_ptr<Exchange>;

// One function per endpoint, for the server thread. Each responds to the exchange, now or later.

void handle_generate(Server& server, const ExchangePtr& exchange);
void handle_chat(Server& server, const ExchangePtr& exchange);
void handle_embed(Server& server, const ExchangePtr& exchange);

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

} // namespace nexus::llm::simulator
