// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/connection.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "nexus_llm/portability_actors.hpp"
#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/line_framer.hpp"
#include "runtime/sidecar/rpc_session.hpp"

namespace nexus::llm::sidecar {

namespace {

/// How long cancelled requests may take to be answered, and the answers to be read.
constexpr std::chrono::milliseconds goodbye_limit{500};

/// Guards against a fault only: a session takes a line as soon as its client reads.
constexpr std::chrono::hours line_limit{24 * 365};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

} // namespace

Connection::Connection(caf::actor_system& system, FileDescriptor input, FileDescriptor output,
                       Parts parts)
    : system_{system}, input_{std::move(input)}, output_{std::move(output)},
      parts_{std::move(parts)}, writer_{std::make_shared<LineWriter>(output_.get(),
                                                                     [this] { stop_.raise(); })},
      session_{spawn_rpc_session(
          system_, {.handles = parts_.handles, .writer = writer_, .version = parts_.version})},
      thread_{[this] { serve(); }} {
  at_end(caf::actor_cast<caf::strong_actor_ptr>(session_),
         [event = session_ended_] { event->raise(); });
}

Connection::~Connection() {
  stop();
  thread_.join();
  writer_->close();
}

void Connection::stop() {
  stop_.raise();
  // The thread may wait until a slow client reads. This frees it.
  anon_tell(session_, finish_atom_v);
}

void Connection::serve() {
  read_lines();
  anon_tell(session_, finish_atom_v);
  pollfd entry{session_ended_->descriptor(), POLLIN, 0};
  static_cast<void>(::poll(&entry, 1, static_cast<int>(goodbye_limit.count())) + 0);
  // Its remaining calls fail.
  wait_for_end(system_, caf::actor_cast<caf::strong_actor_ptr>(session_), goodbye_limit);
  writer_->flush(goodbye_limit);
  ended_ = true;
  parts_.on_ended();
}

void Connection::read_lines() {
  LineFramer framer{longest_line};
  std::array<char, 65536> piece{};
  std::array<pollfd, 3> entries{pollfd{input_.get(), POLLIN, 0},
                                pollfd{stop_.descriptor(), POLLIN, 0},
                                pollfd{session_ended_->descriptor(), POLLIN, 0}};
  auto take = [this](LineFramer::Line& line) {
    if (!line.too_long)
      return is_blank(line.text) || pass_on(line.text);
    writer_->push(error_line(
        "null", report(RpcCode::invalid_request,
                       "The line is longer than " + std::to_string(longest_line) + " bytes.")));
    return true;
  };
  for (;;) {
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      return;
    }
    if (entries[1].revents != 0 || entries[2].revents != 0)
      return;
    const auto count = ::read(input_.get(), piece.data(), piece.size());
    if (count == 0) {
      if (auto line = framer.last())
        static_cast<void>(take(*line));
      return;
    }
    if (count < 0) {
      if (errno == EINTR || errno == EAGAIN)
        continue;
      return;
    }
    framer.append({piece.data(), static_cast<std::size_t>(count)});
    while (auto line = framer.next())
      if (!take(*line))
        return;
  }
}

bool Connection::pass_on(const std::string& line) {
  bool taken = false;
  caf::scoped_actor self{system_};
  ask(self, session_, line_limit, line)
      .receive([&taken] { taken = true; }, [](const caf::error&) {});
  return taken;
}

} // namespace nexus::llm::sidecar
