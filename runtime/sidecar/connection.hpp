// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"
#include "nexus_llm/llm_handles.hpp"
#include "runtime/sidecar/line_writer.hpp"
#include "runtime/sidecar/sidecar_interfaces.hpp"

namespace nexus::llm::sidecar {

/// The longest line that a client may send, in bytes.
inline constexpr std::size_t longest_line = 64u << 20;

/// One client: reads its lines on a thread of its own and passes them to an RpcSession, one at a
/// time, so that a client is read no faster than it is served. When its input ends, its requests
/// are cancelled. Thread-safe.
class Connection {
public:
  struct Parts {
    LLMHandles handles;
    std::string version;            ///< of this program
    std::function<void()> on_ended; ///< called on another thread; must not block
  };

  /// Serves the client at two descriptors, which may be one.
  Connection(caf::actor_system& system, FileDescriptor input, FileDescriptor output, Parts parts);
  /// Cancels what is under way and waits until the client has its answers, about a second at most.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Writes a line that answers nothing.
  void notify(std::string line) { writer_->push(std::move(line)); }
  /// Stops reading and cancels what is under way, without waiting for that.
  void stop();
  /// Whether the input has ended and everything was answered.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Returns `errno` of the write to the client that failed; 0 if none has.
  [[nodiscard]] int write_error() const noexcept { return writer_->error(); }

private:
  void serve();
  void read_lines();
  [[nodiscard]] bool pass_on(const std::string& line);

  caf::actor_system& system_;
  const FileDescriptor input_;
  const FileDescriptor output_;
  Parts parts_;
  EventDescriptor stop_;
  const std::shared_ptr<EventDescriptor> session_ended_ = std::make_shared<EventDescriptor>();
  std::atomic<bool> ended_ = false;
  std::shared_ptr<LineWriter> writer_;
  rpc_session session_;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace nexus::llm::sidecar
