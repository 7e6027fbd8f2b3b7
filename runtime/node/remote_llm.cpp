// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/node/remote_llm.hpp"

#include "config/node_address.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/node/network_dial.hpp"
#include "runtime/node/refusal_log.hpp"

namespace nexus::llm {

namespace {
constexpr std::chrono::seconds first_word_limit{12};
constexpr std::chrono::seconds gateway_deadline{5};
} // namespace

Result<std::unique_ptr<RemoteLLM>> RemoteLLM::connect(caf::actor_system& system,
                                                      std::vector<Endpoint> nodes,
                                                      std::chrono::milliseconds patience) {
  if (!knows_messages(system))
    return failure(ErrorCode::not_set_up, "");
  if (nodes.empty())
    return failure(ErrorCode::invalid_argument, "no node is named");
  // Prompts must not leave this machine unencrypted.
  for (const auto& node : nodes)
    if (!is_loopback(node.host) && !uses_tls(system))
      return failure(ErrorCode::connect_insecure, node.text());
  log_refusals();
  auto gateway = spawn_gateway(
      system, {.nodes = std::move(nodes), .patience = patience, .dial = network_dial()});
  const auto root = caf::actor_cast<caf::strong_actor_ptr>(gateway.root);
  LLMHandles handles{
      .models = gateway.fronts.models, .config = gateway.fronts.config, .health = gateway.root};
  for (const auto role : all_roles())
    handles.roles[role] = gateway.fronts.roles[role];
  std::unique_ptr<RemoteLLM> remote{new RemoteLLM{system, std::move(handles), root}};
  std::optional<LLMError> failed;
  caf::scoped_actor self{system};
  ask(self, gateway.root, first_word_limit, hello_atom_v)
      .receive([](Ack) {}, [&failed](const caf::error& error) { failed = to_llm_error(error); });
  if (failed)
    return failure(std::move(*failed));
  return remote;
}

RemoteLLM::~RemoteLLM() { wait_for_end(system_, root_, gateway_deadline); }

} // namespace nexus::llm
