// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Identifies a transfer of one transport; never reused.
using TransferId = std::uint64_t;

/// One HTTP exchange to make.
struct HttpRequest {
  enum class Method : std::uint8_t { get, post, delete_, head };
  Method method = Method::get;
  std::string url;
  std::string body;      ///< JSON text; empty for `get` and `head`
  std::string body_file; ///< sent instead of `body`, as raw bytes
  std::chrono::milliseconds connect_timeout{5000};
};

/// Whether a status is a success. Servers that are compatible with Ollama do not all use 200 only.
[[nodiscard]] constexpr bool is_success(int status) noexcept { return status / 100 == 2; }

/// How an exchange ended.
struct HttpOutcome {
  enum class Failure : std::uint8_t {
    none,            ///< a complete response was read; see `status`
    refused,         ///< no process listens on the port
    host_not_found,  ///< the host name cannot be resolved
    not_local,       ///< the address is on another machine; no socket was opened
    connect_timeout, ///< no connection within the limit
    cut,             ///< the connection broke before the response was complete
    stopped,         ///< the handler stopped the transfer
    protocol,        ///< the response is not acceptable HTTP
    tls_not_trusted, ///< the certificate is not trusted, or issued for another name; see `reason`
    tls_not_spoken,  ///< the server does not speak TLS, though the URL says so
    tls_required,    ///< the server speaks TLS, though the URL does not say so
    tls_failed,      ///< TLS failed in another way; see `reason`
    file_unreadable, ///< the file to send could not be read
    no_descriptors,  ///< this process has no file descriptor left
    no_memory,       ///< this process has no memory left
  };
  Failure failure = Failure::none;
  int status = 0;            ///< HTTP status; 0 if none was read
  bool answer_began = false; ///< at least one byte of the body was read
  std::optional<std::chrono::seconds> retry_after;
  std::string location; ///< the target of a redirect
  std::string reason;   ///< of a TLS failure, for users
  std::string detail;   ///< technical, for the log
};

/// Receives the events of one exchange. Called only on the thread of the transport, never
/// concurrently. An exception ends the exchange.
class TransferHandler {
public:
  virtual ~TransferHandler() = default;

  /// Takes bytes of the body as they arrive. Returns false to stop the transfer.
  [[nodiscard]] virtual bool on_bytes(int status, std::string_view bytes) = 0;
  /// One round of reading is over; all its bytes were passed to `on_bytes`.
  virtual void on_read_done() = 0;
  /// A part of the file of the request has been sent.
  virtual void on_file_sent() {}
  /// The exchange has ended; no call follows. Not called for a cancelled transfer. If it throws
  /// `std::bad_alloc`, it is called again after a while, with `no_memory`.
  virtual void on_finished(HttpOutcome outcome) = 0;
};

/// Performs HTTP exchanges. Thread-safe; all members return at once. Destroying the transport
/// aborts the exchanges in progress, without further calls to handlers.
class Transport {
public:
  virtual ~Transport() = default;

  /// Starts an exchange. Throws `std::bad_alloc` if there is no memory; nothing has begun then.
  virtual void start(TransferId id, HttpRequest request,
                     std::unique_ptr<TransferHandler> handler) = 0;
  /// Aborts an exchange and closes its connection. Ignores unknown ids.
  virtual void cancel(TransferId id) = 0;
};

} // namespace nexus::llm
