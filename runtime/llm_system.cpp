// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/llm_system.hpp"

#include "actors/ollama_client/curl_transport.hpp"
#include "actors/supervision/retry_supervisor.hpp"
#include "config/base_url.hpp"
#include "config/config_file.hpp"
#include "nexus_llm/log.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/system_seams.hpp"

namespace nexus::llm {

namespace {
/// Guards against a hanging program: shutdown normally takes much less time.
constexpr std::chrono::seconds shutdown_deadline{10};
} // namespace

Result<std::unique_ptr<ConfigStore>>
find_store(const std::optional<std::filesystem::path>& config_file, ConfigOverrides flags,
           NamedFile named, Log log) {
  const auto environment = process_environment();
  std::error_code ignored;
  const auto location =
      find_config(config_file, environment, std::filesystem::current_path(ignored));
  const bool from_environment = location.reason == ConfigLocation::Reason::environment;
  if ((config_file || from_environment) && !location.exists && named == NamedFile::must_exist)
    return failure(ErrorCode::config_unreadable,
                   location.path.string() +
                       (from_environment
                            ? " (it does not exist, and NEXUS_OVERSEER_CONFIG names it)"
                            : " (it does not exist)"),
                   "it does not exist");
  if (flags.base_url) {
    auto url = parse_base_url(*flags.base_url);
    if (!url)
      return failure(std::move(url.error()));
    flags.base_url = url->text();
  } else if (const auto host = environment("OLLAMA_HOST")) {
    auto url = parse_ollama_host(*host);
    if (!url) {
      url.error().subject = "OLLAMA_HOST=" + url.error().subject;
      return failure(std::move(url.error()));
    }
    flags.base_url = url->text();
  }
  return make_file_store(location.path, std::move(flags),
                         [log](const std::string& sentence) { log(LogLevel::warning, sentence); });
}

Result<std::unique_ptr<LLMSystem>> LLMSystem::start(caf::actor_system& system,
                                                    LLMSystemOptions options) {
  return start(system, std::move(options), {});
}

Result<std::unique_ptr<LLMSystem>> LLMSystem::start(caf::actor_system& system,
                                                    LLMSystemOptions options, SystemSeams seams) {
  if (!knows_messages(system))
    return failure(ErrorCode::not_set_up, "");
  if (!options.store) {
    auto found = find_store(options.config_file, {}, NamedFile::must_exist, Log{options.logger});
    if (!found)
      return failure(std::move(found.error()));
    options.store = std::move(*found);
  }
  if (!options.watch_config)
    options.store = unwatched(std::move(options.store));
  std::shared_ptr<ConfigStore> store = std::move(options.store);
  auto config = store->load();
  if (!config)
    return failure(std::move(config.error()));
  if (!config->nodes.addresses.empty() && !options.ignore_nodes)
    return failure(ErrorCode::config_value_invalid,
                   "`llm.nodes` names nodes that are to do the work; connect to them with "
                   "`connect`, or set `LLMSystemOptions::ignore_nodes`");
  if (!seams.make_transport)
    seams.make_transport = make_curl_transport;
  if (!seams.factories)
    seams.factories = std::make_shared<ComponentFactories>();
  return std::unique_ptr<LLMSystem>{
      new LLMSystem{system,
                    {.config = std::move(*config),
                     .store = std::move(store),
                     .make_transport = std::move(seams.make_transport),
                     .factories = std::move(seams.factories),
                     .chance = std::move(seams.chance),
                     .log = Log{std::move(options.logger)}}}};
}

LLMSystem::LLMSystem(caf::actor_system& system, SupervisorParts parts)
    : system_{system}, parts_{std::make_unique<SupervisorParts>(std::move(parts))},
      fronts_{
          std::make_unique<const Handles>(spawn_handles(system, parts_->config, parts_->chance))} {
  for (const auto role : all_roles())
    handles_.roles[role] = fronts_->roles[role];
  handles_.models = fronts_->models;
  handles_.config = fronts_->config;
  handles_.health = fronts_->health;
  begin();
}

void LLMSystem::begin() {
  root_ = caf::actor_cast<caf::strong_actor_ptr>(spawn_supervisor(system_, *parts_, *fronts_));
  ended_ = std::make_shared<std::atomic<bool>>(false);
  at_end(root_, [ended = ended_] { *ended = true; });
}

Result<void> LLMSystem::restart() {
  if (!*ended_)
    return {};
  auto config = parts_->store->load();
  if (!config)
    return failure(std::move(config.error()));
  parts_->config = std::move(*config);
  begin();
  return {};
}

void LLMSystem::drain() { anon_tell(caf::actor_cast<supervisor_actor>(root_), finish_atom_v); }

LLMSystem::~LLMSystem() {
  wait_for_end(system_, root_, shutdown_deadline);
  end_handles(*fronts_);
}

} // namespace nexus::llm
