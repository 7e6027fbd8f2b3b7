#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Names a transfer of one transport; never used twice.
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

/// Whether a server did what was asked. Servers that stand for Ollama do not all say 200 alone.
[[nodiscard]] constexpr bool is_success(int status) noexcept { return status / 100 == 2; }

/// How an exchange ended.
struct HttpOutcome {
  enum class Failure : std::uint8_t {
    none,            ///< a whole answer was read; `status` tells what it says
    refused,         ///< nobody listens there
    host_not_found,  ///< the name means nothing
    not_local,       ///< the name leads to another machine; no socket was opened
    connect_timeout, ///< no connection within the limit
    cut,             ///< the connection broke before the answer was complete
    stopped,         ///< the handler wanted no more
    protocol,        ///< what came is not acceptable HTTP
    tls_not_trusted, ///< the certificate is not trusted, or for another name; `reason` tells
    tls_not_spoken,  ///< the server does not speak TLS, though the URL says so
    tls_required,    ///< the server speaks TLS, though the URL does not say so
    tls_failed,      ///< TLS failed in another way; `reason` tells
    file_unreadable, ///< the file to send could not be read
    no_descriptors,  ///< this process has no file descriptor left
  };
  Failure failure = Failure::none;
  int status = 0;            ///< HTTP status; 0 before one was read
  bool answer_began = false; ///< at least one byte of the body was read
  std::optional<std::chrono::seconds> retry_after;
  std::string location; ///< where a redirect leads
  std::string reason;   ///< of a TLS failure, for a person
  std::string detail;   ///< technical, for the log
};

/// Takes in one exchange. Called on the thread of the transport only, never at the same time.
class TransferHandler {
public:
  virtual ~TransferHandler() = default;

  /// Bytes of the body, as they come. False stops the transfer.
  [[nodiscard]] virtual bool on_bytes(int status, std::string_view bytes) = 0;
  /// Everything that one round of reading brought has been passed to `on_bytes`.
  virtual void on_read_done() = 0;
  /// A part of the file of the request has been sent.
  virtual void on_file_sent() {}
  /// The end; nothing follows. Not called for a cancelled transfer.
  virtual void on_finished(HttpOutcome outcome) = 0;
};

/// Makes HTTP exchanges. All members may be called from any thread and return at once. Ending the
/// transport aborts what is under way, without further calls to handlers.
class Transport {
public:
  virtual ~Transport() = default;

  /// Begins an exchange.
  virtual void start(TransferId id, HttpRequest request,
                     std::unique_ptr<TransferHandler> handler) = 0;
  /// Ends an exchange and closes its connection. Unknown ids are fine.
  virtual void cancel(TransferId id) = 0;
};

} // namespace nexus::llm
