// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "config/json.hpp"

namespace nexus::llm::real {

/// What a server answered.
struct Reply {
  long status = 0; ///< 0 where there was no answer
  std::string body;

  /// The body, or the last line of a stream, as JSON; an empty object where it is none.
  [[nodiscard]] json::Document document() const;
};

/// Another client of the same Ollama: HTTP and JSON, nothing of this library's own. Any thread.
class PlainClient {
public:
  explicit PlainClient(std::string base_url) : base_url_{std::move(base_url)} {}

  [[nodiscard]] Reply get(const std::string& path) const { return send("GET", path, {}); }
  [[nodiscard]] Reply post(const std::string& path, const std::string& body) const {
    return send("POST", path, body);
  }
  [[nodiscard]] const std::string& base_url() const { return base_url_; }

private:
  [[nodiscard]] Reply send(const char* method, const std::string& path,
                           const std::string& body) const;

  std::string base_url_;
};

} // namespace nexus::llm::real
