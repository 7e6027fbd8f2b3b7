// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/sidecar_command.hpp"

#include <poll.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "config/event_descriptor.hpp"
#include "nexus_llm/log.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/cli/log/log_sink.hpp"
#include "runtime/cli/process_limits.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/stream_io.hpp"
#include "runtime/sidecar/connection.hpp"
#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"
#include "runtime/sidecar/protocol_schema.hpp"
#include "runtime/sidecar/unix_listener.hpp"

namespace nexus::llm::cli {

using sidecar::Connection;

namespace {

constexpr std::size_t most_clients = 32;
/// How often a client that waits for a free descriptor is looked after.
constexpr int retry_milliseconds = 1000;

/// What stays free for those who serve the clients.
constexpr ProcessNeeds needs_beside_clients{.threads = 2, .descriptors = 16};

std::string fatal_line(const LLMError& error) {
  json::Document document;
  return sidecar::notification_line(
      sidecar::FatalNote::method,
      json::to_value(sidecar::FatalNote{.error = sidecar::report(error, true)},
                     document.GetAllocator()));
}

/// Serves clients on the standard streams or on a socket.
class Sidecar {
public:
  Sidecar(Session& session, const Interrupts& interrupts, const OwnerWatch& owner,
          std::unique_ptr<sidecar::UnixListener> listener)
      : session_{session}, interrupts_{interrupts}, owner_{owner}, listener_{std::move(listener)} {
    at_end(session_.root(), [given_up = given_up_] { given_up->raise(); });
  }

  /// All clients have the same time for their goodbye.
  ~Sidecar() {
    for (const auto& client : clients_)
      client->stop();
  }
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  /// Returns why the system cannot go on, or `nullopt` if it was told to end.
  std::optional<LLMError> run() {
    if (!listener_)
      add(FileDescriptor{::dup(STDIN_FILENO)}, FileDescriptor{::dup(STDOUT_FILENO)});
    for (;;) {
      const auto owners = owner_.entries();
      std::array<pollfd, 6> entries{pollfd{interrupts_.descriptor(), POLLIN, 0},
                                    pollfd{given_up_->descriptor(), POLLIN, 0},
                                    pollfd{ended_.descriptor(), POLLIN, 0},
                                    pollfd{accepting_ ? listener_->descriptor() : -1, POLLIN, 0},
                                    owners[0],
                                    owners[1]};
      const bool waits_for_room = listener_ && !accepting_;
      const int count = ::poll(entries.data(), entries.size(),
                               waits_for_room ? retry_milliseconds : owner_.interval());
      if (count < 0 && errno != EINTR)
        return LLMError{.code = ErrorCode::internal_error, .detail = last_error().message()};
      if (interrupts_.interrupted() || owner_.gone())
        return std::nullopt;
      if (entries[1].revents != 0)
        return LLMError{.code = ErrorCode::restart_budget_exhausted, .subject = "RetrySupervisor"};
      ended_.clear();
      if (!listener_ && clients_.front()->ended()) {
        write_error_ = clients_.front()->write_error();
        return std::nullopt;
      }
      clients_.remove_if([](const auto& client) { return client->ended(); });
      if (waits_for_room || entries[3].revents != 0)
        accepting_ = accept();
    }
  }

  /// Returns `errno` of the write to stdout that ended the sidecar; 0 if none did.
  [[nodiscard]] int write_error() const { return write_error_; }

  /// Writes a line to every client.
  void notify(const std::string& line) {
    for (const auto& client : clients_)
      client->notify(line);
  }

private:
  void add(FileDescriptor input, FileDescriptor output) {
    clients_.push_back(
        std::make_unique<Connection>(session_.system(), std::move(input), std::move(output),
                                     Connection::Parts{.handles = session_.handles(),
                                                       .version = NEXUS_LLM_VERSION,
                                                       .on_ended = [this] { ended_.raise(); }}));
  }

  /// Returns false if the process has no descriptor or thread for another client. The client waits
  /// then, or is turned away.
  bool accept() {
    // The clients must leave enough to those who serve them.
    if (const auto room = check_limits(needs_beside_clients); !room) {
      note_full(room.error().subject);
      return false;
    }
    try {
      auto client = listener_->accept();
      if (!client.valid())
        return errno != EMFILE && errno != ENFILE;
      FileDescriptor output{::dup(client.get())};
      if (!output.valid())
        return false;
      if (clients_.size() < most_clients) {
        add(std::move(client), std::move(output));
      } else {
        const auto line =
            fatal_line({.code = ErrorCode::too_many_requests, .subject = "the sidecar"});
        static_cast<void>(write_all(client.get(), line));
      }
      return true;
    } catch (const std::system_error& error) {
      note_full(error.what());
      return false;
    }
  }

  /// Once for each time that clients must wait.
  void note_full(const std::string& reason) const {
    if (accepting_)
      log(LogLevel::warning, "a client could not be served: " + reason);
  }

  Session& session_;
  const Interrupts& interrupts_;
  const OwnerWatch& owner_;
  std::unique_ptr<sidecar::UnixListener> listener_;
  bool accepting_ = listener_ != nullptr;
  int write_error_ = 0;
  EventDescriptor ended_; ///< a client has left
  const std::shared_ptr<EventDescriptor> given_up_ = std::make_shared<EventDescriptor>();
  std::list<std::unique_ptr<Connection>> clients_; ///< destroyed first
};

} // namespace

int run_sidecar(const CommonOptions& common, const SidecarArguments& arguments) {
  Output output{common};
  if (arguments.schema) {
    output.line(sidecar::protocol_schema());
    return output.success();
  }
  // stdout belongs to the protocol.
  auto quiet = common;
  quiet.json = false;
  Output log_output{quiet};
  const bool on_socket = !arguments.socket.empty();
  auto fail = [&](const LLMError& error) {
    if (!on_socket)
      static_cast<void>(write_all(STDOUT_FILENO, fatal_line(error)));
    return log_output.fail(error);
  };
  Interrupts interrupts;
  auto owner_options = arguments.owner;
  // Over stdin and stdout, the connection ends with its input, which it reads to the end.
  if (!on_socket && owner_options.with_stdin.has_value())
    return fail({.code = ErrorCode::invalid_argument,
                 .subject =
                     "without --listen-unix, the sidecar always ends with stdin, and takes no "
                     "option about that"});
  if (!on_socket)
    owner_options = {.with_parent = true, .with_stdin = false};
  const auto owner = OwnerWatch::start(owner_options);
  if (!owner)
    return fail(owner.error());
  std::unique_ptr<sidecar::UnixListener> listener;
  if (on_socket) {
    auto opened = sidecar::UnixListener::open(arguments.socket);
    if (!opened)
      return fail(opened.error());
    listener = std::move(*opened);
  }
  auto session = Session::start(quiet, interrupts, log_output);
  if (!session)
    return fail(session.error());
  auto logger = make_logger(log_output);
  if (!common.verbose)
    logger->set_level(spdlog::level::warn);
  set_logger(std::move(logger));
  if (on_socket && !output.line(arguments.socket))
    return output.success();
  Sidecar serving{**session, interrupts, *owner, std::move(listener)};
  if (const auto failed = serving.run()) {
    serving.notify(fatal_line(*failed));
    return log_output.fail(*failed);
  }
  log_output.note_write_error(serving.write_error());
  return log_output.success();
}

} // namespace nexus::llm::cli
