// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/fault.hpp"
#include "runtime/simulator/http_request.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

class Connection;
class Server;

/// One request and its response. Turns replies into bytes and applies the fault of the request.
/// Only for the server thread.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
  Exchange(std::shared_ptr<Connection> connection, Server& server, HttpRequest request);

  [[nodiscard]] const HttpRequest& request() const { return request_; }
  /// The number of the request record.
  [[nodiscard]] std::uint64_t record() const { return record_; }
  /// Sets the number of the request record, the model and the fault of the request.
  void begin(std::uint64_t record, std::string model, std::optional<Fault> fault);

  /// Sends a whole response. An empty content type adds no such header.
  void reply(int status, std::string_view content_type, std::string body);
  void reply_json(int status, std::string body);
  void reply_error(int status, std::string_view text);

  /// Sends a line of a stream, the first one with the response header. `line` has no newline.
  void put_line(std::string line);
  void end_stream();
  /// Waits before what follows.
  void pause(std::chrono::milliseconds duration);
  /// Calls `action` once everything so far is written. Does not call it if the output ends earlier.
  void then(std::function<void()> action);
  [[nodiscard]] bool stream_begun() const { return head_made_; }

  /// Sets what to call, once, at the end of the exchange: the response is sent, the client has left
  /// or the connection is closed.
  void on_end(std::function<void(bool client_left)> action) { on_end_ = std::move(action); }
  /// Ends the exchange before its response is sent. For the connection.
  void abandoned(bool client_left);

  /// Applies a fault that does not depend on the request. Returns false if there is none.
  [[nodiscard]] bool answer_by_fault();
  /// Calls `action` after the stall before the response, or at once if there is none.
  void after_stall(std::function<void()> action);
  /// The response to a held request.
  void send_held(std::string bytes);
  void end_held(Fault::Ending ending);

private:
  [[nodiscard]] bool is(Fault::Kind kind) const { return fault_ && fault_->kind == kind; }
  /// Returns the response header. Without a length, the body is chunked, or ends with the
  /// connection.
  [[nodiscard]] std::string head(int status, std::string_view content_type,
                                 std::optional<std::size_t> length) const;
  void write(std::string bytes, unsigned lines = 0);
  void start_stream(int status, std::string_view content_type);
  void chunk(std::string_view bytes, unsigned lines = 0);
  /// Returns what precedes the bytes of a chunk, with the response header if it is still unsent.
  [[nodiscard]] std::string chunk_begin(std::size_t size);
  [[nodiscard]] std::string_view chunk_end() const { return request_.accepts_chunks ? "\r\n" : ""; }
  void one_chunk(std::string_view bytes, unsigned lines);
  void finish_chunks();
  void finish();
  void end(bool client_left);

  void stall();
  void end_with(Fault::Ending ending);
  void send_huge_line();
  /// Applies the fault at its line. Returns false if the output ended.
  [[nodiscard]] bool fire_at_line(std::string& line);
  [[nodiscard]] std::string damaged(std::string json) const;
  [[nodiscard]] std::string inserted_line() const;
  [[nodiscard]] std::string text_line(std::string_view text, bool done = false) const;

  std::shared_ptr<Connection> connection_;
  Server& server_;
  HttpRequest request_;
  std::uint64_t record_ = 0;
  std::string model_;
  std::function<void(bool)> on_end_;
  /// Nothing more can be sent: complete, broken by a fault, or closed.
  bool output_closed_ = false;
  bool ended_ = false;

  std::string pending_head_; ///< of a stream, until its first bytes
  bool head_made_ = false;
  unsigned lines_ = 0;
  std::uint64_t stream_bytes_ = 0;
  std::string merged_;
  unsigned merged_lines_ = 0;

  std::optional<Fault> fault_;
  bool fired_ = false;
};

} // namespace nexus::llm::simulator
