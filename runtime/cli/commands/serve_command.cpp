// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/serve_command.hpp"

#include <poll.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"
#include "messages/portability_network.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/log.hpp"
#include "nexus_llm/node/certificates.hpp"
#include "nexus_llm/setup.hpp"
#include "runtime/cli/commands/service_manager.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/json_output.hpp"
#include "runtime/cli/lack_of_memory.hpp"
#include "runtime/cli/local_nodes.hpp"
#include "runtime/cli/log/file_sink.hpp"
#include "runtime/cli/log/log_sink.hpp"
#include "runtime/cli/node_options.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/process_limits.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t log_file_bytes = 10u << 20;
constexpr std::size_t log_files = 5;
constexpr int drain_poll_milliseconds = 50;

/// Creates the logger of a daemon: logs every event to a rotating file, or to stderr.
Result<std::shared_ptr<spdlog::logger>> daemon_logger(Output& output, const std::string& file) {
  if (file.empty())
    return make_logger(output);
  LogFile lines{file, log_file_bytes, log_files};
  if (const auto error = lines.open())
    return failure(ErrorCode::invalid_argument,
                   "the log file " + file + " cannot be written (" + error.message() + ")");
  auto logger = std::make_shared<spdlog::logger>(
      "nexus-llm", std::make_shared<FileSink>(std::move(lines), file, output));
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  return logger;
}

/// Sets the logger of the process; disables logging at the end of its lifetime.
struct LogScope {
  explicit LogScope(std::shared_ptr<spdlog::logger> logger) { set_logger(std::move(logger)); }
  ~LogScope() { set_logger(nullptr); }
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;
};

/// Waits until all roles are idle, up to a limit.
void drain(LLMIntegration& api, double seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>{seconds};
  auto busy = [&api] {
    std::uint32_t requests = 0;
    for (const auto role : all_roles())
      if (const auto stats = api.stats(role))
        requests += stats->queued + stats->in_flight;
    return requests;
  };
  while (const auto requests = busy()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      log(LogLevel::warning, std::to_string(requests) + " requests are cancelled");
      return;
    }
    ::poll(nullptr, 0, drain_poll_milliseconds);
  }
}

/// Reloads the settings from the file.
void reload(LLMIntegration& api) {
  notify_service_manager("RELOADING=1");
  const auto config = api.reload_config();
  if (config)
    log(LogLevel::info, "the settings were read anew");
  else
    log(LogLevel::error, "the settings stay as they were: " + log_line(config.error()));
  notify_service_manager("READY=1");
}

/// Warns about certificates that expire soon.
void warn_of_end(const TlsFiles& files) {
  const auto end = valid_until(files.certificate);
  const auto left = end ? *end - std::chrono::system_clock::now() : renewal_time;
  if (left < renewal_time)
    log(LogLevel::warning, files.certificate.string() + " ends in " +
                               std::to_string(std::chrono::ceil<std::chrono::days>(left).count()) +
                               " days");
}

/// Makes the node known to other programs of this machine. A node that cannot do so is as good
/// otherwise.
std::optional<NodeAnnouncement> announce(const Endpoint& endpoint) {
  const auto directory = own_node_directory(process_environment());
  auto announcement =
      directory ? NodeAnnouncement::make(*directory, endpoint)
                : Result<NodeAnnouncement>{failure(ErrorCode::internal_error, "",
                                                   "neither HOME nor XDG_STATE_HOME is set")};
  if (announcement)
    return std::move(*announcement);
  log(LogLevel::warning,
      "others must name this node with --connect to use it: " + announcement.error().detail);
  return std::nullopt;
}

/// Serves until an interrupt, or until the owner is gone. Returns false if the system has
/// terminated by itself.
bool serve_until_told(LLMIntegration& api, const Interrupts& interrupts,
                      const EventDescriptor& hangups, const EventDescriptor& end,
                      const OwnerWatch& owner) {
  const auto owners = owner.entries();
  std::array<pollfd, 5> events{pollfd{interrupts.descriptor(), POLLIN, 0},
                               pollfd{hangups.descriptor(), POLLIN, 0},
                               pollfd{end.descriptor(), POLLIN, 0}, owners[0], owners[1]};
  while (!interrupts.interrupted()) {
    if (owner.gone()) {
      log(LogLevel::info, "whoever started this node is gone");
      return true;
    }
    if (::poll(events.data(), events.size(), owner.interval()) <= 0)
      continue;
    if ((events[2].revents & POLLIN) != 0)
      return false;
    if ((events[1].revents & POLLIN) != 0) {
      hangups.clear();
      reload(api);
    }
  }
  return true;
}

int serve(const CommonOptions& common, const ServeArguments& arguments,
          const Interrupts& interrupts, const EventDescriptor& hangups, Output& output) {
  const auto owner = OwnerWatch::start(arguments.owner);
  if (!owner)
    return output.fail(owner.error());
  if (const auto possible = check_limits(needs_of_actors()); !possible)
    return output.fail(possible.error());
  auto store = find_store(common.config_file, config_overrides(common));
  if (!store)
    return output.fail(store.error());
  const auto settings = (*store)->load();
  if (!settings)
    return output.fail(settings.error());
  const auto tls = tls_files(common, settings->nodes);
  if (!tls)
    return output.fail(tls.error());
  caf::actor_system_config config;
  setup(config);
  recommend(config);
  load_network(config, *tls, settings->limits.max_message_bytes);
  const auto started = start_caf(config);
  auto& system = *started;
  auto llm = LLMSystem::start(system, {.store = std::move(*store), .ignore_nodes = true});
  if (!llm)
    return output.fail(llm.error());
  // All that the node needs is there before it listens: its peers may take every other descriptor.
  const auto end = std::make_shared<EventDescriptor>();
  on_end_of((*llm)->root(), [end] { end->raise(); });
  auto node = Node::start(system, **llm, arguments.listen);
  if (!node)
    return output.fail(node.error());
  LLMIntegration api{system, **llm};
  auto announcement = announce((*node)->endpoint());
  const auto where = (*node)->endpoint().text();
  if (output.json()) {
    output.object(NodeAddress{where});
  } else {
    output.line(where);
  }
  // Clients could not learn the address.
  if (output.write_failed())
    return output.success();
  log(LogLevel::info, "listening on " + where);
  if (*tls)
    warn_of_end(**tls);
  notify_service_manager("READY=1");
  if (!serve_until_told(api, interrupts, hangups, *end, *owner))
    // The owner is expected to restart the program.
    return output.fail({.code = ErrorCode::restart_budget_exhausted, .subject = "RetrySupervisor"});
  notify_service_manager("STOPPING=1");
  log(LogLevel::info, "ending; requests under way have " +
                          std::to_string(static_cast<int>(arguments.drain_seconds)) + " s");
  node->reset();
  announcement.reset();
  (*llm)->drain();
  drain(api, arguments.drain_seconds);
  log(LogLevel::info, "ended");
  return output.success();
}

} // namespace

int run_serve(const CommonOptions& common, const ServeArguments& arguments) {
  // The signal thread must not use CAF, since the shutdown of CAF would wait for that thread.
  const EventDescriptor hangups;
  Interrupts interrupts{[&hangups] { hangups.raise(); }};
  const auto ending = interrupts.during([] {});
  Output output{common};
  auto logger = daemon_logger(output, arguments.log_file);
  if (!logger)
    return output.fail(logger.error());
  const LogScope scope{std::move(*logger)};
  return serve(common, arguments, interrupts, hangups, output);
}

} // namespace nexus::llm::cli
