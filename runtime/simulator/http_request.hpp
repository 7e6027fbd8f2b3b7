// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace nexus::llm::simulator {

/// A request as read from the wire.
struct HttpRequest {
  std::string method;
  std::string target;
  std::string body;
  /// False for HTTP/1.0: the end of the connection ends a stream.
  bool accepts_chunks = true;
  bool keep_alive = true;

  /// Returns the target without its query.
  [[nodiscard]] std::string path() const { return target.substr(0, target.find('?')); }
};

} // namespace nexus::llm::simulator
