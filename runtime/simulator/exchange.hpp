// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/fault.hpp"
#include "runtime/simulator/http_request.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {

class Connection;
class Server;

/// One request and its answer. Turns answers into bytes and does what a fault asks for.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Exchange(std::shared_ptr<Connection> connection, Server& server, HttpRequest request);

  [[nodiscard]] const HttpRequest& request() const { return request_; }
  [[nodiscard]] std::uint64_t record() const { return record_; }
  void set_record(std::uint64_t record, std::string model) {
    record_ = record;
    model_ = std::move(model);
  }
  [[nodiscard]] std::uint64_t connection_id() const;
  void set_fault(Fault fault);
  void add_header(std::string name, std::string value);

  /// A whole answer. No Content-Type header when the type is empty.
  void reply(int status, std::string_view content_type, std::string body);
  void reply_json(int status, std::string body);
  void reply_error(int status, std::string_view text);
  /// 200 or 404 to HEAD without a Content-Length.
  void reply_without_length(int status);

  /// Adds a line to a stream, whose head goes out with the first one. `line` has no newline.
  void put_line(std::string line, unsigned tokens = 0, bool final = false);
  void end_stream();
  /// An error of the worker before the first line of a stream.
  void fail_stream(int status, std::string_view text);
  /// Runs after everything so far is written; not at all when the connection is closed before.
  void then(std::function<void()> action);

  /// Nothing more can be sent: complete, broken by a fault, or closed.
  [[nodiscard]] bool output_closed() const { return output_closed_; }
  [[nodiscard]] bool stream_started() const { return head_sent_; }
  [[nodiscard]] bool has_fault() const { return fault_.has_value(); }

  /// Called once when the client leaves, or the connection is closed, before the end. It returns
  /// the status of an answer that nothing was sent of; the client still gets it when it only
  /// closed its own direction.
  void on_abandoned(std::function<int(bool client_left)> action) {
    on_abandoned_ = std::move(action);
  }

  /// Carries out a fault that needs no look at the request. Returns false when there is none.
  bool answer_by_fault();
  /// The answer to a held request: bytes as they are, then the end of the connection.
  void send_held(std::string bytes);
  void end_held(Fault::Ending ending);
  /// The pause before the request is looked at, if a fault asks for one.
  [[nodiscard]] bool stalls_first() const;
  void stall_first(std::function<void()> go_on);

  // For the connection.
  void client_left(bool fin);
  void connection_closed();
  void wrote(std::size_t bytes, unsigned lines, unsigned tokens);

private:
  [[nodiscard]] bool is(Fault::Kind kind) const { return fault_ && fault_->kind == kind; }
  [[nodiscard]] std::string head(int status, std::string_view content_type,
                                 std::optional<std::size_t> length, bool chunked);
  [[nodiscard]] Headers flood() const;
  void write(std::string bytes, unsigned lines = 0, unsigned tokens = 0);
  void chunk(std::string bytes, unsigned lines, unsigned tokens);
  void one_chunk(std::string_view bytes, unsigned lines, unsigned tokens);
  [[nodiscard]] bool chunked() const { return !request_.http_1_0; }
  void start_stream(int status, std::string_view content_type);
  void finish_chunks();
  void huge(bool streamed);
  /// What the fault does when its line has come. Returns false when the output ended.
  bool fire_at_line(const std::string& line);
  void write_cut(std::string bytes);
  [[nodiscard]] std::string transform(std::string json) const;
  [[nodiscard]] std::string special_line(bool done) const;
  /// The empty message of a reply, around `text` as a JSON string without its quotes.
  [[nodiscard]] std::pair<std::string, std::string> around_text(bool done) const;
  void finish(bool keep_alive);
  int abandon(bool client_left);
  void tell_cancelled(int status);

  std::shared_ptr<Connection> connection_;
  Server& server_;
  HttpRequest request_;
  Headers headers_;
  std::optional<Fault> fault_;
  std::uint64_t record_ = 0;
  std::string model_;
  unsigned lines_ = 0;
  bool fired_ = false;
  bool head_sent_ = false;
  bool output_closed_ = false;
  bool first_byte_ = false;
  bool done_ = false;
  bool left_ = false;
  int status_ = 0;
  std::string pending_head_;
  std::string merged_;
  unsigned merged_lines_ = 0;
  unsigned merged_tokens_ = 0;
  std::uint64_t stream_bytes_ = 0;
  std::function<int(bool)> on_abandoned_;
};

} // namespace nexus::llm::simulator
