// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/session.hpp"

#include <utility>

#include "config/host_lookup.hpp"
#include "config/model_name.hpp"
#include "nexus_llm/log.hpp"
#include "nexus_llm/setup.hpp"
#include "runtime/cli/lack_of_memory.hpp"
#include "runtime/cli/log/log_sink.hpp"
#include "runtime/cli/node_options.hpp"
#include "runtime/cli/process_limits.hpp"
#include "runtime/cli/state_directory.hpp"

namespace nexus::llm::cli {

namespace {

/// Blames a failure to reach nodes on the first host that no address is known for, if any.
LLMError with_lookup(LLMError error, const std::vector<Endpoint>& nodes) {
  if (error.code != ErrorCode::node_unreachable && error.code != ErrorCode::connect_insecure)
    return error;
  for (const auto& node : nodes)
    if (auto fault = host_fault(node.host); !fault.empty()) {
      error.code = ErrorCode::node_unreachable;
      error.subject = node.text();
      error.reason = std::move(fault);
      break;
    }
  return error;
}

std::optional<RequestLog> log_of(const LogSettings& settings) {
  const auto directory = state_directory(process_environment());
  if (!settings.enabled || !directory)
    return std::nullopt;
  return RequestLog{*directory, settings.max_bytes};
}

} // namespace

Session::Session(const std::optional<Network>& network, Interrupts& interrupts, Output& output)
    : interrupts_{interrupts} {
  // Errors are reported to users as sentences; only `--verbose` enables the log.
  set_logger(output.verbose() ? make_logger(output) : nullptr);
  setup(config_);
  recommend(config_);
  if (network)
    load_network(config_, network->tls, network->max_message_bytes);
  system_ = start_caf(config_);
  end_where_memory_runs_out();
}

Session::~Session() {
  end_on_interrupt_.reset();
  integration_.reset();
  handles_ = {};
  root_ = nullptr;
  remote_.reset();
  llm_.reset();
  system_.reset();
  set_logger(nullptr);
}

Result<std::unique_ptr<Session>> Session::start(const CommonOptions& common, Interrupts& interrupts,
                                                Output& output, LLMSystemOptions options,
                                                SystemSeams seams) {
  if (const auto possible = check_limits(needs_of_actors()); !possible)
    return failure(possible.error());
  NodeSettings nodes;
  Limits limits;
  LogSettings log;
  if (!options.store) {
    auto found = find_store(common.config_file, config_overrides(common));
    // With nodes on the command line, the local settings may be missing.
    if (!found && common.nodes.empty())
      return failure(std::move(found.error()));
    if (found) {
      options.store = std::move(*found);
      if (const auto config = options.store->load()) {
        nodes = config->nodes;
        limits = config->limits;
        log = config->log;
      }
    }
  }
  // A custom transport implies that this process handles the requests.
  auto endpoints = seams.make_transport ? std::vector<Endpoint>{} : node_endpoints(common, nodes);
  if (!endpoints.empty()) {
    const auto tls = tls_files(common, nodes);
    if (!tls)
      return failure(tls.error());
    const Network network{.tls = *tls, .max_message_bytes = limits.max_message_bytes};
    std::unique_ptr<Session> session{new Session{network, interrupts, output}};
    const auto nodes_named = endpoints;
    auto remote = RemoteLLM::connect(*session->system_, std::move(endpoints));
    if (!remote)
      return failure(with_lookup(std::move(remote.error()), nodes_named));
    session->remote_ = std::move(*remote);
    session->use(session->remote_->handles(), session->remote_->root());
    session->log_ = log_of(log);
    return session;
  }
  std::unique_ptr<Session> session{new Session{std::nullopt, interrupts, output}};
  options.ignore_nodes = options.ignore_nodes || common.base_url;
  auto llm = LLMSystem::start(*session->system_, std::move(options), std::move(seams));
  if (!llm)
    return failure(std::move(llm.error()));
  session->llm_ = std::move(*llm);
  session->use(session->llm_->handles(), session->llm_->root());
  session->log_ = log_of(log);
  return session;
}

void Session::use(LLMHandles handles, caf::strong_actor_ptr root) {
  handles_ = std::move(handles);
  integration_ = std::make_unique<LLMIntegration>(*system_, handles_);
  root_ = root;
  end_on_interrupt_ = std::make_unique<Interrupts::Scope>(interrupts_, [root = std::move(root)] {
    anon_exit(caf::actor_cast<caf::actor>(root), caf::exit_reason::user_shutdown);
  });
}

void Session::cancel(AIRole role, const RequestId& id) const {
  anon_tell(handles_.role(role), cancel_atom_v, id);
}

void Session::log(LogEntry entry, Output& output) {
  if (!log_)
    return;
  const auto error = log_->add(entry);
  if (!error || std::exchange(log_failed_, true))
    return;
  output.warning(error == std::errc::message_size
                     ? "The request is too large for the log; log.maxBytes bounds it."
                     : "The request is not in the log: " + log_->file().string() + ": " +
                           error.message() + ".");
}

int Session::fail(Output& output, const LLMError& error) const {
  if (interrupts_.interrupted())
    return output.fail({.code = ErrorCode::cancelled});
  const auto code = output.fail(error);
  if (error.code == ErrorCode::model_not_found)
    suggest_model(output, error.subject);
  return code;
}

void Session::suggest_model(Output& output, const std::string& wanted) const {
  const auto installed = integration_->list_available_models();
  if (!installed)
    return;
  std::vector<std::string> names;
  for (const auto& model : *installed)
    names.push_back(model.name);
  if (const auto meant = nearest_model(wanted, names); !meant.empty() && meant != wanted)
    output.message("The nearest that is installed is `" + meant + "`.");
}

} // namespace nexus::llm::cli
