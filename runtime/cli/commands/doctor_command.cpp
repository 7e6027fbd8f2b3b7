// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/doctor_command.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "actors/model_manager/remote_model.hpp"
#include "config/config_file.hpp"
#include "nexus_llm/node/certificates.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/node_options.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/node/node_figures.hpp"

namespace nexus::llm::cli {

namespace {

/// Reports each check immediately, and collects the results.
class Findings {
public:
  explicit Findings(Output& output) : output_{output} {}

  void fine(const std::string& name, const std::string& what) {
    report_.checks.push_back({name, true, what});
    show("ok", Style::good, name + ": " + what);
  }

  void failed(const std::string& name, const LLMError& error) {
    if (code_ == 0)
      code_ = exit_code(category(error.code));
    report_.checks.push_back({name, false, sentence(error), error_object(error)});
    show("FAIL", Style::bad, name + ": " + sentence(error));
    if (output_.verbose() && !error.detail.empty())
      output_.message("detail: " + error.detail);
  }

  /// Completes the report and returns the exit code.
  int finish(const std::optional<Health>& health) {
    if (output_.json()) {
      report_.ok = code_ == 0;
      report_.exit_code = code_;
      report_.health = health;
      output_.object(report_);
    }
    const auto written = output_.success();
    return code_ != 0 ? code_ : written;
  }

private:
  void show(const std::string& mark, Style style, const std::string& text) {
    if (output_.json())
      return;
    output_.answer_styled(mark, style);
    output_.line(std::string(6 - mark.size(), ' ') + text);
  }

  Output& output_;
  DoctorReport report_;
  int code_ = 0;
};

std::string where(const CommonOptions& common) {
  const auto location = config_location(common);
  if (location.path.empty())
    return "no file, since HOME is not set; defaults are in force";
  return location.path.string() + (location.exists ? "" : " (not there; defaults are in force)");
}

void check_model(Findings& findings, LLMIntegration& llm, const LLMClientConfig& config,
                 const std::vector<ModelStatus>& installed, const std::string& name,
                 const std::string& model) {
  const auto available = llm.check_model_available(model);
  if (!available)
    findings.failed(name, available.error());
  else if (const auto refused = remote_refusal(model, installed, config))
    findings.failed(name, *refused);
  else if (!*available)
    findings.failed(name, {.code = ErrorCode::model_not_found, .subject = model, .model = model});
  else
    findings.fine(name, model + " is installed");
}

/// Checks Ollama and the models of the roles. `where` is a prefix for the names of the checks.
void check_system(Findings& findings, LLMIntegration& llm, const LLMClientConfig& config,
                  const std::string& where) {
  const auto version = llm.version();
  if (!version)
    return findings.failed(where + "Ollama", version.error());
  findings.fine(where + "Ollama", "version " + *version + " at " + config.base_url);
  // Read the installed models from Ollama, since the cached list may be outdated.
  const auto installed = llm.list_available_models().value_or(std::vector<ModelStatus>{});
  for (const auto role : all_roles()) {
    const auto name = where + std::string{to_string(role)};
    check_model(findings, llm, config, installed, name + " model", config.model(role));
    for (const auto& model : config.settings(role).fallback_models)
      check_model(findings, llm, config, installed, name + " fallback model", model);
  }
}

/// Checks the certificates, if any. Returns false if they are unusable.
bool check_tls(Findings& findings, const CommonOptions& common, const NodeSettings& nodes) {
  const auto files = tls_files(common, nodes);
  if (!files) {
    findings.failed("certificates", files.error());
    return false;
  }
  if (!*files)
    return true;
  const auto end = valid_until((*files)->certificate);
  if (!end) {
    findings.failed("certificates", end.error());
    return false;
  }
  const auto days = std::chrono::ceil<std::chrono::days>(*end - std::chrono::system_clock::now());
  findings.fine("certificates", (*files)->certificate.string() + " is valid for " +
                                    std::to_string(days.count()) + " days" +
                                    (days < renewal_time ? "; make a new one soon" : ""));
  return true;
}

/// Checks a node, its Ollama and its models.
std::optional<Health> check_node(Findings& findings, CommonOptions common, const Endpoint& node,
                                 Interrupts& interrupts, Output& output) {
  using Clock = std::chrono::steady_clock;
  common.nodes = {node};
  const auto name = "node " + node.text();
  const auto begun = Clock::now();
  const auto session = Session::start(common, interrupts, output);
  if (!session) {
    findings.failed(name, session.error());
    return std::nullopt;
  }
  auto& llm = (*session)->llm();
  const auto config = llm.load_config();
  if (!config) {
    findings.failed(name, config.error());
    return std::nullopt;
  }
  const auto taken = std::chrono::round<std::chrono::milliseconds>(Clock::now() - begun);
  findings.fine(name, "answers, in " + std::to_string(taken.count()) + " ms");
  check_system(findings, llm, *config, node.text() + " ");
  const auto health = llm.health();
  return health ? std::optional{*health} : std::nullopt;
}

} // namespace

int run_doctor(const CommonOptions& common) {
  Interrupts interrupts;
  Output output{common};
  Findings findings{output};
  auto config = load_settings(common);
  // If the command line names nodes, the local settings are irrelevant.
  if (common.nodes.empty()) {
    if (!config) {
      findings.failed("configuration", config.error());
      return findings.finish(std::nullopt);
    }
    findings.fine("configuration", where(common));
  }
  const auto nodes = config ? config->nodes : NodeSettings{};
  if (const auto endpoints = node_endpoints(common, nodes); !endpoints.empty()) {
    OfNodes<Health> healths;
    if (!check_tls(findings, common, nodes))
      return findings.finish(std::nullopt);
    for (const auto& endpoint : endpoints) {
      auto health = check_node(findings, common, endpoint, interrupts, output);
      if (interrupts.interrupted())
        return output.fail({.code = ErrorCode::cancelled});
      if (health)
        healths.emplace_back(endpoint.text(), std::move(*health));
    }
    return findings.finish(healths.empty() ? std::nullopt : std::optional{sum_of(healths)});
  }

  // Report the first failure without retries.
  config->max_retries = 0;
  auto session =
      Session::start(common, interrupts, output,
                     LLMSystemOptions{.store = make_memory_store(*config), .ignore_nodes = true});
  if (!session) {
    findings.failed("start", session.error());
    return findings.finish(std::nullopt);
  }
  auto& llm = (*session)->llm();
  check_system(findings, llm, *config, "");
  if (interrupts.interrupted())
    return (*session)->fail(output, {.code = ErrorCode::cancelled});
  const auto health = llm.health();
  return findings.finish(health ? std::optional{*health} : std::nullopt);
}

} // namespace nexus::llm::cli
