// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"

namespace nexus::llm::sidecar::test {

/// A front end: sends calls to a sidecar and reads what comes. One thread.
class Front {
public:
  /// How lines are sent and read. `read` returns an empty line at the end.
  using Write = std::function<void(std::string_view)>;
  using Read = std::function<std::string()>;

  Front(Write write, Read read) : write_{std::move(write)}, read_{std::move(read)} {}

  void write(std::string_view line) { write_(line); }
  /// Sends a call, whose parameters are JSON text. Returns its id.
  int send(std::string_view method, std::string_view params = "{}");
  /// Waits for the answer to a call: the member `result` or `error` as JSON text. Keeps the
  /// notifications that come before.
  std::string answer(int id);
  /// Sends a call and waits for its answer.
  std::string call(std::string_view method, std::string_view params = "{}") {
    return answer(send(method, params));
  }

  struct Note {
    std::string method;
    std::string params; ///< JSON text
  };
  /// Waits for the next notification of a method, past others. Empty at the end.
  Note note(std::string_view method);
  /// Waits for the next notification.
  Note any_note();

  /// A stream, read to its end.
  struct Stream {
    std::string text;               ///< of the chunks
    std::vector<std::string> notes; ///< the methods in their order, `llm/progress` left out
    std::string end;                ///< the parameters of the last one
  };
  /// Reads a stream. Starts the text over where the stream does.
  Stream read_stream(std::string_view id);
  /// Sends a call that starts a stream and returns the id of that.
  std::string start(std::string_view method, std::string_view params);

  /// Reads the next line as it is.
  std::string line() { return read_(); }
  /// All lines that were sent and read, for checks.
  [[nodiscard]] const std::vector<std::string>& sent() const { return sent_; }
  [[nodiscard]] const std::vector<std::string>& seen() const { return seen_; }
  /// The method of each call, by its id.
  [[nodiscard]] const std::vector<std::string>& methods() const { return methods_; }

private:
  /// Reads a line and keeps what it says. False at the end.
  bool take_line();

  Write write_;
  Read read_;
  std::deque<Note> notes_;
  std::map<int, std::string> answers_;
  std::vector<std::string> sent_;
  std::vector<std::string> seen_;
  std::vector<std::string> methods_;
};

} // namespace nexus::llm::sidecar::test
